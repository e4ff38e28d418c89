// The sentence, the conversation about the layout, and what is wrong with it.

import { ApiError, type Turn as Said } from "../lib/api";
import { type Doc, fromLayout, toLayout } from "../lib/document";
import type { Answer, Fact, Layout, Notice, Planned, Problem } from "../lib/types";
import { app } from "./app.svelte";
import { editor } from "./editor.svelte";
import { t } from "./i18n.svelte";

export interface Turn {
  /** What was asked for. */
  said: string;
  planner: string;
  /** The layout after it. */
  layout: Layout;
  notices: Notice[];
  facts: Fact[];
  /** Captions of the objects that an instruction changed; undefined for a first layout. */
  changed?: string[] | undefined;
  /** What a question was answered. */
  answer?: Answer | undefined;
}

/** How long the hand must rest before a layout is checked, in ms. */
const REST = 200;
/** Most turns that the server reads. */
const MAX_TURNS = 64;

class Plan {
  sentence = $state("");
  turns = $state.raw<Turn[]>([]);
  busy = $state<"plan" | "revise">();
  problems = $state.raw<Problem[]>([]);
  private variant = 0;
  private checking: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** The sentence was changed after the layout was planned. */
  stale = $derived(editor.doc.items.length > 0 && this.sentence.trim() !== editor.doc.prompt.trim());

  /** Problems of each object, by its place in the list. */
  byObject = $derived.by(() => {
    const found = new Map<number, Problem[]>();
    for (const problem of this.problems) {
      for (const i of problem.objects) found.set(i, [...(found.get(i) ?? []), problem]);
    }
    return found;
  });

  /** Plans a layout for the sentence; the same sentence again gives another variant. Locked objects stay. */
  async plan(planner: string): Promise<boolean> {
    const sentence = this.sentence.trim();
    if (!sentence) return false;
    return this.ask("plan", async () => {
      this.variant = sentence === editor.doc.prompt && editor.doc.items.length > 0 ? this.variant + 1 : 0;
      const planned = await app.api.plan(sentence, planner, this.variant);
      editor.replace(keepLocked(fromLayout(planned.layout, editor.doc, sentence), editor.doc));
      this.turns = [turn(sentence, planned)];
      app.spoken = t("planned", { n: planned.layout.objects.length });
    });
  }

  /** Changes the layout as `instruction` says. */
  async revise(instruction: string, planner: string): Promise<boolean> {
    const said = instruction.trim();
    if (!said) return false;
    // Undone is what stands on the canvas, by whoever it was changed.
    const step = /^(undo|redo)[.!]?$/i.exec(said)?.[1]?.toLowerCase();
    if (step) {
      if (step === "undo") editor.undo();
      else editor.redo();
      return true;
    }
    const before = editor.doc;
    return this.ask("revise", async () => {
      // The first turn is the sentence itself; questions changed nothing.
      const history: Said[] = this.turns
        .slice(1)
        .filter((each) => !each.answer)
        .map((each) => ({ instruction: each.said, layout: each.layout }));
      const locked = before.items.flatMap((o, i) => (o.locked ? [i] : []));
      const planned = await app.api.revise({
        prompt: before.prompt,
        layout: toLayout(before),
        instruction: said,
        history: history.slice(-MAX_TURNS),
        locked,
        planner,
      });
      if (planned.answer) {
        this.turns = [...this.turns, turn(said, planned)];
        app.spoken = planned.answer.text;
        return;
      }
      const doc = fromLayout(planned.layout, before, before.prompt);
      editor.replace(doc);
      const changed = (planned.changed ?? []).flatMap((i) => doc.items[i]?.caption ?? []);
      // What was told before is not told again.
      const told = new Set(this.turns.flatMap((each) => each.notices.map((notice) => notice.message)));
      const next = turn(said, planned);
      const notices = next.notices.filter((notice) => !told.has(notice.message));
      this.turns = [...this.turns, { ...next, notices, changed }];
      app.spoken = changed.length > 0 ? t("changedNow", { what: changed.join(", ") }) : t("nothingChanged");
    });
  }

  /** One request at a time; whether it was answered. */
  private async ask(what: "plan" | "revise", work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = what;
    try {
      await work();
      return true;
    } catch (error) {
      app.fail(error);
      return false;
    } finally {
      this.busy = undefined;
    }
  }

  /** Checks the layout once the hand rests. */
  check(doc: Doc) {
    clearTimeout(this.timer);
    this.checking?.abort();
    if (doc.items.length === 0) {
      this.problems = [];
      return;
    }
    this.timer = setTimeout(() => this.validate(doc), REST);
  }

  private async validate(doc: Doc) {
    const checking = new AbortController();
    this.checking = checking;
    try {
      const found = await app.api.validate(doc.prompt, toLayout(doc), checking.signal);
      if (!checking.signal.aborted) this.problems = found;
    } catch (error) {
      if (checking.signal.aborted) return;
      // A layout that is no layout: what the server said stands for the whole.
      const refused =
        error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 401;
      const message = refused ? error.message : "";
      this.problems = message ? [{ kind: "invalid", severity: "error", objects: [], message }] : [];
    }
  }

  clear() {
    this.turns = [];
    this.sentence = "";
    this.variant = 0;
  }
}

const turn = (said: string, planned: Planned): Turn => ({
  said,
  planner: planned.planner ?? "",
  layout: planned.layout,
  notices: planned.notices ?? [],
  facts: planned.facts ?? [],
  answer: planned.answer,
});

/** `doc` with the locked objects of `before` where they were, and those it lost at the end. */
function keepLocked(doc: Doc, before: Doc): Doc {
  const locked = before.items.filter((o) => o.locked);
  if (locked.length === 0) return doc;
  const kept = new Map(locked.map((o) => [o.id, o]));
  const items = doc.items.map((o) => kept.get(o.id) ?? o);
  return { ...doc, items: [...items, ...locked.filter((o) => !items.some((each) => each.id === o.id))] };
}

export const plan = new Plan();
