import { expect, it } from "vitest";
import { Api, ApiError } from "../src/lib/api";

function answering(response: () => Response) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const api = new Api(async (url, init) => {
    asked.push({ url, init });
    return response();
  });
  return { api, asked };
}

it("sends the key as a bearer token, and none where there is none", async () => {
  const { api, asked } = answering(() => Response.json({}));
  await api.capabilities();
  api.key = "secret";
  await api.capabilities();
  const keys = asked.map(({ init }) => new Headers(init?.headers).get("authorization"));
  expect(keys).toEqual([null, "Bearer secret"]);
});

it("asks below the page's own address, so that a proxy may put it anywhere", async () => {
  const { api, asked } = answering(() => Response.json({ problems: [] }));
  await api.validate("p", { objects: [] }, new AbortController().signal);
  await api.gallery("a cat & more", "id");
  expect(asked[0]?.url).toBe("api/v1/layouts/validate");
  expect(asked[1]?.url).toBe("api/v1/gallery?limit=48&q=a+cat+%26+more&before=id");
});

it("tells what the server says is wrong", async () => {
  const error = { type: "rate_limit_error", code: "queue_full", message: "the queue is full", param: null };
  const { api } = answering(() => Response.json({ error }, { status: 429, headers: { "retry-after": "7" } }));
  const thrown = await api.draw({ prompt: "", layout: { objects: [] } }).catch((e) => e);
  expect(thrown).toBeInstanceOf(ApiError);
  expect(thrown).toMatchObject({
    status: 429,
    message: "the queue is full",
    code: "queue_full",
    retryAfter: 7,
  });
});

it("understands errors that are no JSON, and silence", async () => {
  const { api } = answering(() => new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
  expect(await api.llm().catch((e) => e)).toMatchObject({ status: 502, message: "502 Bad Gateway" });
  const silent = new Api(() => Promise.reject(new TypeError("refused")));
  expect(await silent.llm().catch((e) => e)).toMatchObject({ status: 0 });
});

it("takes missing overlays for none", async () => {
  const { api } = answering(() => Response.json({ error: { message: "none" } }, { status: 404 }));
  expect(await api.overlays("x")).toEqual({ masks: [], heatmaps: [] });
});

it("reads the recipe and the command of a picture", async () => {
  const { api, asked } = answering(() =>
    Response.json({ recipe: { prompt: "a" }, command_line: "lmd draw" }),
  );
  expect(await api.recipe("x/y")).toEqual({ recipe: { prompt: "a" }, command_line: "lmd draw" });
  expect(asked[0]?.url).toBe("api/v1/pictures/x%2Fy/recipe");
});
