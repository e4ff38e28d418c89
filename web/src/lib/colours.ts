// The colours of boxes: those of the library's drawings (crates/lmd-layout/src/draw/colour.rs), so that a box has the
// same colour here, in an exported SVG and in the terminal. White text is readable on each.

const PALETTE = [
  "#1C6FD1",
  "#C2257F",
  "#1F7F3B",
  "#B4530A",
  "#7B3FD0",
  "#0B7A82",
  "#C92A3A",
  "#6B6F00",
  "#4C51D0",
  "#8A5A35",
  "#9A3FB5",
  "#51606F",
];

/** The colour of what has no caption to choose one by. */
export const NEUTRAL = "#51606F";

const NAMED: Record<string, string[]> = {
  red: ["#C92A3A", "#9F1239", "#D0402B"],
  orange: ["#B4530A", "#A0522D", "#D0402B"],
  yellow: ["#8A6A00", "#6B6F00", "#9A6207"],
  golden: ["#8A6A00", "#9A6207", "#6B6F00"],
  green: ["#1F7F3B", "#3F6212", "#0B7A5A"],
  blue: ["#1C6FD1", "#1F4E8C", "#0E7490"],
  purple: ["#7B3FD0", "#9A3FB5", "#5B21B6"],
  pink: ["#C2257F", "#B8336A", "#9A3FB5"],
  brown: ["#8A5A35", "#A0522D", "#6F4E37"],
  black: ["#2B2F36", "#3B4048", "#51606F"],
  white: ["#68737F", "#51606F", "#5F6B7A"],
  gray: ["#5F6B7A", "#68737F", "#51606F"],
  grey: ["#5F6B7A", "#68737F", "#51606F"],
};

/** FNV-1a, 64 bits, as the library computes it. */
function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash;
}

/** The colours a caption would like, best first. */
function wishes(caption: string): string[] {
  const lower = caption.toLowerCase();
  const word = lower.split(/\P{Alphabetic}/u).find((part) => Object.hasOwn(NAMED, part));
  const start = Number(fnv1a(lower) % BigInt(PALETTE.length));
  return [...(word ? (NAMED[word] ?? []) : []), ...PALETTE.slice(start), ...PALETTE.slice(0, start)];
}

/** One colour per caption, in the order given; equal captions share theirs. */
export function coloursOf(captions: readonly string[]): string[] {
  const taken = new Map<string, string>();
  for (const caption of captions) {
    if (taken.has(caption)) continue;
    const wished = wishes(caption);
    const used = new Set(taken.values());
    taken.set(caption, wished.find((colour) => !used.has(colour)) ?? wished[0] ?? NEUTRAL);
  }
  return captions.map((caption) => taken.get(caption) ?? NEUTRAL);
}
