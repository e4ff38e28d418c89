// What is edited on the page: objects with what a layout file does not hold (identity, lock, seed), and ways from and
// to layouts.

import { type Box, fitInside, isInside, tidyBox } from "./geometry";
import type { Layout } from "./types";

export interface Item extends Box {
  /** Stays the same while the object is moved, renamed or replanned. */
  id: string;
  caption: string;
  locked: boolean;
  hidden: boolean;
  /** Seed of this object's own noise; undefined is the one derived from the picture's. */
  seed?: number | undefined;
  /** What to leave out of this object. */
  negative?: string | undefined;
}

export interface Doc {
  prompt: string;
  items: readonly Item[];
  background: string;
  negative: string;
}

export const EMPTY: Doc = { prompt: "", items: [], background: "", negative: "" };
export const MAX_OBJECTS = 32;
export const MAX_CAPTION = 200;
export const MAX_TEXT = 2000;
/** Longest layout file that is read, in characters. */
const MAX_FILE = 64 * 1024;

let counter = 0;
export const newId = () => `o${Date.now().toString(36)}${(counter++).toString(36)}`;

export const newItem = (caption: string, box: Box): Item => ({
  ...tidyBox(box),
  id: newId(),
  caption,
  locked: false,
  hidden: false,
});

export function toLayout(doc: Doc): Layout {
  return {
    objects: doc.items.map((o) => ({ caption: o.caption, box: [o.x, o.y, o.w, o.h] })),
    background: doc.background,
    negative: doc.negative,
  };
}

/** Two layouts that draw the same picture have the same key. */
export const layoutKey = (layout: Layout) =>
  JSON.stringify([
    layout.objects.map((o) => [o.caption, o.box.map((v) => Math.round(v * 1e4))]),
    layout.background ?? "",
    layout.negative ?? "",
  ]);

/**
 * `layout` with the identities of the objects it goes on with: the same caption and box first, then the same caption,
 * then the same place in the list.
 */
export function fromLayout(layout: Layout, before: Doc, prompt: string): Doc {
  const free = new Set(before.items);
  const taken: (Item | undefined)[] = layout.objects.map(() => undefined);
  const claim = (fits: (o: Item, i: number) => boolean) => {
    for (const [i] of layout.objects.entries()) {
      if (taken[i]) continue;
      const found = [...free].find((o) => fits(o, i));
      if (!found) continue;
      taken[i] = found;
      free.delete(found);
    }
  };
  const at = (i: number) => layout.objects[i];
  claim((o, i) => {
    const box = at(i)?.box ?? [];
    const same = [o.x, o.y, o.w, o.h].every((v, k) => Math.abs(v - (box[k] ?? -9)) < 1e-4);
    return same && o.caption === at(i)?.caption;
  });
  claim((o, i) => o.caption === at(i)?.caption);
  claim((o, i) => before.items.indexOf(o) === i);
  const items = layout.objects.map(({ caption, box: [x, y, w, h] }, i): Item => {
    const old = taken[i];
    return old ? { ...old, caption, x, y, w, h } : { ...newItem(caption, { x, y, w, h }), x, y, w, h };
  });
  return { prompt, items, background: layout.background ?? "", negative: layout.negative ?? "" };
}

/** Why a file is not a layout. */
export class NotALayout extends Error {}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length === 4 &&
  value.every((v) => typeof v === "number" && Number.isFinite(v));

/** Reads a layout file. Boxes may lie outside the picture, where they are shown with what is wrong about them. */
export function readLayout(text: string): Layout {
  if (text.length > MAX_FILE) throw new NotALayout("too long");
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new NotALayout("no JSON");
  }
  const top = value as { objects?: unknown; background?: unknown; negative?: unknown } | null;
  const objects = top?.objects;
  if (!Array.isArray(objects) || objects.length > MAX_OBJECTS) throw new NotALayout("no list of objects");
  const read = objects.map((each) => {
    const { caption, box } = (each ?? {}) as { caption?: unknown; box?: unknown };
    if (typeof caption !== "string" || !isNumbers(box))
      throw new NotALayout("an object without caption or box");
    const [x = 0, y = 0, w = 0, h = 0] = box.map((v) => Math.min(Math.max(v, -2), 3));
    return { caption: caption.slice(0, MAX_CAPTION), box: [x, y, w, h] as [number, number, number, number] };
  });
  const words = (part: unknown) => (typeof part === "string" ? part.slice(0, MAX_TEXT) : "");
  return { objects: read, background: words(top?.background), negative: words(top?.negative) };
}

/** The document with one object replaced. */
export const withItem = (doc: Doc, id: string, change: Partial<Item>): Doc => ({
  ...doc,
  items: doc.items.map((o) => (o.id === id ? { ...o, ...change } : o)),
});

/** The document with every box inside the picture. */
export const fitted = (doc: Doc): Doc => ({
  ...doc,
  items: doc.items.map((o) => (isInside(o) ? o : { ...o, ...tidyBox(fitInside(o)) })),
});
