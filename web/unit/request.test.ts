import { describe, expect, it } from "vitest";
import { EMPTY, fromLayout, toLayout, withItem } from "../src/lib/document";
import {
  DEFAULTS,
  docOf,
  fromInspected,
  fromRecipe,
  promptOf,
  readSettings,
  requestFor,
  seedOf,
} from "../src/lib/request";
import type { Capabilities } from "../src/lib/types";

const doc = fromLayout(
  {
    objects: [
      { caption: "a cat", box: [0.1, 0.1, 0.2, 0.2] },
      { caption: "a dog", box: [0.5, 0.5, 0.2, 0.3] },
    ],
  },
  EMPTY,
  "a cat and a dog",
);
const can: Capabilities = {
  models: [{ name: "bundled" }],
  methods: [{ name: "lmd" }, { name: "plain" }],
  presets: [{ name: "fast" }],
  samplers: [{ name: "ddim" }],
  limits: {},
  defaults: {},
};

describe("a request", () => {
  it("says only what was chosen", () => {
    expect(requestFor(doc, DEFAULTS, can)).toEqual({
      prompt: "a cat and a dog",
      layout: expect.objectContaining({ objects: expect.any(Array) }),
      seed: "1",
      preview: true,
    });
  });

  it("has seeds and negatives of objects by their places, for servers that know them", () => {
    const id = doc.items[1]?.id ?? "";
    const own = withItem(doc, id, { seed: 7, negative: " a tail " });
    const able = { ...can, per_object: ["seed", "negative"] };
    expect(requestFor(own, DEFAULTS, able)).toMatchObject({
      object_seeds: { 1: 7 },
      object_negatives: { 1: "a tail" },
    });
    const plain = requestFor(own, DEFAULTS, can);
    expect([plain.object_seeds, plain.object_negatives]).toEqual([undefined, undefined]);
  });

  it("keeps seeds beyond what numbers hold, and never sends an empty one", () => {
    expect(requestFor(doc, { ...DEFAULTS, seed: "18446744073709551615" }, can).seed).toBe(
      "18446744073709551615",
    );
    expect(requestFor(doc, { ...DEFAULTS, seed: "" }, can).seed).toMatch(/^\d+$/);
    expect([seedOf("-1"), seedOf("1.5"), seedOf(" 12 ")]).toEqual([undefined, undefined, "12"]);
  });

  it("speaks of the boxes where there is no sentence", () => {
    expect(promptOf({ ...doc, prompt: " " })).toBe("a cat, a dog");
  });
});

describe("settings come back", () => {
  it("from a recipe, without what this server does not have", () => {
    const recipe = {
      model: "/gone.safetensors",
      config: { method: "plain", steps: 16, sampler: "ddim", width: null },
    };
    expect(fromRecipe(recipe, "99", { ...DEFAULTS, planner: "llm" }, can)).toEqual({
      ...DEFAULTS,
      planner: "llm",
      method: "plain",
      steps: 16,
      sampler: "ddim",
      fixedSeed: true,
      seed: "99",
    });
  });

  it("from a dropped picture of another program", () => {
    const settings = { steps: 20, cfg_scale: 7, width: 512, height: 768, sampler: "Weird++" };
    const got = fromInspected({ kind: "a1111", negative: "blurry", settings, seed: "5" }, DEFAULTS, can);
    expect(got).toMatchObject({
      steps: 20,
      cfgScale: 7,
      width: 512,
      height: 768,
      sampler: "",
      negative: "blurry",
      seed: "5",
    });
  });

  it("for single objects, from recipes and from requests, and nothing of what stood there before", () => {
    const layout = toLayout(doc);
    const before = withItem(doc, doc.items[0]?.id ?? "", { seed: 1, locked: true });
    const lmd = { objects: [{ object: 1, seed: 7, negative: "a tail" }, null, { object: "x" }] };
    const recipe = docOf(layout, before, "", { lmd });
    expect(recipe.items.map((o) => [o.seed, o.negative, o.locked])).toEqual([
      [undefined, undefined, false],
      [7, "a tail", false],
    ]);
    const request = docOf(layout, before, "", { object_seeds: { 0: "12" }, object_negatives: { 0: "fur" } });
    expect(request.items.map((o) => [o.seed, o.negative])).toEqual([
      [12, "fur"],
      [undefined, undefined],
    ]);
  });

  it("from a draft, whatever stands in it", () => {
    const saved = { steps: "many", count: 3, seed: 7, width: Number.NaN, plainBeside: true, unknown: 1 };
    expect(readSettings(saved)).toEqual({ ...DEFAULTS, count: 3, plainBeside: true });
  });
});
