import { expect, test } from "./page";

test("boxes are drawn, resized, copied, renamed, locked and removed, and all of it is undone", async ({
  lmd,
  page,
}) => {
  await lmd.plan("a red car to the left of a dog", 2);

  // Drawn on empty canvas, and named at once.
  await lmd.drag([0.05, 0.05], [0.35, 0.25]);
  await expect(lmd.boxes).toHaveCount(3);
  await page.getByRole("textbox", { name: "Caption", exact: true }).fill("a yellow moon");
  await page.keyboard.press("Enter");
  await expect(lmd.box("a yellow moon")).toBeFocused();
  const drawn = await lmd.share("a yellow moon");
  expect(drawn.width).toBeCloseTo(0.3, 1);

  // Resized by its lower right corner.
  await lmd.drag([drawn.x + drawn.width, drawn.y + drawn.height], [0.47, 0.31]);
  const resized = await lmd.share("a yellow moon");
  expect(resized.x).toBeCloseTo(drawn.x, 2);
  expect(resized.width).toBeGreaterThan(drawn.width + 0.08);

  await lmd.box("a yellow moon").press("Control+d");
  await expect(lmd.boxes).toHaveCount(4);
  await page.keyboard.press("Delete");
  await expect(lmd.boxes).toHaveCount(3);

  // Renamed on the canvas.
  await lmd.box("a dog").locator(".face").dblclick();
  await page.getByRole("textbox", { name: "Caption", exact: true }).fill("a cat");
  await page.keyboard.press("Enter");
  await expect(lmd.box("a cat")).toBeVisible();

  // Locked, it does not move.
  await page.getByRole("button", { name: "Lock a cat" }).click();
  const locked = await lmd.share("a cat");
  await lmd.dragBox("a cat", -0.2, -0.2);
  expect(await lmd.share("a cat")).toEqual(locked);
  await expect(page.getByText("a cat is locked.").first()).toBeVisible();

  // Lock, caption, removal, copy, size, caption, box: seven steps back.
  const undo = page.getByRole("button", { name: "Undo" });
  for (let step = 0; step < 7; step++) await undo.click();
  await expect(lmd.boxes).toHaveCount(2);
  await expect(lmd.box("a dog")).toBeVisible();
  await page.getByRole("button", { name: "Redo" }).click();
  await expect(lmd.boxes).toHaveCount(3);
});

test("edges snap unless Alt is held", async ({ lmd, page }) => {
  await lmd.plan("a red car to the left of a dog", 2);
  const { x, y, width, height } = await lmd.share("a dog");
  const [mx, my] = [x + width / 2, y + height / 2];
  // To just beside the left edge of the picture.
  await lmd.drag([mx, my], [mx - x + 0.007, my - 0.3]);
  expect((await lmd.share("a dog")).x).toBeCloseTo(0, 3);
  await page.keyboard.down("Alt");
  await lmd.drag([width / 2, my - 0.3], [width / 2 + 0.007, my - 0.3]);
  await page.keyboard.up("Alt");
  expect((await lmd.share("a dog")).x).toBeCloseTo(0.007, 2);
});

test("what may spoil the picture is marked where it is", async ({ lmd, page }) => {
  await lmd.plan("a red car to the left of a dog", 2);
  const [car, dog] = [await lmd.share("a red car"), await lmd.share("a dog")];
  const by = (of: typeof car, to: typeof car) => to.x + to.width / 2 - of.x - of.width / 2;
  await lmd.dragBox("a dog", by(dog, car) + 0.25, 0);
  const row = lmd.rows.nth(1);
  const up = car.y + car.height / 2 - dog.y - dog.height / 2;
  await lmd.dragBox("a dog", -0.3, up - 0.03);
  await expect(row.getByText(/overlap/)).toBeVisible();
  await expect(lmd.box("a dog").locator(".badge")).toBeVisible();
  await expect(lmd.box("a dog")).toHaveAccessibleName(/overlap/);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row.getByText(/overlap/)).toBeHidden();
});

test("a layout with boxes outside is shown as it is, and one click brings them inside", async ({
  lmd,
  page,
}) => {
  const layout = JSON.stringify({
    objects: [{ caption: "a red car", box: [0.8, 0.1, 0.4, 0.4] }],
    background: "",
  });
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "out.json", mimeType: "application/json", buffer: Buffer.from(layout) });
  await expect(lmd.rows.getByText(/leaves the canvas/)).toBeVisible();
  await page.getByRole("button", { name: "Fit into the picture" }).click();
  await expect(lmd.rows.getByText(/leaves the canvas/)).toBeHidden();
  const { x, width } = await lmd.share("a red car");
  expect(x + width).toBeCloseTo(1, 3);
});

test("an instruction changes the layout visibly, and locked boxes stay", async ({ lmd, page }) => {
  await lmd.plan("a red car to the left of a dog", 2);
  await page.getByRole("button", { name: "Lock a red car" }).click();
  const [car, dog] = [await lmd.share("a red car"), await lmd.share("a dog")];
  await page.getByRole("textbox", { name: "What to change" }).fill("move the dog to the top");
  await page.keyboard.press("Enter");
  await expect(lmd.box("a dog")).toHaveClass(/changed/);
  await expect(page.getByText("Changed: a dog", { exact: true }).first()).toBeVisible();
  await page.waitForTimeout(700);
  expect((await lmd.share("a dog")).y).toBeLessThan(dog.y - 0.1);
  expect(await lmd.share("a red car")).toEqual(car);
  await page.getByRole("textbox", { name: "What to change" }).fill("add two birds");
  await page.keyboard.press("Enter");
  await expect(lmd.boxes).toHaveCount(4);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(lmd.boxes).toHaveCount(2);
});

test("a question is answered with proposals, of which one is carried out by a click", async ({
  lmd,
  page,
}) => {
  await lmd.plan("a cat and a dog", 2);
  const what = page.getByRole("textbox", { name: "What to change" });
  await what.fill("what could I add?");
  await page.keyboard.press("Enter");
  const proposal = page.getByRole("button", { name: /^add / }).first();
  await expect(proposal).toBeVisible();
  await expect(lmd.boxes).toHaveCount(2);
  await proposal.click();
  await expect(async () => expect(await lmd.boxes.count()).toBeGreaterThan(2)).toPass();
  await what.fill("undo");
  await page.keyboard.press("Enter");
  await expect(lmd.boxes).toHaveCount(2);
});

test("what the planner has to say stands in the conversation, and words of the model are put in by a click", async ({
  lmd,
  page,
}) => {
  // A model that knows few words says which; the bundled one may be of a time when it did not.
  await page.route("**/api/v1/capabilities", async (route) => {
    const answer = await route.fetch();
    const can = await answer.json();
    can.models[0].words ??= ["car", "dog"];
    await route.fulfill({ response: answer, json: can });
  });
  await page.reload();
  await lmd.plan("a red car and a flurbish", 2);
  await expect(page.getByText(/^Planned without a language model/)).toBeVisible();
  await page.getByText(/^Words this model knows/).click();
  await lmd.sentence.fill("a car and a");
  await page.getByRole("button", { name: "dog", exact: true }).click();
  await expect(lmd.sentence).toHaveValue("a car and a dog");
  await expect(lmd.sentence).toBeFocused();
  await expect(
    page.getByText("The sentence has changed; the boxes are still those of the old one."),
  ).toBeVisible();
});
