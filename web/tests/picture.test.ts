import { expect, test } from "./page";

/** Mean differences of two pictures, per channel, inside and outside of some boxes given as shares. */
async function differences(
  page: import("@playwright/test").Page,
  urls: [string, string],
  boxes: { x: number; y: number; width: number; height: number }[],
) {
  return page.evaluate(
    async ([urls, boxes]) => {
      const pixels = async (url: string) => {
        const bitmap = await createImageBitmap(await (await fetch(url)).blob());
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        if (!context) throw new Error("no canvas");
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height);
      };
      const [a, b] = [await pixels(urls[0]), await pixels(urls[1])];
      const sums = { inside: 0, outside: 0 };
      const counts = { inside: 0, outside: 0 };
      for (let y = 0; y < a.height; y++) {
        for (let x = 0; x < a.width; x++) {
          const [u, v] = [x / a.width, y / a.height];
          const within = boxes.some((o) => u >= o.x && u < o.x + o.width && v >= o.y && v < o.y + o.height);
          const where = within ? "inside" : "outside";
          for (let c = 0; c < 3; c++) {
            const at = 4 * (y * a.width + x) + c;
            sums[where] += Math.abs((a.data[at] ?? 0) - (b.data[at] ?? 0));
            counts[where]++;
          }
        }
      }
      return { inside: sums.inside / counts.inside, outside: sums.outside / counts.outside, width: a.width };
    },
    [urls, boxes] as const,
  );
}

test("a sentence becomes a layout, a box is moved, and the picture differs where it was moved", async ({
  lmd,
  page,
}) => {
  await lmd.plan("a red car to the left of a dog on a beach", 2);
  await expect(page.getByText(/Everything that was understood is kept/)).toBeVisible();
  await lmd.advanced();
  await page.getByLabel("Seed", { exact: true }).fill("1");
  await page.getByLabel("Keep the seed from picture to picture").check();
  await page.getByLabel("Steps", { exact: true }).fill("8");

  const before = await lmd.share("a red car");
  const first = await lmd.drawn();
  await expect(page.locator(".stage .under img")).toHaveAttribute(
    "alt",
    "a red car to the left of a dog on a beach",
  );

  await lmd.dragBox("a red car", 0.02, -0.35);
  const after = await lmd.share("a red car");
  expect(after.y).toBeLessThan(before.y - 0.25);
  await expect(page.getByText("The layout has changed since this picture was drawn.")).toBeVisible();

  const second = await lmd.drawn();
  const { inside, outside } = await differences(page, [first, second], [before, after]);
  expect(inside).toBeGreaterThan(8);
  expect(inside).toBeGreaterThan(1.3 * outside);

  // Both are at hand, and the first one comes back.
  await page
    .getByRole("button", { name: /^Show: a red car/ })
    .last()
    .click();
  await expect(page.locator(".stage .under img")).toHaveAttribute("src", first);
});

test("a drawing shows a preview, the progress of each box with its energy, and can be cancelled", async ({
  lmd,
  page,
}) => {
  await lmd.plan("two cats and a yellow ball", 3);
  await page.getByText("Faithful", { exact: true }).click();
  await lmd.draw.click();
  await expect(page.getByRole("img", { name: "Preview of the picture being drawn" })).toBeVisible({
    timeout: 60_000,
  });
  await expect(lmd.rows.locator(".progress").first()).toContainText(/energy \d/, { timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await expect(page.getByText("The drawing was cancelled.")).toBeVisible({ timeout: 30_000 });
  await expect(lmd.draw).toBeEnabled();
});

test("one object is drawn again with another seed, and the rest stays", async ({ lmd, page }) => {
  await lmd.plan("a red car to the left of a dog on a beach", 2);
  await lmd.advanced();
  await page.getByLabel("Seed", { exact: true }).fill("5");
  await page.getByLabel("Steps", { exact: true }).fill("8");
  const [car, dog] = [await lmd.share("a red car"), await lmd.share("a dog")];
  const first = await lmd.drawn();
  await page.getByRole("button", { name: /^Details of object 2/ }).click();
  await page.getByRole("button", { name: "Redraw", exact: true }).click();
  await expect(page.getByLabel("Seed of this object")).toHaveValue(/^\d+$/);
  await expect(lmd.draw).toBeVisible({ timeout: 90_000 });
  const image = page.locator(".stage .under img");
  await expect(image).not.toHaveAttribute("src", first);
  const second = (await image.getAttribute("src")) ?? "";
  const inDog = await differences(page, [first, second], [dog]);
  const inCar = await differences(page, [first, second], [car]);
  expect(inDog.inside).toBeGreaterThan(10);
  expect(inCar.inside).toBeLessThan(3);
  // Undo takes the seed back.
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByLabel("Seed of this object")).toHaveValue("");
});

test("plain is drawn beside lmd on demand", async ({ lmd, page }) => {
  await lmd.plan("a green bottle and a blue book", 2);
  await lmd.quick();
  await page.getByLabel(/Draw the picture without the layout beside it/).check();
  await lmd.draw.click();
  const compare = page.getByRole("dialog", { name: "Compare" });
  await expect(compare).toBeVisible({ timeout: 60_000 });
  await expect(compare.getByRole("img")).toHaveCount(2);
  await expect(compare.getByText(/^plain/)).toBeVisible();
  await compare.getByText("One over the other").click();
  await expect(compare.getByRole("slider")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(compare).toBeHidden();
});

test("where the objects are lies over the picture on demand, as long as the boxes stay", async ({
  lmd,
  page,
}) => {
  await lmd.plan("a red car to the left of a dog on a beach", 2);
  await lmd.quick();
  await page.getByLabel(/^Keep heat maps/).check();
  await lmd.drawn();
  const heatmaps = page.getByRole("button", { name: "Heat maps" });
  await heatmaps.click();
  await expect(heatmaps).toHaveAttribute("aria-pressed", "true");
  await expect(lmd.canvas.locator(".overlay image")).toHaveCount(2);
  const masks = page.getByRole("button", { name: "Masks" });
  await masks.click();
  await expect(masks).toHaveAttribute("aria-pressed", "true");
  await expect(heatmaps).toHaveAttribute("aria-pressed", "false");
  await expect(lmd.canvas.locator(".overlay image")).toHaveCount(2);
  await lmd.dragBox("a dog", 0, -0.2);
  await expect(lmd.canvas.locator(".overlay")).toHaveCount(0);
  await expect(masks).toBeHidden();
});
