import { expect, it } from "vitest";
import { EMPTY, newItem } from "../src/lib/document";
import { loadDraft, saveDraft } from "../src/lib/draft";

const store = (text?: string) => {
  const kept = new Map<string, string>();
  if (text !== undefined) kept.set("lmd.draft.1", text);
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  };
};
const draft = {
  doc: { ...EMPTY, prompt: "a cat", items: [newItem("a cat", { x: 0, y: 0, w: 0.5, h: 0.5 })] },
  sentence: "a cat",
  turns: [],
  settings: { steps: 4 },
  job: "j1",
};

it("comes back in the same tab; a new tab gets it without the job", () => {
  const [tab, all] = [store(), store()];
  saveDraft(draft, { tab, all });
  expect(loadDraft({ tab, all })).toEqual(draft);
  expect(loadDraft({ tab: store(), all })).toEqual({ ...draft, job: undefined });
});

it("is the tab's own, not the one another tab saved later", () => {
  const [first, second, all] = [store(), store(), store()];
  saveDraft(draft, { tab: first, all });
  saveDraft({ ...draft, sentence: "a dog" }, { tab: second, all });
  expect(loadDraft({ tab: first, all })?.sentence).toBe("a cat");
});

it.each(["", "7", "null", "{", '{"doc":{"items":[{}]}}', '{"doc":{"items":7}}'])(
  "is left where it is damaged: %s",
  (text) => {
    const loaded = loadDraft({ tab: store(text), all: store() });
    expect(loaded?.doc.items ?? []).toEqual([]);
  },
);

it("does not stop a page whose browser keeps nothing", () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error("full");
    },
  };
  expect(() => saveDraft(draft, { tab: full, all: full })).not.toThrow();
});
