import { describe, expect, it } from "vitest";
import { Api } from "../src/lib/api";
import { EventParser, follow, type JobEvent, understood } from "../src/lib/events";

describe("the stream of events", () => {
  const stream =
    ': hello\n\nid: 1\nevent: queued\ndata: {"queue_position":2}\n\nid: 2\r\nevent: progress\r\ndata: {"step":1,\r\ndata: "total":9}\r\n\r\n';

  it("is read however its bytes are cut", () => {
    const whole = new EventParser().push(stream);
    expect(whole).toEqual([
      { id: "1", event: "queued", data: '{"queue_position":2}' },
      { id: "2", event: "progress", data: '{"step":1,\n"total":9}' },
    ]);
    for (let size = 1; size < 20; size++) {
      const parser = new EventParser();
      const got = [];
      for (let at = 0; at < stream.length; at += size) got.push(...parser.push(stream.slice(at, at + size)));
      expect(got).toEqual(whole);
    }
  });

  it("passes over what it does not know", () => {
    expect(understood({ event: "weather", data: "{}" })).toBeUndefined();
    expect(understood({ event: "progress", data: "no json" })).toBeUndefined();
    expect(understood({ event: "failed", data: '{"error":{"message":"no memory"}}' })).toEqual({
      type: "failed",
      error: "no memory",
    });
  });
});

/** A server that answers in turn with what is listed; an `Error` is a broken connection. */
function server(answers: (Response | Error)[]) {
  const asked: { url: string; last: string | null }[] = [];
  const api = new Api((url, init) => {
    asked.push({ url, last: new Headers(init?.headers).get("last-event-id") });
    const answer = answers.shift();
    if (!answer) throw new Error("nobody expected this request");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return { api, asked };
}

const stream = (text: string) => new Response(text, { headers: { "content-type": "text/event-stream" } });

describe("following a job", () => {
  async function run(answers: (Response | Error)[]) {
    const { api, asked } = server(answers);
    const events: JobEvent[] = [];
    const lost: boolean[] = [];
    const follower = { event: (event: JobEvent) => events.push(event), lost: (is: boolean) => lost.push(is) };
    await follow(api, "j", follower, new AbortController().signal, 1);
    return { asked, events, lost };
  }

  it("ends with the last event", async () => {
    const { events, asked } = await run([
      stream("id: 1\nevent: queued\ndata: {}\n\nid: 2\nevent: cancelled\ndata: {}\n\n"),
    ]);
    expect(events.map((event) => event.type)).toEqual(["queued", "cancelled"]);
    expect(asked).toHaveLength(1);
  });

  it("goes on behind the last event seen when a stream ends early", async () => {
    const { events, asked } = await run([
      stream("id: 7\nevent: progress\ndata: {}\n\n"),
      Response.json({ id: "j", status: "generating", prompt: "" }),
      stream("id: 8\nevent: cancelled\ndata: {}\n\n"),
    ]);
    expect(asked[2]?.last).toBe("7");
    expect(events.at(-1)?.type).toBe("cancelled");
  });

  it("waits for a server that is started anew, and reads its events from the beginning", async () => {
    const { events, asked, lost } = await run([
      stream("id: 7\nevent: progress\ndata: {}\n\n"),
      new TypeError("connection refused"),
      new TypeError("connection refused"),
      stream('id: 1\nevent: completed\ndata: {"id":"j","status":"completed","prompt":"p","pictures":[]}\n\n'),
    ]);
    expect(lost).toEqual([false, true, true, false]);
    expect(asked.at(-1)?.last).toBeNull();
    expect(events.at(-1)).toMatchObject({ type: "completed", job: { id: "j" } });
  });

  it("takes the job's own word when the stream says nothing", async () => {
    const { events } = await run([
      stream(""),
      Response.json({ id: "j", status: "failed", prompt: "", error: { message: "no memory" } }),
    ]);
    expect(events).toEqual([{ type: "failed", error: "no memory" }]);
  });

  it("gives up on a job that the server does not know", async () => {
    const { events, lost } = await run([
      new TypeError("connection refused"),
      Response.json({ error: { message: "no such job" } }, { status: 404 }),
    ]);
    expect(events).toEqual([{ type: "failed", error: "no such job" }]);
    // It answered: the connection is there again.
    expect(lost).toEqual([true, false]);
  });
});
