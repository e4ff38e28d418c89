// From what is on the page to a request for a picture, and from a picture's recipe back to the page.

import { type Doc, fitted, fromLayout, type Item, toLayout } from "./document";
import type { Capabilities, ImageRequest, Inspected, Layout, Lora, Recipe } from "./types";

export interface Settings {
  /** Empty strings and nulls are "as the preset or the model says". */
  preset: string;
  method: string;
  /** A fixed seed is kept from picture to picture, otherwise each drawing has a new one. */
  fixedSeed: boolean;
  /** Digits: seeds go up to 2^64 - 1, beyond what numbers hold. */
  seed: string;
  steps: number | null;
  sampler: string;
  cfgScale: number | null;
  width: number | null;
  height: number | null;
  count: number;
  negative: string;
  model: string;
  plainBeside: boolean;
  planner: string;
  heatmaps: boolean;
  /** LoRA adapters, in their order. */
  loras: Lora[];
}

export const DEFAULTS: Settings = {
  preset: "",
  method: "",
  fixedSeed: false,
  seed: "1",
  steps: null,
  sampler: "",
  cfgScale: null,
  width: null,
  height: null,
  count: 1,
  negative: "",
  model: "",
  plainBeside: false,
  planner: "auto",
  heatmaps: false,
  loras: [],
};

/** Seeds the page makes: short enough to be read out. */
export const randomSeed = () => Math.floor(Math.random() * 1_000_000);

/** A seed as typed; undefined where it is none. */
export const seedOf = (text: string) => (/^\d{1,20}$/.test(text.trim()) ? text.trim() : undefined);

/** The settings as they were saved, without what is not of the right kind. */
export function readSettings(saved: Record<string, unknown>): Settings {
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(DEFAULTS)) {
    const found = saved[name];
    const nullable =
      value === null && (found === null || (typeof found === "number" && Number.isFinite(found)));
    if (nullable || (found !== undefined && typeof found === typeof value && value !== null))
      settings[name] = found;
  }
  settings.loras = lorasOf(saved.loras);
  return settings as unknown as Settings;
}

/** Strengths of adapters reach from minus this to this. */
export const STRONGEST = 4;

/** Adapters as they were saved, without what is none. */
function lorasOf(saved: unknown): Lora[] {
  return (Array.isArray(saved) ? saved : []).flatMap((each) => {
    const { name, strength } = (each ?? {}) as Partial<Lora>;
    const right = typeof name === "string" && typeof strength === "number" && Math.abs(strength) <= STRONGEST;
    return right ? [{ name, strength }] : [];
  });
}

/** The sentence of a document: what was typed, or what its boxes say where nothing was. */
export const promptOf = (doc: Doc) => doc.prompt.trim() || doc.items.map((o) => o.caption).join(", ");

export function requestFor(doc: Doc, settings: Settings, can: Capabilities | undefined): ImageRequest {
  const request: ImageRequest = {
    prompt: promptOf(doc),
    layout: toLayout(fitted(doc)),
    seed: seedOf(settings.seed) ?? String(randomSeed()),
    preview: true,
  };
  if (settings.preset) request.preset = settings.preset;
  if (settings.method) request.method = settings.method;
  if (settings.steps) request.steps = settings.steps;
  if (settings.sampler) request.sampler = settings.sampler;
  if (settings.cfgScale) request.cfg_scale = settings.cfgScale;
  if (settings.width) request.width = settings.width;
  if (settings.height) request.height = settings.height;
  if (settings.count > 1) request.n = settings.count;
  if (settings.negative.trim()) request.negative = settings.negative.trim();
  if (settings.model) request.model = settings.model;
  if (settings.plainBeside && settings.method !== "plain") request.plain_beside = true;
  if (settings.heatmaps) request.heatmaps = true;
  const loras = settings.loras.filter((lora) => can?.loras?.includes(lora.name));
  if (loras.length > 0)
    request.loras = loras.map(({ name, strength }) => ({ name, strength: strength ?? 1 }));
  const seeds = doc.items.flatMap((o, i) => (o.seed === undefined ? [] : [[String(i), o.seed] as const]));
  if (can?.per_object?.includes("seed") && seeds.length > 0) request.object_seeds = Object.fromEntries(seeds);
  const negatives = doc.items.flatMap((o, i) => (o.negative?.trim() ? [[String(i), o.negative.trim()]] : []));
  if (can?.per_object?.includes("negative") && negatives.length > 0) {
    request.object_negatives = Object.fromEntries(negatives) as Record<string, string>;
  }
  return request;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");
const number = (value: unknown) => {
  const found = typeof value === "string" && value.trim() ? Number(value) : value;
  return typeof found === "number" && Number.isFinite(found) ? found : null;
};

/** The settings that a recipe or another program's parameters name, laid over the defaults. */
function settingsFrom(
  config: Record<string, unknown>,
  seed: unknown,
  kept: Settings,
  can?: Capabilities,
): Settings {
  const known = (list: readonly { name: string }[] | undefined, name: string) =>
    list?.some((each) => each.name === name) ? name : "";
  return {
    ...DEFAULTS,
    planner: kept.planner,
    heatmaps: kept.heatmaps,
    method: known(can?.methods, text(config.method)),
    preset: known(can?.presets, text(config.preset)),
    model: known(can?.models, text(config.model)),
    sampler: known(can?.samplers, text(config.sampler).toLowerCase()),
    steps: number(config.steps),
    cfgScale: number(config.cfg_scale),
    width: number(config.width),
    height: number(config.height),
    negative: text(config.negative_prompt),
    fixedSeed: true,
    seed: seedOf(String(seed ?? "")) ?? kept.seed,
  };
}

export const fromRecipe = (recipe: Recipe, seed: string, kept: Settings, can?: Capabilities): Settings =>
  settingsFrom({ model: recipe.model, ...(recipe.config ?? {}) }, seed, kept, can);

/** Settings of a picture that was dropped; the server names them as requests do. */
export const fromInspected = (found: Inspected, kept: Settings, can?: Capabilities): Settings =>
  settingsFrom({ ...(found.settings ?? {}), negative_prompt: found.negative }, found.seed, kept, can);

type OfObject = Pick<Item, "seed" | "negative">;

/** What holds for single objects, from a recipe's settings (`lmd.objects`) or from those of a request. */
function ofObjects(config: Record<string, unknown>): Map<number, OfObject> {
  const found = new Map<number, OfObject>();
  const note = (index: number, seed: unknown, negative: unknown) => {
    const known = found.get(index) ?? {};
    const own = { seed: number(seed) ?? known.seed, negative: text(negative) || known.negative };
    found.set(index, own);
  };
  const listed = (config.lmd as { objects?: unknown } | undefined)?.objects;
  for (const each of Array.isArray(listed) ? listed : []) {
    const { object, seed, negative } = (each ?? {}) as Record<string, unknown>;
    if (typeof object === "number") note(object, seed, negative);
  }
  for (const [index, seed] of Object.entries(config.object_seeds ?? {})) note(Number(index), seed, undefined);
  for (const [index, terms] of Object.entries(config.object_negatives ?? {}))
    note(Number(index), undefined, terms);
  return found;
}

/** The document of a picture that is opened: its layout with what holds for single objects, and no locks. */
export function docOf(layout: Layout, before: Doc, prompt: string, config: Record<string, unknown>): Doc {
  const own = ofObjects(config);
  const doc = fromLayout(layout, before, prompt);
  const items = doc.items.map(
    (o, i): Item => ({
      ...o,
      locked: false,
      hidden: false,
      seed: own.get(i)?.seed,
      negative: own.get(i)?.negative,
    }),
  );
  return { ...doc, items };
}
