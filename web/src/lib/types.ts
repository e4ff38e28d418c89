// What the server's API sends and takes (docs/serve.md, /openapi.json).

/** `[x, y, w, h]`, each a share of the picture, origin at the top left. */
export type BoxArray = [number, number, number, number];

export interface LayoutObject {
  caption: string;
  box: BoxArray;
}

export interface Layout {
  objects: LayoutObject[];
  background?: string;
  negative?: string;
}

export interface Notice {
  kind: string;
  message: string;
  /** What it is about, where the page may have words of its own for it. */
  code?: string;
}

export interface Fact {
  text: string;
  holds: boolean | null;
}

export interface Planned {
  layout: Layout;
  notices?: Notice[];
  planner?: string;
  facts?: Fact[];
  changed?: number[];
  /** The answer to a question; the layout is as it was. */
  answer?: Answer;
}

export interface Answer {
  text: string;
  proposals: { instruction: string; why?: string }[];
}

export interface Problem {
  kind: string;
  severity: "error" | "warning";
  objects: number[];
  message: string;
}

export interface Named {
  name: string;
  summary?: string;
}

/** Settings of a drawing, by the names of requests. */
export interface DrawSettings {
  preset?: string;
  method?: string;
  steps?: number;
  sampler?: string;
  cfg_scale?: number;
  width?: number;
  height?: number;
}

export interface Model {
  name: string;
  bundled?: boolean;
  default?: boolean;
  /** The words that a small model knows. */
  words?: string[] | null;
  sizes?: { width: number; height: number } | null;
}

export interface Capabilities {
  version?: string;
  models: Model[];
  methods: Named[];
  presets: Named[];
  samplers: Named[];
  limits: { max_steps?: number; max_pixels?: number; max_n?: number; max_queue?: number };
  defaults: DrawSettings;
  planner?: { kind: string; model?: string | null };
  per_object?: string[];
  /** The names of the LoRA adapters there are. */
  loras?: string[];
}

export interface Progress {
  /** Work done on this picture, of `total`. */
  step: number;
  total: number;
  part?: string;
  /** The denoising step of this part, from 0, and how many it has. */
  part_step: number;
  part_steps: number;
  /** The first box that is drawn, and all that are drawn at once. */
  object?: number | null;
  objects?: number[] | null;
  /** Which picture of the job, from 0, of how many. */
  picture?: number;
  pictures?: number;
  energy?: number | null;
  eta_s?: number | null;
}

export interface JobPicture {
  id: string;
  url: string;
  thumb_url: string;
  /** The seed without rounding. */
  seed_text: string;
  width: number;
  height: number;
  method: string;
}

export type JobStatus = "queued" | "generating" | "completed" | "failed" | "cancelled";

export interface Job {
  id: string;
  status: JobStatus;
  queue_position?: number | null;
  prompt: string;
  layout?: Layout | null;
  seed?: number;
  progress?: Progress | null;
  pictures?: JobPicture[];
  notices?: Notice[];
  error?: { message: string } | null;
  command_line?: string;
}

/** An adapter and how strongly it is added: 1 as it was made, 0 not at all. */
export interface Lora {
  name: string;
  strength: number;
}

export interface ImageRequest extends DrawSettings {
  prompt: string;
  layout: Layout;
  seed?: string;
  n?: number;
  negative?: string;
  model?: string;
  plain_beside?: boolean;
  object_seeds?: Record<string, number>;
  object_negatives?: Record<string, string>;
  preview?: boolean;
  heatmaps?: boolean;
  loras?: Lora[];
}

export interface GalleryPicture extends JobPicture {
  prompt: string;
  /** In milliseconds since 1970. */
  created_at: number;
}

/** Where an object is, or where the network looked for it: a picture as `data:` address, white, the more transparent the less. */
export interface Mask {
  object: number;
  url: string;
}

/** What can be laid over a picture. */
export interface Overlays {
  masks: Mask[];
  heatmaps: Mask[];
}

/** What a picture says about how it was made. */
export interface Recipe {
  prompt?: string;
  layout?: Layout | null;
  seeds?: { background?: number };
  config?: Record<string, unknown>;
  [key: string]: unknown;
}

export interface Inspected {
  kind: string;
  prompt?: string;
  negative?: string | null;
  layout?: Layout | null;
  settings?: Record<string, unknown> | null;
  /** As text, without rounding. */
  seed?: string | null;
}

export interface LlmSettings {
  url?: string | null;
  model?: string | null;
  key_set?: boolean;
}

export interface LlmTest {
  ok: boolean;
  seconds?: number;
  message?: string;
}
