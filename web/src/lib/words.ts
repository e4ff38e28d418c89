// Small things about text.

/** `text` with `word` put in at `at`, with blanks where words would run together; and where the caret goes. */
export function inserted(text: string, word: string, at: number): { text: string; caret: number } {
  const [before, after] = [text.slice(0, at), text.slice(at)];
  const lead = before && !/\s$/.test(before) ? " " : "";
  const tail = after && !/^[\s.,;:!?]/.test(after) ? " " : "";
  return { text: before + lead + word + tail + after, caret: (before + lead + word + tail).length };
}

export const percent = (share: number) => Math.round(share * 100);

/** A file name from a sentence. */
export const slug = (sentence: string) =>
  sentence
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 60) || "layout";

/** `text` cut so that it fits `room`, as `measure` measures it. */
export function shortened(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) return text;
  let end = text.length - 1;
  while (end > 0 && measure(`${text.slice(0, end).trimEnd()}…`) > room) end--;
  return end > 0 ? `${text.slice(0, end).trimEnd()}…` : "";
}
