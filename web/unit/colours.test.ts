import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { coloursOf } from "../src/lib/colours";

// What the tests of crates/lmd-layout/src/draw/colour.rs say, too.
it("follows the words of captions", () => {
  const got = coloursOf(["a green car", "a blue dog", "a blue bowl", "a green car"]);
  expect(got).toEqual(["#1F7F3B", "#1C6FD1", "#1F4E8C", "#1F7F3B"]);
  expect(coloursOf(["a cat", "a dog"])[0]).toBe(coloursOf(["a cat"])[0]);
});

it("has a colour for every object of a full layout", () => {
  const got = coloursOf(Array.from({ length: 32 }, (_, i) => `thing ${i}`));
  expect(got.every((colour) => /^#[0-9A-F]{6}$/.test(colour))).toBe(true);
});

it("has the library's colours and no others", () => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");
  const colours = (text: string) => new Set(text.match(/#[0-9A-F]{6}\b/g));
  const library = read("../../crates/lmd-layout/src/draw/colour.rs").split("#[cfg(test)]")[0] ?? "";
  expect(colours(read("../src/lib/colours.ts"))).toEqual(colours(library));
});

// As in the panel of what `lmd layout "a cat, a dog and a bottle" --svg -` draws.
it("chooses as the library does where a caption names no colour", () => {
  expect(coloursOf(["a cat", "a dog", "a bottle"])).toEqual(["#1C6FD1", "#9A3FB5", "#7B3FD0"]);
});
