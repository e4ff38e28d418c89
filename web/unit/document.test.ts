import { describe, expect, it } from "vitest";
import {
  type Doc,
  EMPTY,
  fitted,
  fromLayout,
  layoutKey,
  MAX_OBJECTS,
  NotALayout,
  newItem,
  readLayout,
  toLayout,
  withItem,
} from "../src/lib/document";
import type { Layout } from "../src/lib/types";

const layout: Layout = {
  objects: [
    { caption: "a cat", box: [0.1, 0.1, 0.2, 0.2] },
    { caption: "a cat", box: [0.5, 0.1, 0.2, 0.2] },
    { caption: "a dog", box: [0.5, 0.5, 0.2, 0.3] },
  ],
  background: "a road",
  negative: "",
};
const start: Doc = fromLayout(layout, EMPTY, "two cats and a dog");
const ids = (doc: Doc) => doc.items.map((o) => o.id);

describe("objects keep who they are", () => {
  it("through a layout and back, digit by digit", () => {
    expect(toLayout(start)).toEqual(layout);
    expect(ids(fromLayout(toLayout(start), start, ""))).toEqual(ids(start));
  });

  it("when the order changes or one moves", () => {
    const objects = [layout.objects[2], layout.objects[0], { caption: "a cat", box: [0.7, 0.7, 0.1, 0.1] }];
    const [first, second, third] = start.items;
    expect(ids(fromLayout({ ...layout, objects } as Layout, start, ""))).toEqual([
      third?.id,
      first?.id,
      second?.id,
    ]);
  });

  it("when one is renamed in its place, with lock and seed", () => {
    const dog = start.items[2];
    if (!dog) throw new Error("no dog");
    const before = withItem(start, dog.id, { locked: true, seed: 7 });
    const objects = layout.objects.with(2, { caption: "a fox", box: [0.5, 0.5, 0.2, 0.3] });
    expect(fromLayout({ ...layout, objects }, before, "").items[2]).toMatchObject({
      id: dog.id,
      caption: "a fox",
      locked: true,
      seed: 7,
    });
  });

  it("and new ones are new", () => {
    const objects = [
      ...layout.objects,
      { caption: "a bird", box: [0, 0, 0.1, 0.1] as [number, number, number, number] },
    ];
    const after = fromLayout({ ...layout, objects }, start, "");
    expect(new Set(ids(after)).size).toBe(4);
    expect(ids(start)).not.toContain(after.items[3]?.id);
  });
});

describe("layout files", () => {
  it("are read as lmd writes them, with a byte-order mark or without", () => {
    expect(readLayout(JSON.stringify(layout))).toEqual(layout);
    expect(readLayout(`\uFEFF${JSON.stringify(layout)}`)).toEqual(layout);
  });

  it.each([
    "",
    "null",
    "[]",
    '{"objects":7}',
    '{"objects":[null]}',
    '{"objects":[{"caption":"a","box":[0,0,1]}]}',
    '{"objects":[{"caption":"a","box":[0,0,1,null]}]}',
    '{"objects":[{"box":[0,0,1,1]}]}',
    JSON.stringify({ objects: Array(MAX_OBJECTS + 1).fill(layout.objects[0]) }),
    " ".repeat(70_000),
  ])("are refused where they are something else (%#)", (text) => {
    expect(() => readLayout(text)).toThrow(NotALayout);
  });

  it("may have boxes outside, which one step brings inside", () => {
    const outside = readLayout('{"objects":[{"caption":"a","box":[0.9,-1e99,0.3,0.3]}]}');
    const doc = fitted(fromLayout(outside, EMPTY, ""));
    expect(doc.items[0]).toMatchObject({ x: 0.7, y: 0, w: 0.3, h: 0.3 });
  });
});

it("two layouts that draw alike have the same key", () => {
  const moved = withItem(start, start.items[0]?.id ?? "", { x: 0.10000001 });
  expect(layoutKey(toLayout(moved))).toBe(layoutKey(layout));
  const further = withItem(start, start.items[0]?.id ?? "", { x: 0.11 });
  expect(layoutKey(toLayout(further))).not.toBe(layoutKey(layout));
  expect(newItem("a", { x: 0, y: 0, w: 1, h: 1 }).id).not.toBe(newItem("a", { x: 0, y: 0, w: 1, h: 1 }).id);
});
