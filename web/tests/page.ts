// What the tests share: the server, a page that is watched, and the page's parts as people name them.

import { expect, type Locator, type Page, test as plain } from "@playwright/test";
import { Server } from "./server";

/** Errors in the page's console that the browser writes when a connection breaks or a request is refused. */
const NETWORK = /Failed to load resource|net::ERR_/;

interface Fixtures {
  lmd: Lmd;
}

export const test = plain.extend<Fixtures, { server: Server }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are needed from this pattern.
    async ({}, use) => {
      const server = await Server.open();
      await use(server);
      await server.close();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  lmd: async ({ page, server }, use) => {
    const lmd = new Lmd(page, server);
    await lmd.open();
    await use(lmd);
    lmd.checkQuiet();
  },
});

export { expect };

export interface BoxPlace {
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Lmd {
  private readonly wrong: string[] = [];
  readonly sentence: Locator;
  readonly canvas: Locator;
  readonly boxes: Locator;
  readonly rows: Locator;
  readonly draw: Locator;

  constructor(
    readonly page: Page,
    private readonly server: Server,
  ) {
    this.sentence = page.getByRole("textbox", { name: "Your sentence" });
    this.canvas = page.getByRole("group", { name: "Canvas", exact: true });
    this.boxes = this.canvas.getByRole("button");
    this.rows = page.locator("[data-row]");
    this.draw = page.getByRole("button", { name: /^Draw/ });
    page.on("pageerror", (error) => this.wrong.push(`an error in the page: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !NETWORK.test(message.text()))
        this.wrong.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const own = request.url().startsWith(server.url) || /^(data|blob):/.test(request.url());
      if (!own) this.wrong.push(`a request leaves the server: ${request.url()}`);
    });
  }

  async open() {
    await this.page.goto(this.server.url);
    await expect(this.page.getByText("Layouts by the offline planner")).toBeVisible();
  }

  /** No test is passed over errors in the page or requests to others. */
  checkQuiet() {
    expect(this.wrong).toEqual([]);
  }

  async plan(sentence: string, objects: number) {
    await this.sentence.fill(sentence);
    await this.sentence.press("Enter");
    await expect(this.boxes).toHaveCount(objects);
    // Boxes move to their places visibly.
    await this.page.waitForTimeout(700);
  }

  box(caption: string): Locator {
    return this.boxes.and(this.page.getByRole("button", { name: new RegExp(`, ${caption}:`) })).first();
  }

  async place(caption: string): Promise<BoxPlace> {
    const place = await this.box(caption).locator(".face").boundingBox();
    if (!place) throw new Error(`there is no box "${caption}"`);
    return place;
  }

  /** Where a box is, as shares of the canvas; what is drawn is read, since a frame counts its line as its own. */
  async share(caption: string): Promise<BoxPlace> {
    return this.box(caption)
      .locator(".face")
      .evaluate((face: SVGRectElement) => {
        const canvas = face.ownerSVGElement as SVGSVGElement;
        const part = (name: "x" | "y" | "width" | "height", of: "width" | "height") =>
          face[name].baseVal.value / canvas[of].baseVal.value;
        return {
          x: part("x", "width"),
          y: part("y", "height"),
          width: part("width", "width"),
          height: part("height", "height"),
        };
      });
  }

  /** Presses at `from`, moves to `to`, both as shares of the canvas, and lets go. */
  async drag(from: [number, number], to: [number, number]) {
    const canvas = await this.canvas.boundingBox();
    if (!canvas) throw new Error("there is no canvas");
    const at = ([x, y]: [number, number]) =>
      [canvas.x + x * canvas.width, canvas.y + y * canvas.height] as const;
    await this.page.mouse.move(...at(from));
    await this.page.mouse.down();
    await this.page.mouse.move(...at(to), { steps: 8 });
    await this.page.mouse.up();
  }

  /** Drags the middle of a box by shares of the canvas. */
  async dragBox(caption: string, dx: number, dy: number) {
    const { x, y, width, height } = await this.share(caption);
    const [mx, my] = [x + width / 2, y + height / 2];
    await this.drag([mx, my], [mx + dx, my + dy]);
  }

  async advanced() {
    const fold = this.page.locator("details.advanced");
    if ((await fold.getAttribute("open")) === null) await fold.locator("summary").click();
  }

  /** Settings with which a picture takes a second; its quality is no part of the tests that use them. */
  async quick(seed = "7") {
    await this.advanced();
    await this.page.getByLabel("Steps", { exact: true }).fill("2");
    await this.page.getByLabel("Seed", { exact: true }).fill(seed);
    await this.page.getByLabel("Keep the seed from picture to picture").check();
  }

  /** Draws, waits for the picture, and returns its address. */
  async drawn(): Promise<string> {
    const before = await this.shownUrl();
    await this.draw.click();
    await expect(this.page.getByRole("progressbar", { name: "Progress" })).toBeVisible();
    await expect(this.draw).toBeVisible({ timeout: 90_000 });
    await expect.poll(() => this.shownUrl()).not.toBe(before);
    return (await this.shownUrl()) ?? "";
  }

  private shownUrl() {
    const image = this.page.locator(".stage .under img");
    return image
      .first()
      .getAttribute("src", { timeout: 500 })
      .catch(() => undefined);
  }
}
