// Files that come and go: pictures and layouts dropped on the page, layouts taken away; pictures of the gallery.

import { NotALayout, readLayout, toLayout } from "../lib/document";
import { docOf, fromInspected, fromRecipe, promptOf } from "../lib/request";
import type { GalleryPicture } from "../lib/types";
import { slug } from "../lib/words";
import { app } from "./app.svelte";
import { draw, shownFrom } from "./draw.svelte";
import { editor } from "./editor.svelte";
import { t } from "./i18n.svelte";
import { plan } from "./plan.svelte";

/** Largest file that is read, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

export function download(blob: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function exportJson() {
  const text = `${JSON.stringify(toLayout(editor.doc), null, 2)}\n`;
  download(new Blob([text], { type: "application/json" }), `${slug(promptOf(editor.doc))}.json`);
}

export async function exportSvg() {
  try {
    download(await app.api.svg(toLayout(editor.doc)), `${slug(promptOf(editor.doc))}.svg`);
  } catch (error) {
    app.fail(error);
  }
}

export async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text);
    app.say(t("copied"));
  } catch {
    // Without the right to the clipboard the text itself is shown.
    app.say(text);
  }
}

/** The command that makes the shown picture again. */
export async function copyCommand() {
  const shown = draw.shown;
  if (!shown) return;
  try {
    const line = shown.commandLine ?? (shown.id ? (await app.api.recipe(shown.id)).command_line : undefined);
    if (line) await copy(line);
    else app.say(t("noCommand"), true);
  } catch (error) {
    app.fail(error);
  }
}

/** Opens a layout file or a picture with its recipe. */
export async function openFile(file: File): Promise<void> {
  if (file.size > MAX_BYTES) return app.say(t("fileTooLarge"), true);
  const picture = file.type.startsWith("image/") || /\.png$/i.test(file.name);
  await (picture ? openPicture(file) : openLayout(file));
}

async function openLayout(file: File) {
  try {
    const layout = readLayout(await file.text());
    editor.replace(docOf(layout, editor.doc, plan.sentence.trim(), {}));
    app.say(t("layoutOpened", { name: file.name }));
  } catch (error) {
    app.say(error instanceof NotALayout ? t("notALayout", { name: file.name }) : String(error), true);
  }
}

const sizeOf = async (url: string) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  return { width: image.naturalWidth, height: image.naturalHeight };
};

async function openPicture(file: File) {
  try {
    const found = await app.api.inspect(file);
    const prompt = found.prompt ?? "";
    const layout = found.layout ?? undefined;
    const url = URL.createObjectURL(file);
    const size = await sizeOf(url);
    plan.clear();
    plan.sentence = prompt;
    if (layout) editor.replace(docOf(layout, editor.doc, prompt, found.settings ?? {}));
    else editor.replace({ ...editor.doc, prompt, items: [] });
    draw.settings = fromInspected(found, draw.settings, app.can);
    draw.show({ url, prompt, seed: found.seed ?? undefined, layout, ...size });
    app.say(
      layout ? t("pictureOpened", { name: file.name }) : t("pictureWithoutLayout", { name: file.name }),
    );
  } catch (error) {
    app.fail(error);
  }
}

/** Puts a picture of the gallery on the canvas, with everything that made it. */
export async function reuse(picture: GalleryPicture): Promise<void> {
  try {
    const { recipe, command_line } = await app.api.recipe(picture.id);
    const prompt = recipe.prompt ?? picture.prompt;
    const layout = recipe.layout ?? undefined;
    plan.clear();
    plan.sentence = prompt;
    if (layout) editor.replace(docOf(layout, editor.doc, prompt, recipe.config ?? {}));
    draw.settings = fromRecipe(recipe, picture.seed_text, draw.settings, app.can);
    draw.show(shownFrom(picture, prompt, layout, command_line));
    app.dialog = undefined;
  } catch (error) {
    app.fail(error);
  }
}
