// The server's API, one function per call. Errors are `ApiError`, with what the server said.

import type {
  Capabilities,
  GalleryPicture,
  ImageRequest,
  Inspected,
  Job,
  Layout,
  LlmSettings,
  LlmTest,
  Overlays,
  Planned,
  Problem,
  Recipe,
} from "./types";

const BASE = "api/v1";

/** An address that the server gave, as one below the page's own: a proxy may put both below any path. */
export const below = (url: string) => url.replace(/^\//, "");

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    message: string,
    readonly code?: string,
    /** Seconds after which another try makes sense. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What was said, and the layout after it. */
export interface Turn {
  instruction: string;
  layout: Layout;
}

const json = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** The server's message in an answer that is an error. */
async function failure(response: Response): Promise<ApiError> {
  let message = `${response.status} ${response.statusText}`.trim();
  let code: string | undefined;
  try {
    const body = (await response.json()) as { error?: { message?: string; code?: string | null } };
    message = body.error?.message ?? message;
    code = body.error?.code ?? undefined;
  } catch {
    // An answer that is no JSON says no more than its status.
  }
  const after = Number(response.headers.get("retry-after"));
  return new ApiError(response.status, message, code, after > 0 ? after : undefined);
}

export class Api {
  /** The key that the server asks for, if it has one. */
  key: string | undefined;

  constructor(private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init)) {}

  /** A request with the key; an answer with an error status is thrown. */
  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.key) headers.set("authorization", `Bearer ${this.key}`);
    let response: Response;
    try {
      response = await this.fetch(path, { ...init, headers });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError(0, "no answer");
    }
    if (!response.ok) throw await failure(response);
    return response;
  }

  private async get<T>(path: string): Promise<T> {
    return (await (await this.send(`${BASE}/${path}`)).json()) as T;
  }

  private async post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    const init = signal ? { ...json(body), signal } : json(body);
    return (await (await this.send(`${BASE}/${path}`, init)).json()) as T;
  }

  capabilities = () => this.get<Capabilities>("capabilities");

  plan = (prompt: string, planner: string, variant: number) =>
    this.post<Planned>("layouts", { prompt, planner, variant });

  revise = (request: {
    prompt: string;
    layout: Layout;
    instruction: string;
    history: Turn[];
    locked: number[];
    planner: string;
  }) => this.post<Planned>("layouts/revise", request);

  validate = async (prompt: string, layout: Layout, signal: AbortSignal) =>
    (await this.post<{ problems: Problem[] }>("layouts/validate", { prompt, layout }, signal)).problems;

  svg = async (layout: Layout) => (await this.send(`${BASE}/layouts/svg`, json({ layout }))).blob();

  draw = (request: ImageRequest) =>
    this.post<{ id: string; status: string; queue_position?: number }>("images", request);

  job = (id: string) => this.get<Job>(`jobs/${encodeURIComponent(id)}`);

  cancel = (id: string) => this.send(`${BASE}/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });

  events = (id: string, lastEvent: string | undefined, signal: AbortSignal) =>
    this.send(`${BASE}/jobs/${encodeURIComponent(id)}/events`, {
      headers: { accept: "text/event-stream", ...(lastEvent ? { "last-event-id": lastEvent } : {}) },
      signal,
    });

  gallery = (query: string, before?: string, limit = 48) => {
    const params = new URLSearchParams({ limit: String(limit) });
    if (query) params.set("q", query);
    if (before) params.set("before", before);
    return this.get<{ pictures: GalleryPicture[]; next?: string | null }>(`gallery?${params}`);
  };

  recipe = (id: string) =>
    this.get<{ recipe: Recipe; command_line?: string }>(`pictures/${encodeURIComponent(id)}/recipe`);

  /** What can be laid over a picture; nothing where the server kept nothing. */
  overlays = async (id: string): Promise<Overlays> => {
    try {
      return await this.get<Overlays>(`pictures/${encodeURIComponent(id)}/overlays`);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { masks: [], heatmaps: [] };
      throw error;
    }
  };

  remove = (id: string) => this.send(`${BASE}/pictures/${encodeURIComponent(id)}`, { method: "DELETE" });

  inspect = async (png: Blob): Promise<Inspected> => {
    const init = { method: "POST", headers: { "content-type": "image/png" }, body: png };
    return (await (await this.send(`${BASE}/inspect`, init)).json()) as Inspected;
  };

  llm = () => this.get<LlmSettings>("settings/llm");

  setLlm = (settings: { url?: string; model?: string; key?: string }) =>
    this.send(`${BASE}/settings/llm`, { ...json(settings), method: "PUT" });

  testLlm = () => this.post<LlmTest>("settings/llm/test", {});

  /** A picture's bytes, for where an address alone would lack the key. */
  blob = async (url: string) => (await this.send(url)).blob();
}
