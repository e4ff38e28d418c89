import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, Lmd, test } from "./page";
import { Server } from "./server";

test("a server with a key asks for it, and pictures are shown with it", async ({ page }) => {
  const server = await Server.open([], "a-key-of-thirty-two-characters-ok");
  try {
    await page.goto(server.url);
    const dialog = page.getByRole("dialog", { name: "Key of the server" });
    await dialog.getByLabel("Key", { exact: true }).fill("another-key-of-thirty-two-letters");
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("alert")).toHaveText("The server does not know this key.");
    await dialog.getByLabel("Key", { exact: true }).fill("a-key-of-thirty-two-characters-ok");
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();

    const lmd = new Lmd(page, server);
    await lmd.plan("a red car to the left of a dog", 2);
    await lmd.quick();
    // An address of the page's own, since the server gives no picture without the key.
    expect(await lmd.drawn()).toMatch(/^blob:/);
    await expect(page.locator(".stage .under img")).toHaveJSProperty("naturalWidth", 256);
    lmd.checkQuiet();

    // The tab keeps the key over a reload.
    await page.reload();
    await expect(page.getByText("Layouts by the offline planner")).toBeVisible();
  } finally {
    await server.close();
  }
});

test("a language model is set up, tested and asked", async ({ page }) => {
  const asked: string[] = [];
  const model = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
      const content = JSON.stringify({
        objects: [{ caption: "a green frog", box: [0.2, 0.3, 0.4, 0.4] }],
        background: "a pond",
        negative: "",
      });
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          id: "1",
          object: "chat.completion",
          model: "tiny",
          choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
  const server = await Server.open();
  try {
    const lmd = new Lmd(page, server);
    await lmd.open();
    await page.getByRole("button", { name: "Language model" }).click();
    const dialog = page.getByRole("dialog", { name: "Language model" });
    // Nobody listens there.
    await dialog.getByLabel("Address (URL)").fill("http://127.0.0.1:9/v1");
    await dialog.getByLabel("Model", { exact: true }).fill("tiny");
    await dialog.getByRole("button", { name: "Save and test" }).click();
    await expect(dialog.getByRole("status")).toContainText("It does not work.", { timeout: 30_000 });

    await dialog
      .getByLabel("Address (URL)")
      .fill(`http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`);
    await dialog.getByLabel("Key", { exact: true }).fill("sesame");
    await dialog.getByRole("button", { name: "Save and test" }).click();
    await expect(dialog.getByRole("status")).toContainText("It works.", { timeout: 30_000 });
    expect(asked.at(-1)).toContain("Bearer sesame");
    // The key is not given back.
    await expect(dialog.getByLabel("Key", { exact: true })).toHaveValue("");
    await expect(dialog.getByLabel("Key", { exact: true })).toHaveAttribute("placeholder", "a key is kept");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    // It closes once the server has answered; until then nothing behind it takes the keyboard.
    await expect(dialog).toBeHidden();
    await expect(page.getByText("Layouts by tiny")).toBeVisible();
    await lmd.plan("a frog in a pond", 1);
    await expect(lmd.box("a green frog")).toBeVisible();
    lmd.checkQuiet();
  } finally {
    await server.close();
    model.close();
  }
});
