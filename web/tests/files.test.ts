import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, Lmd, test } from "./page";

/** Drops a file on the page, as a person would from a folder. */
async function drop(page: Page, bytes: Buffer, name: string, type: string) {
  const transfer = await page.evaluateHandle(
    ([data, name, type]) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
      return transfer;
    },
    [bytes.toString("base64"), name, type] as const,
  );
  await page.dispatchEvent("body", "dragenter", { dataTransfer: transfer });
  await expect(page.getByText(/Drop a picture or a layout/)).toBeVisible();
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

test("a dropped picture brings everything back that made it", async ({ lmd, page, server, browser }) => {
  await lmd.plan("a red car to the left of a dog", 2);
  await lmd.quick("4711");
  await lmd.dragBox("a dog", 0, -0.3);
  const placed = await lmd.share("a dog");
  const url = await lmd.drawn();
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /^Save the picture/ }).click(),
  ]);
  const bytes = readFileSync(await saved.path());
  expect(saved.suggestedFilename()).toBe("a-red-car-to-the-left-of-a-dog-4711.png");

  const fresh = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const other = await fresh.newPage();
  const second = new Lmd(other, server);
  await second.open();
  await drop(other, bytes, "car.png", "image/png");
  await expect(second.sentence).toHaveValue("a red car to the left of a dog");
  await expect(second.boxes).toHaveCount(2);
  await other.waitForTimeout(700);
  const restored = await second.share("a dog");
  expect(restored.x).toBeCloseTo(placed.x, 2);
  expect(restored.y).toBeCloseTo(placed.y, 2);
  await second.advanced();
  await expect(other.getByLabel("Seed", { exact: true })).toHaveValue("4711");
  await expect(other.getByLabel("Steps", { exact: true })).toHaveValue("2");

  // Drawn again it is the same picture, pixel by pixel.
  const again = await second.drawn();
  const pixels = (on: Page, of: string) =>
    on.evaluate(async (url) => {
      const bitmap = await createImageBitmap(await (await fetch(url)).blob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context?.drawImage(bitmap, 0, 0);
      const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
      const digest = await crypto.subtle.digest("SHA-256", data);
      return Array.from(new Uint8Array(digest)).join();
    }, of);
  expect(await pixels(other, again)).toBe(await pixels(page, url));
  second.checkQuiet();
  await fresh.close();
});

test("files that are no layouts are refused with a reason", async ({ lmd, page }) => {
  await drop(page, Buffer.from("{}"), "no.json", "application/json");
  await expect(page.getByRole("alert")).toContainText("no.json is no layout");
  await page.getByRole("alert").getByRole("button", { name: "Close" }).click();
  await drop(page, Buffer.from("no picture"), "no.png", "image/png");
  await expect(page.getByRole("alert")).not.toBeEmpty();
  await expect(lmd.boxes).toHaveCount(0);
});

test("a layout is saved as JSON and SVG, and the command of a picture is copied", async ({
  lmd,
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await lmd.plan("a red car to the left of a dog", 2);
  const save = async (name: string) => {
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ]);
    return readFileSync(await saved.path(), "utf8");
  };
  const layout = JSON.parse(await save("Save the layout as JSON"));
  expect(layout.objects.map((o: { caption: string }) => o.caption)).toEqual(["a red car", "a dog"]);
  expect(await save("Save the layout as SVG")).toContain("<svg");
  await lmd.quick();
  await lmd.drawn();
  await page.getByRole("button", { name: "Copy command" }).click();
  await expect(page.getByText("Copied.")).toBeVisible();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).toMatch(/lmd draw/);
  expect(command).toMatch(/7/);
});

test("the gallery finds, compares, opens and removes pictures", async ({ lmd, page }) => {
  await lmd.plan("a purple bird and a white horse", 2);
  await lmd.quick("21");
  await lmd.drawn();
  await page.getByLabel("Seed", { exact: true }).fill("22");
  await lmd.drawn();
  await page.getByRole("button", { name: "Gallery" }).click();
  const gallery = page.getByRole("dialog", { name: "Gallery" });
  await gallery.getByRole("searchbox").fill("purple");
  await expect(gallery.getByRole("listitem")).toHaveCount(2);
  for (const box of await gallery.getByRole("checkbox").all()) await box.check();
  await gallery.getByRole("button", { name: "Compare two" }).click();
  const compare = page.getByRole("dialog", { name: "Compare" });
  await expect(compare.getByText(/Seed 21/)).toBeVisible();
  await expect(compare.getByText(/Seed 22/)).toBeVisible();
  await page.keyboard.press("Escape");

  page.once("dialog", (dialog) => dialog.accept());
  await gallery
    .getByRole("button", { name: /^Remove the picture/ })
    .first()
    .click();
  await expect(gallery.getByRole("listitem")).toHaveCount(1);
  await gallery.getByRole("button", { name: /^Open: a purple bird/ }).click();
  await expect(gallery).toBeHidden();
  await expect(page.getByLabel("Seed", { exact: true })).toHaveValue("21");
});
