// A job's events, read with `fetch` so that the key goes with the request, and taken up again where they broke off.

import { type Api, ApiError } from "./api";
import type { Job, Layout, Notice, Progress } from "./types";

export type JobEvent =
  | { type: "queued"; queue_position?: number }
  | { type: "layout"; layout: Layout; notices?: Notice[] }
  | ({ type: "progress" } & Progress)
  | { type: "preview"; image: string }
  | { type: "completed"; job: Job }
  | { type: "failed"; error: string }
  | { type: "cancelled" };

export interface ServerEvent {
  id?: string;
  event: string;
  data: string;
}

/** Longest event that is read, in characters: a preview picture is far shorter. */
const MAX_EVENT = 8 * 1024 * 1024;

/** Splits a stream of server-sent events, however its bytes are cut. */
export class EventParser {
  private rest = "";

  push(text: string): ServerEvent[] {
    this.rest = (this.rest + text).replaceAll("\r\n", "\n");
    if (this.rest.length > MAX_EVENT) throw new ApiError(0, "an event is too long");
    const blocks = this.rest.split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => parse(block) ?? []);
  }
}

function parse(block: string): ServerEvent | undefined {
  let [id, event]: [string | undefined, string] = [undefined, "message"];
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id") id = value;
  }
  if (data.length === 0 && event === "message") return undefined;
  return id === undefined ? { event, data: data.join("\n") } : { id, event, data: data.join("\n") };
}

const errorText = (error: unknown) => (error as { message?: string } | null | undefined)?.message ?? "";

/** The event as the page uses it; undefined for kinds it does not know. */
export function understood({ event, data }: ServerEvent): JobEvent | undefined {
  let body: Record<string, unknown>;
  try {
    body = data ? (JSON.parse(data) as Record<string, unknown>) : {};
  } catch {
    return undefined;
  }
  switch (event) {
    case "queued":
    case "layout":
    case "progress":
    case "preview":
    case "cancelled":
      return { ...body, type: event } as JobEvent;
    case "completed":
      return { type: "completed", job: body as unknown as Job };
    case "failed":
      return { type: "failed", error: errorText(body.error) };
    default:
      return undefined;
  }
}

const LAST = new Set(["completed", "failed", "cancelled"]);

/** What a job that has ended would have sent last. */
function ending(job: Job): JobEvent | undefined {
  if (job.status === "completed") return { type: "completed", job };
  if (job.status === "failed") return { type: "failed", error: errorText(job.error) };
  return job.status === "cancelled" ? { type: "cancelled" } : undefined;
}

export interface Follower {
  event(event: JobEvent): void;
  /** The connection broke off (true) or is there again (false). */
  lost(lost: boolean): void;
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Longest pause between two tries to reach the server, in ms. */
const LONGEST_PAUSE = 5000;

/** Follows a job to its end, over broken connections and restarts of the server. */
export async function follow(
  api: Api,
  id: string,
  follower: Follower,
  signal: AbortSignal,
  firstPause = 400,
) {
  let last: string | undefined;
  let wait = firstPause;
  while (!signal.aborted) {
    try {
      const response = await api.events(id, last, signal);
      follower.lost(false);
      const reader = response.body?.getReader();
      const [decoder, parser] = [new TextDecoder(), new EventParser()];
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) break;
        wait = firstPause;
        for (const raw of parser.push(decoder.decode(value, { stream: true }))) {
          last = raw.id ?? last;
          const event = understood(raw);
          if (event) follower.event(event);
          if (event && LAST.has(event.type)) return;
        }
      }
      // The stream ended without a last event: the job itself knows how it stands.
      const end = ending(await api.job(id));
      if (end) return follower.event(end);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) {
        // It answered, if only with a refusal.
        follower.lost(false);
        return follower.event({ type: "failed", error: error.message });
      }
      follower.lost(true);
      // A server that was started anew counts its events from the beginning.
      last = undefined;
    }
    await pause(wait, signal);
    wait = Math.min(wait * 1.6, LONGEST_PAUSE);
  }
}
