// The document on the canvas, what is selected, and every change of it, each of which can be undone.

import { coloursOf, NEUTRAL } from "../lib/colours";
import {
  type Doc,
  EMPTY,
  type Item,
  MAX_CAPTION,
  MAX_OBJECTS,
  newId,
  newItem,
  withItem,
} from "../lib/document";
import { type Box, besideOf, freePlace, nudged, tidyBox } from "../lib/geometry";
import { History } from "../lib/history";
import { app } from "./app.svelte";
import { type Key, t } from "./i18n.svelte";

/** How long changed boxes are marked, in ms. */
const MARKED = 2400;

class Editor {
  private history = new History<Doc>(EMPTY);
  doc = $state.raw<Doc>(EMPTY);
  canUndo = $state(false);
  canRedo = $state(false);
  selected = $state<string>();
  /** The object whose caption is being edited on the canvas. */
  editing = $state<string>();
  /** Objects that the last plan or instruction changed. */
  changed = $state.raw<ReadonlySet<string>>(new Set());
  snapping = $state(true);
  /** Whether boxes go to their places visibly: after a plan or an instruction, not under the hand. */
  gliding = false;
  private marking: ReturnType<typeof setTimeout> | undefined;

  // As one text, which stays equal while boxes move: colours are chosen anew only when a caption changes.
  private captions = $derived(JSON.stringify(this.doc.items.map((o) => o.caption)));
  private colours = $derived.by(() => {
    const captions: string[] = JSON.parse(this.captions);
    const colours = coloursOf(captions);
    return new Map(captions.map((caption, i) => [caption, colours[i]]));
  });

  current = $derived(this.doc.items.find((o) => o.id === this.selected));

  colourOf(item: Item): string {
    return this.colours.get(item.caption) ?? NEUTRAL;
  }

  private show(doc: Doc) {
    this.doc = doc;
    this.canUndo = this.history.canUndo;
    this.canRedo = this.history.canRedo;
    if (!doc.items.some((o) => o.id === this.selected)) this.selected = undefined;
    if (!doc.items.some((o) => o.id === this.editing)) this.editing = undefined;
  }

  /** Starts over with `doc`: nothing to undo. */
  open(doc: Doc) {
    this.history = new History(doc);
    this.show(doc);
  }

  /** A new state; steps with the same `key` in a row are undone together. */
  set(doc: Doc, key?: string) {
    this.gliding = false;
    this.history.push(doc, key);
    this.show(doc);
  }

  /** The next change is a step of its own. */
  seal() {
    this.history.seal();
  }

  /** As `set`; the objects that are new or elsewhere are marked and move there visibly. */
  replace(doc: Doc) {
    const before = new Map(this.doc.items.map((o) => [o.id, o]));
    const differs = (o: Item) => {
      const old = before.get(o.id);
      const same =
        old && old.caption === o.caption && old.x === o.x && old.y === o.y && old.w === o.w && old.h === o.h;
      return !same;
    };
    this.mark(doc.items.filter(differs).map((o) => o.id));
    this.seal();
    this.set(doc);
    this.seal();
    this.gliding = true;
  }

  private mark(ids: string[]) {
    clearTimeout(this.marking);
    this.changed = new Set(ids);
    this.marking = setTimeout(() => {
      this.changed = new Set();
    }, MARKED);
  }

  undo() {
    this.travel(this.history.undo(), "undone");
  }

  redo() {
    this.travel(this.history.redo(), "redone");
  }

  private travel(doc: Doc | undefined, told: Key) {
    if (!doc) return;
    this.gliding = false;
    this.mark([]);
    this.show(doc);
    app.spoken = t(told);
  }

  change(id: string, change: Partial<Item>, key?: string) {
    this.set(withItem(this.doc, id, change), key);
  }

  /** A caption is never empty: an empty one leaves the old one. */
  rename(id: string, caption: string) {
    const text = caption.trim().slice(0, MAX_CAPTION);
    const old = this.doc.items.find((o) => o.id === id);
    if (text && old && old.caption !== text) this.change(id, { caption: text });
  }

  /** Whether there is room for another object; where there is none, that is told. */
  private hasRoom(): boolean {
    const room = this.doc.items.length < MAX_OBJECTS;
    if (!room) app.say(t("tooMany", { n: MAX_OBJECTS }), true);
    return room;
  }

  add(box?: Box): string | undefined {
    if (!this.hasRoom()) return undefined;
    const item = newItem(t("newObject"), box ?? freePlace(this.doc.items));
    this.set({ ...this.doc, items: [...this.doc.items, item] });
    this.selected = item.id;
    return item.id;
  }

  duplicate(id: string) {
    const at = this.doc.items.findIndex((o) => o.id === id);
    const item = this.doc.items[at];
    if (!item || !this.hasRoom()) return;
    const copy: Item = { ...item, ...tidyBox(besideOf(item)), id: newId(), locked: false, seed: undefined };
    this.set({ ...this.doc, items: this.doc.items.toSpliced(at + 1, 0, copy) });
    this.selected = copy.id;
    app.spoken = t("duplicated", { caption: item.caption });
  }

  remove(id: string) {
    const at = this.doc.items.findIndex((o) => o.id === id);
    const item = this.doc.items[at];
    if (!item) return;
    this.set({ ...this.doc, items: this.doc.items.toSpliced(at, 1) });
    this.selected = this.doc.items[Math.min(at, this.doc.items.length - 1)]?.id;
    app.spoken = t("removed", { caption: item.caption });
  }

  reorder(id: string, by: number) {
    const at = this.doc.items.findIndex((o) => o.id === id);
    const item = this.doc.items[at];
    const to = at + by;
    if (!item || to < 0 || to >= this.doc.items.length) return;
    this.set({ ...this.doc, items: this.doc.items.toSpliced(at, 1).toSpliced(to, 0, item) });
  }

  toggleLock(id: string) {
    const item = this.doc.items.find((o) => o.id === id);
    if (item) this.change(id, { locked: !item.locked });
  }

  nudge(item: Item, event: KeyboardEvent): boolean {
    const box = nudged(item, event.key, event.shiftKey, event.altKey);
    if (!box) return false;
    if (item.locked) app.spoken = t("isLocked", { caption: item.caption });
    else this.change(item.id, tidyBox(box), `nudge ${item.id} ${event.altKey}`);
    return true;
  }
}

export const editor = new Editor();
