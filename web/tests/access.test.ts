import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./page";

/** What axe finds that is serious or worse, by the rules of WCAG 2.2 AA. */
async function serious(page: Page) {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious, ${scheme}`, async ({ lmd, page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await serious(page), "the empty page").toEqual([]);
    await lmd.plan("a red car to the left of a dog", 2);
    await lmd.box("a dog").focus();
    expect(await serious(page), "a layout").toEqual([]);
    await lmd.quick();
    await lmd.drawn();
    expect(await serious(page), "a picture, everything open").toEqual([]);
    for (const name of ["Gallery", "Language model", "Help"]) {
      await page.getByRole("button", { name, exact: true }).click();
      await expect(page.getByRole("dialog", { name })).toBeVisible();
      expect(await serious(page), name).toEqual([]);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toHaveCount(0);
    }
  });
}

test("everything goes by the keyboard alone", async ({ lmd, page }) => {
  await expect(lmd.sentence).toBeFocused();
  await page.keyboard.type("a red car to the left of a dog");
  await page.keyboard.press("Enter");
  await expect(lmd.boxes).toHaveCount(2);
  await page.waitForTimeout(700);
  // Tab goes from the sentence to the first box; each stop has a visible sign.
  for (let tabs = 0; tabs < 30; tabs++) {
    await page.keyboard.press("Tab");
    if (await lmd.box("a red car").evaluate((box) => box === document.activeElement)) break;
  }
  await expect(lmd.box("a red car")).toBeFocused();
  await expect(lmd.box("a red car").locator(".halo")).toHaveCSS("opacity", "1");

  const before = await lmd.share("a red car");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Shift+ArrowUp");
  await page.keyboard.press("Alt+ArrowLeft");
  const after = await lmd.share("a red car");
  expect(before.y - after.y).toBeCloseTo(0.11, 2);
  expect(before.width - after.width).toBeCloseTo(0.01, 2);

  await page.keyboard.press("Enter");
  await page.keyboard.type("a blue car");
  await page.keyboard.press("Enter");
  await expect(lmd.box("a blue car")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(lmd.box("a dog")).toBeFocused();
  await page.keyboard.press("Control+d");
  await expect(lmd.boxes).toHaveCount(3);
  await page.keyboard.press("Delete");
  await expect(lmd.boxes).toHaveCount(2);
  await page.keyboard.press("l");
  await expect(lmd.boxes.and(page.getByRole("button", { name: /locked/ }))).toHaveCount(1);
  for (let step = 0; step < 3; step++) await page.keyboard.press("Control+z");
  await expect(lmd.boxes.and(page.getByRole("button", { name: /locked/ }))).toHaveCount(0);

  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Help" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("The picture is done.")).toHaveCount(1, { timeout: 90_000 });
});

test("the list is as good as the canvas: numbers move a box, and what happens is read out", async ({
  lmd,
  page,
}) => {
  await lmd.plan("a red car to the left of a dog", 2);
  await page.getByRole("button", { name: /^Details of object 2/ }).click();
  await page.getByLabel("Left %").fill("10");
  await page.getByLabel("Width %").fill("20");
  await page.keyboard.press("Tab");
  const { x, width } = await lmd.share("a dog");
  expect([x, width]).toEqual([expect.closeTo(0.1, 2), expect.closeTo(0.2, 2)]);
  // A number that does not fit gives way at the edge.
  await page.getByLabel("Left %").fill("100");
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Left %")).toHaveValue("80");
  await page.getByRole("button", { name: "Remove a dog" }).click();
  await expect(page.getByRole("status").filter({ hasText: "a dog was removed." })).toHaveCount(1);
});

test("who asks for less motion sees boxes at their places at once", async ({ lmd, page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await lmd.sentence.fill("a red car to the left of a dog");
  await lmd.sentence.press("Enter");
  await expect(lmd.boxes).toHaveCount(2);
  const first = await lmd.share("a dog");
  await page.getByRole("textbox", { name: "What to change" }).fill("move the dog to the top");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Changed: a dog", { exact: true }).first()).toBeVisible();
  const now = await lmd.share("a dog");
  await page.waitForTimeout(700);
  expect(now).toEqual(await lmd.share("a dog"));
  expect(now.y).toBeLessThan(first.y);
});

test("the page speaks German, dark or light, and keeps the choice", async ({ lmd: { page } }) => {
  await page.getByRole("combobox", { name: "Language" }).selectOption("de");
  await expect(page.getByRole("button", { name: "Zeichnen" })).toBeVisible();
  await page.getByRole("button", { name: /^Aussehen/ }).click();
  await page.getByRole("button", { name: /^Aussehen/ }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.getByRole("button", { name: "Zeichnen" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
