// The draft: what is being worked on survives a reload. A tab keeps its own; a new tab starts from the last one saved.

import { type Doc, EMPTY, type Item } from "./document";
import { keep } from "./store";

const NAME = "lmd.draft.1";
/** Longest draft that is read back, in characters. */
const MAX_DRAFT = 512 * 1024;

export interface Draft {
  doc: Doc;
  sentence: string;
  turns: unknown[];
  settings: Record<string, unknown>;
  /** The drawing that was under way or whose pictures were shown. */
  job?: string | undefined;
}

export interface Stores {
  tab: Pick<Storage, "getItem" | "setItem">;
  all: Pick<Storage, "getItem" | "setItem">;
}

/** A tab's own store and the browser's; stores that forget where there are none (a private window). */
export function stores(): Stores {
  const none = { getItem: () => null, setItem: () => {} };
  try {
    return { tab: sessionStorage, all: localStorage };
  } catch {
    return { tab: none, all: none };
  }
}

export function saveDraft(draft: Draft, { tab, all }: Stores): void {
  const text = JSON.stringify(draft);
  for (const store of [tab, all]) keep(() => store, NAME, text);
}

const isItem = (value: unknown): value is Item => {
  const o = value as Partial<Item> | null;
  const numbers = [o?.x, o?.y, o?.w, o?.h];
  return (
    typeof o?.id === "string" && typeof o.caption === "string" && numbers.every((v) => Number.isFinite(v))
  );
};

/** The draft as saved; undefined where there is none or where it is of another form. */
export function loadDraft({ tab, all }: Stores): Draft | undefined {
  // The job belongs to the tab that began it.
  const own = read(tab);
  if (own) return own;
  const last = read(all);
  return last ? { ...last, job: undefined } : undefined;
}

function read(store: Stores["tab"]): Draft | undefined {
  try {
    const text = store.getItem(NAME);
    if (!text || text.length > MAX_DRAFT) return undefined;
    const value = JSON.parse(text) as Partial<Draft>;
    const doc = { ...EMPTY, ...value.doc };
    if (!Array.isArray(doc.items) || !doc.items.every(isItem)) return undefined;
    return {
      doc,
      sentence: typeof value.sentence === "string" ? value.sentence : "",
      turns: Array.isArray(value.turns) ? value.turns : [],
      settings: typeof value.settings === "object" && value.settings ? value.settings : {},
      job: typeof value.job === "string" ? value.job : undefined,
    };
  } catch {
    return undefined;
  }
}
