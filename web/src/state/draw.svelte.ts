// Drawing: one job at a time, followed to its end; its pictures; what is shown of them.

import { below } from "../lib/api";
import { layoutKey, toLayout } from "../lib/document";
import { follow, type JobEvent } from "../lib/events";
import { DEFAULTS, promptOf, randomSeed, requestFor, type Settings } from "../lib/request";
import type { Job, JobPicture, Layout, Notice, Overlays, Progress } from "../lib/types";
import { app } from "./app.svelte";
import { editor } from "./editor.svelte";
import { num, t } from "./i18n.svelte";
import { plan } from "./plan.svelte";

export type View = "layout" | "both" | "picture";

/** A picture with what is needed to lay its boxes over it. */
export interface Shown {
  /** The server's name of it; undefined for a dropped file that the server does not keep. */
  id?: string | undefined;
  url: string;
  prompt: string;
  seed?: string | undefined;
  method?: string | undefined;
  width: number;
  height: number;
  layout?: Layout | undefined;
  commandLine?: string | undefined;
}

const NO_OVERLAYS: Overlays = { masks: [], heatmaps: [] };

class Draw {
  settings = $state<Settings>({ ...DEFAULTS });
  job = $state<string>();
  phase = $state<"idle" | "queued" | "generating">("idle");
  position = $state<number>();
  cancelling = $state(false);
  now = $state.raw<Progress>();
  /** How far each object has come, by its place in the layout that is being drawn. */
  objects = $state.raw<ReadonlyMap<number, Progress>>(new Map());
  preview = $state<string>();
  notices = $state.raw<Notice[]>([]);
  pictures = $state.raw<Shown[]>([]);
  shown = $state.raw<Shown>();
  view = $state<View>("layout");
  /** What can be laid over the shown picture, and which of it is. */
  overlays = $state.raw<Overlays>(NO_OVERLAYS);
  overlay = $state<keyof Overlays>();
  /** Two pictures to be looked at side by side. */
  beside = $state.raw<[Shown, Shown]>();
  private stop: AbortController | undefined;
  private drawing: { prompt: string; layout: Layout } | undefined;

  busy = $derived(this.phase !== "idle");

  /** The picture that lies on the canvas. */
  visible = $derived(this.busy || this.view === "layout" ? undefined : this.shown);

  private shownKey = $derived(this.shown?.layout && layoutKey(this.shown.layout));

  /** The layout is no longer the one that the picture shows. */
  stale = $derived(this.shownKey !== undefined && this.shownKey !== layoutKey(toLayout(editor.doc)));

  /** The model that draws: the one that was chosen, or the server's own. */
  model = $derived(
    app.can?.models.find((each) => each.name === this.settings.model) ??
      app.can?.models.find((each) => each.default) ??
      app.can?.models[0],
  );

  /** Width over height of the canvas. */
  aspect = $derived.by(() => {
    if (this.visible) return this.visible.width / this.visible.height;
    const [sizes, defaults] = [this.model?.sizes, app.can?.defaults];
    const width = this.settings.width ?? sizes?.width ?? defaults?.width ?? 1;
    const height = this.settings.height ?? sizes?.height ?? defaults?.height ?? 1;
    return width / height || 1;
  });

  /** Draws what is on the canvas; where nothing is, plans the sentence first. */
  async start(): Promise<void> {
    if (this.busy) return;
    if (editor.doc.items.length === 0 && !(await plan.plan(this.settings.planner))) return;
    if (!this.settings.fixedSeed) this.settings.seed = String(randomSeed());
    await this.send();
  }

  /** Draws again with another seed for one object; everything else stays as in the last picture. */
  async redrawObject(id: string): Promise<void> {
    if (this.busy) return;
    editor.change(id, { seed: randomSeed() });
    await this.send();
  }

  private async send() {
    this.phase = "queued";
    this.position = undefined;
    this.notices = [];
    const request = requestFor(editor.doc, this.settings, app.can);
    this.drawing = { prompt: request.prompt, layout: request.layout };
    try {
      const job = await app.api.draw(request);
      this.position = job.queue_position;
      this.follow(job.id);
      app.spoken = t("queuedNow");
    } catch (error) {
      this.phase = "idle";
      app.fail(error);
    }
  }

  private follow(id: string) {
    this.stop?.abort();
    const stop = new AbortController();
    this.stop = stop;
    this.job = id;
    const follower = {
      event: (event: JobEvent) => this.take(event),
      lost: (lost: boolean) => {
        app.reachable = !lost;
      },
    };
    void follow(app.api, id, follower, stop.signal);
  }

  /** Takes up the job of a reloaded page. */
  async resume(id: string): Promise<void> {
    try {
      const job = await app.api.job(id);
      this.drawing = { prompt: job.prompt, layout: job.layout ?? toLayout(editor.doc) };
      if (job.status === "completed") this.finish(job, false);
      else if (job.status === "queued" || job.status === "generating") {
        this.phase = job.status;
        this.follow(id);
      }
    } catch {
      // The job is gone: the page begins without it.
      this.job = undefined;
    }
  }

  private take(event: JobEvent) {
    switch (event.type) {
      case "queued":
        this.phase = "queued";
        this.position = event.queue_position;
        break;
      case "layout":
        if (this.drawing) this.drawing = { ...this.drawing, layout: event.layout };
        this.notices = event.notices ?? [];
        break;
      case "progress":
        this.progress(event);
        break;
      case "preview":
        this.phase = "generating";
        if (/^data:image\/(png|jpeg|webp);base64,/.test(event.image)) this.preview = event.image;
        break;
      case "completed":
        this.finish(event.job, true);
        break;
      case "failed":
        this.end();
        app.say(event.error || t("failed"), true);
        break;
      case "cancelled":
        this.end();
        app.say(t("cancelled"));
    }
  }

  private progress(progress: Progress) {
    if (this.phase !== "generating") app.spoken = t("drawingNow");
    this.phase = "generating";
    const object = progress.object ?? undefined;
    const layout = this.drawing?.layout;
    if (object !== undefined && object !== this.now?.object && layout) {
      const caption = layout.objects[object]?.caption ?? "";
      app.spoken = t("drawingObject", { caption, n: object + 1, total: layout.objects.length });
    } else if (object === undefined && this.now?.object !== undefined) app.spoken = t("drawingWhole");
    this.now = progress;
    // Several boxes may be drawn at once.
    const reached = new Map(this.objects);
    for (const at of drawnAtOnce(progress)) reached.set(at, progress);
    this.objects = reached;
  }

  private end() {
    this.phase = "idle";
    this.cancelling = false;
    this.preview = undefined;
    this.objects = new Map();
    this.now = undefined;
  }

  private finish(job: Job, tell: boolean) {
    const layout = job.layout ?? this.drawing?.layout;
    this.end();
    this.notices = job.notices ?? this.notices;
    const prompt = job.prompt || this.drawing?.prompt || promptOf(editor.doc);
    const pictures = (job.pictures ?? []).map((p) => shownFrom(p, prompt, layout, job.command_line));
    const fresh = pictures.filter((p) => !this.pictures.some((old) => old.id === p.id));
    this.pictures = [...fresh, ...this.pictures].slice(0, 24);
    this.job = job.id;
    const main = pictures.find((p) => p.method !== "plain") ?? pictures[0];
    if (main) this.show(main);
    const [first, second] = pictures;
    if (this.settings.plainBeside && first && second) this.beside = [first, second];
    if (tell) app.spoken = t("drawn");
  }

  show(picture: Shown) {
    this.shown = picture;
    this.overlays = NO_OVERLAYS;
    if (this.view === "layout") this.view = "both";
    if (picture.id) void this.loadOverlays(picture.id);
  }

  private async loadOverlays(id: string) {
    try {
      const overlays = await app.api.overlays(id);
      if (this.shown?.id === id) this.overlays = overlays;
    } catch {
      // What cannot be shown is not offered.
    }
  }

  async cancel(): Promise<void> {
    if (!this.job || this.cancelling) return;
    this.cancelling = true;
    try {
      await app.api.cancel(this.job);
    } catch (error) {
      this.cancelling = false;
      app.fail(error);
    }
  }

  /** One line about how the drawing that is under way stands. */
  status = $derived.by(() => {
    if (!app.reachable) return t("connectionLost");
    if (this.cancelling) return t("cancelling");
    if (this.phase === "queued") {
      return this.position ? t("queuePosition", { n: this.position }) : t("queuedNow");
    }
    if (!this.now) return t("drawingNow");
    const { object, eta_s } = this.now;
    const { step, steps: total } = stepOf(this.now);
    const caption =
      object === undefined || object === null ? "" : (this.drawing?.layout.objects[object]?.caption ?? "");
    const where = caption ? t("stepOfObject", { caption, step, total }) : t("stepOfWhole", { step, total });
    return eta_s ? `${where} · ${t("eta", { seconds: num(Math.ceil(eta_s)) })}` : where;
  });
}

/** The objects that are drawn at the moment, by their places in the layout. */
export function drawnAtOnce({ object, objects }: Progress): number[] {
  if (Array.isArray(objects)) return objects;
  return object == null ? [] : [object];
}

/** The step of a part that is under way, from 1, of how many, and its share of them. */
export function stepOf({ part_step, part_steps }: Progress) {
  const step = part_step + 1;
  return { step, steps: part_steps, share: Math.min(step / Math.max(part_steps, 1), 1) };
}

export function shownFrom(p: JobPicture, prompt: string, layout?: Layout, commandLine?: string): Shown {
  const { id, url, seed_text: seed, method, width, height } = p;
  return { id, url: below(url), prompt, seed, method, width, height, layout, commandLine };
}

export const draw = new Draw();
