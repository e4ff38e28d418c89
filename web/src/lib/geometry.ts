// Boxes in shares of the picture: moving, resizing, drawing, snapping. No DOM here.

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Which side or corner of a box is held. */
export type Handle = "nw" | "n" | "ne" | "e" | "se" | "s" | "sw" | "w";
export const HANDLES: readonly Handle[] = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

/** The least side of a box that the page makes; the library's own limit is 0.001. */
export const MIN_SIDE = 0.02;
/** How near edges are when they snap. */
const SNAP = 0.012;

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Five decimals: a hundredth of a pixel on a thousand, and short in exported files. */
const tidy = (value: number) => Math.round(value * 1e5) / 1e5;

export const tidyBox = (b: Box): Box => {
  const [x, y] = [tidy(b.x), tidy(b.y)];
  // Rounding must not push the far edge beyond the picture.
  return { x, y, w: Math.min(tidy(b.w), tidy(1 - x)), h: Math.min(tidy(b.h), tidy(1 - y)) };
};

/** A box of the same size as far inside the picture as it goes. */
export function fitInside(b: Box): Box {
  const w = clamp(b.w, MIN_SIDE, 1);
  const h = clamp(b.h, MIN_SIDE, 1);
  return { x: clamp(b.x, 0, 1 - w), y: clamp(b.y, 0, 1 - h), w, h };
}

export const isInside = (b: Box) =>
  b.x >= -1e-9 && b.y >= -1e-9 && b.x + b.w <= 1 + 1e-9 && b.y + b.h <= 1 + 1e-9;

export const moved = (b: Box, dx: number, dy: number): Box => fitInside({ ...b, x: b.x + dx, y: b.y + dy });

/** `b` with the side or corner `handle` moved; the opposite side stays, and no box turns inside out. */
export function resized(b: Box, handle: Handle, dx: number, dy: number): Box {
  let [left, top, right, bottom] = [b.x, b.y, b.x + b.w, b.y + b.h];
  if (handle.includes("w")) left = clamp(left + dx, 0, right - MIN_SIDE);
  if (handle.includes("e")) right = clamp(right + dx, left + MIN_SIDE, 1);
  if (handle.includes("n")) top = clamp(top + dy, 0, bottom - MIN_SIDE);
  if (handle.includes("s")) bottom = clamp(bottom + dy, top + MIN_SIDE, 1);
  return { x: left, y: top, w: right - left, h: bottom - top };
}

/** The box between two points, cut at the picture's edges. */
export function between(ax: number, ay: number, bx: number, by: number): Box {
  const left = clamp(Math.min(ax, bx), 0, 1);
  const top = clamp(Math.min(ay, by), 0, 1);
  return { x: left, y: top, w: clamp(Math.max(ax, bx), 0, 1) - left, h: clamp(Math.max(ay, by), 0, 1) - top };
}

export const isDrawn = (b: Box) => b.w >= MIN_SIDE && b.h >= MIN_SIDE;

/** A copy's place: a little to the right and below, or to the left and above where there is no room. */
export function besideOf(b: Box): Box {
  const step = (low: number, size: number) => (low + size + 0.04 <= 1 ? 0.04 : -0.04);
  return moved(b, step(b.x, b.w), step(b.y, b.h));
}

/** Where a new box goes when no place is named: the middle, or the nearest offset that no box has. */
export function freePlace(boxes: readonly Box[]): Box {
  let box: Box = { x: 0.35, y: 0.35, w: 0.3, h: 0.3 };
  for (let tries = 0; tries < 12; tries++) {
    const taken = boxes.some((o) => Math.abs(o.x - box.x) < 0.02 && Math.abs(o.y - box.y) < 0.02);
    if (!taken) break;
    box = moved(box, 0.05, 0.05);
  }
  return box;
}

/** A line that a dragged box has met: vertical at `x` or horizontal at `y`. */
export type Guide = { axis: "x" | "y"; at: number };

const lines = (others: readonly Box[], axis: "x" | "y"): number[] => [
  0,
  0.5,
  1,
  ...others.flatMap((o) =>
    axis === "x" ? [o.x, o.x + o.w / 2, o.x + o.w] : [o.y, o.y + o.h / 2, o.y + o.h],
  ),
];

/** How far an edge is from the line that it meets, and where that line is. */
type Met = { shift: number; at: number } | undefined;

/** The smallest shift that brings one of `edges` onto one of `targets`, and that target. */
function nearest(edges: number[], targets: number[]): Met {
  let best: Met;
  for (const edge of edges) {
    for (const at of targets) {
      const shift = at - edge;
      if (Math.abs(shift) <= SNAP && (!best || Math.abs(shift) < Math.abs(best.shift))) best = { shift, at };
    }
  }
  return best;
}

function guidesOf(x: Met, y: Met): Guide[] {
  const guides: Guide[] = [];
  if (x) guides.push({ axis: "x", at: x.at });
  if (y) guides.push({ axis: "y", at: y.at });
  return guides;
}

/** Moves `b` onto near edges and centres of the others and of the picture. */
export function snapMove(b: Box, others: readonly Box[]): { box: Box; guides: Guide[] } {
  const x = nearest([b.x, b.x + b.w / 2, b.x + b.w], lines(others, "x"));
  const y = nearest([b.y, b.y + b.h / 2, b.y + b.h], lines(others, "y"));
  return { box: moved(b, x?.shift ?? 0, y?.shift ?? 0), guides: guidesOf(x, y) };
}

/** As `snapMove` for the sides that `handle` moves. */
export function snapResize(b: Box, handle: Handle, others: readonly Box[]): { box: Box; guides: Guide[] } {
  const side = (low: string, high: string, at: number, size: number, axis: "x" | "y") => {
    if (handle.includes(low)) return nearest([at], lines(others, axis));
    return handle.includes(high) ? nearest([at + size], lines(others, axis)) : undefined;
  };
  const x = side("w", "e", b.x, b.w, "x");
  const y = side("n", "s", b.y, b.h, "y");
  return { box: resized(b, handle, x?.shift ?? 0, y?.shift ?? 0), guides: guidesOf(x, y) };
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What an arrow key does to a box: 1 %, with Shift 10 %; with Alt the size instead of the place. */
export function nudged(b: Box, key: string, shift: boolean, alt: boolean): Box | undefined {
  const arrow = ARROWS[key];
  if (!arrow) return undefined;
  const step = shift ? 0.1 : 0.01;
  const [dx, dy] = [arrow[0] * step, arrow[1] * step];
  return alt ? resized(b, "se", dx, dy) : moved(b, dx, dy);
}
