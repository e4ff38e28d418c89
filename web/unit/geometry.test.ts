import { describe, expect, it } from "vitest";
import {
  type Box,
  besideOf,
  between,
  fitInside,
  freePlace,
  HANDLES,
  isDrawn,
  isInside,
  MIN_SIDE,
  moved,
  nudged,
  resized,
  snapMove,
  snapResize,
  tidyBox,
} from "../src/lib/geometry";

const box: Box = { x: 0.2, y: 0.3, w: 0.4, h: 0.2 };

/** Numbers that look random and are the same in every run. */
function* numbers(seed = 1) {
  for (let state = seed; ; ) {
    state = (state * 48271) % 2147483647;
    yield state / 2147483647;
  }
}

describe("moving", () => {
  it("keeps the size and stops at the edges", () => {
    expect(moved(box, 0.1, -0.1)).toEqual({ x: expect.closeTo(0.3), y: expect.closeTo(0.2), w: 0.4, h: 0.2 });
    expect(moved(box, 5, -5)).toEqual({ x: 0.6, y: 0, w: 0.4, h: 0.2 });
  });

  it("goes by arrow keys: 1 %, with Shift 10 %, with Alt the size", () => {
    expect(nudged(box, "ArrowRight", false, false)?.x).toBeCloseTo(0.21);
    expect(nudged(box, "ArrowUp", true, false)?.y).toBeCloseTo(0.2);
    const larger = nudged(box, "ArrowDown", false, true);
    expect(larger?.h).toBeCloseTo(0.21);
    expect(larger?.y).toBe(0.3);
    expect(nudged(box, "a", false, false)).toBeUndefined();
  });
});

describe("resizing", () => {
  it("moves the held sides alone", () => {
    const got = resized(box, "nw", -0.1, 0.1);
    expect([got.x, got.y, got.x + got.w, got.y + got.h]).toEqual([
      expect.closeTo(0.1),
      expect.closeTo(0.4),
      expect.closeTo(0.6),
      expect.closeTo(0.5),
    ]);
    expect(resized(box, "e", 0.1, 0.7)).toEqual({ ...box, w: expect.closeTo(0.5) });
  });

  it("never turns inside out nor leaves the picture, by any handle", () => {
    const random = numbers();
    const next = () => random.next().value as number;
    for (let i = 0; i < 500; i++) {
      const start = fitInside({ x: next(), y: next(), w: next(), h: next() });
      for (const handle of HANDLES) {
        const got = tidyBox(resized(start, handle, 4 * next() - 2, 4 * next() - 2));
        expect(isInside(got)).toBe(true);
        expect(Math.min(got.w, got.h)).toBeGreaterThan(MIN_SIDE - 1e-4);
      }
    }
  });
});

describe("drawing", () => {
  it("works in every direction and is cut at the edges", () => {
    expect(between(0.5, 0.6, 0.2, 0.1)).toEqual(between(0.2, 0.1, 0.5, 0.6));
    const cut = between(0.5, 0.5, 2, -1);
    expect([cut.x, cut.y, cut.w, cut.h]).toEqual([0.5, 0, 0.5, 0.5]);
    expect(isDrawn(between(0.5, 0.5, 0.51, 0.9))).toBe(false);
  });

  it("finds places for copies and new boxes that are not taken", () => {
    expect(besideOf(box).x).toBeCloseTo(0.24);
    expect(besideOf({ x: 0.6, y: 0.8, w: 0.4, h: 0.2 })).toEqual({
      x: expect.closeTo(0.56),
      y: expect.closeTo(0.76),
      w: 0.4,
      h: 0.2,
    });
    const first = freePlace([]);
    expect(freePlace([first]).x).toBeGreaterThan(first.x);
  });
});

describe("snapping", () => {
  const other: Box = { x: 0.1, y: 0.1, w: 0.2, h: 0.2 };

  it("meets the edges of another box and says which", () => {
    const { box: got, guides } = snapMove({ x: 0.305, y: 0.7, w: 0.11, h: 0.13 }, [other]);
    expect(got.x).toBeCloseTo(0.3);
    expect(got.y).toBe(0.7);
    expect(guides).toEqual([{ axis: "x", at: expect.closeTo(0.3) }]);
  });

  it("leaves what is far from everything alone", () => {
    const far: Box = { x: 0.35, y: 0.63, w: 0.111, h: 0.09 };
    expect(snapMove(far, [other])).toEqual({ box: far, guides: [] });
  });

  it("moves only the held side", () => {
    const { box: got } = snapResize({ x: 0.35, y: 0.35, w: 0.145, h: 0.3 }, "e", []);
    expect(got).toEqual({ x: 0.35, y: 0.35, w: expect.closeTo(0.15), h: expect.closeTo(0.3) });
  });
});
