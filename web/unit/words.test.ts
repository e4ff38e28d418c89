import { expect, it } from "vitest";
import { inserted, shortened, slug } from "../src/lib/words";

it("puts a word in with blanks where they are needed", () => {
  expect(inserted("a red", "car", 5)).toEqual({ text: "a red car", caret: 9 });
  expect(inserted("a  dog", "red", 2)).toEqual({ text: "a red dog", caret: 5 });
  expect(inserted("", "car", 0)).toEqual({ text: "car", caret: 3 });
  expect(inserted("two , please", "cats", 4)).toEqual({ text: "two cats, please", caret: 8 });
});

it("makes file names of sentences", () => {
  expect(slug("A red car, left of: a dog!")).toBe("a-red-car-left-of-a-dog");
  expect(slug("../..")).toBe("layout");
});

it("cuts captions to their room", () => {
  const measure = (text: string) => text.length;
  expect(shortened("a red car", 9, measure)).toBe("a red car");
  expect(shortened("a red car", 7, measure)).toBe("a red…");
  expect(shortened("a red car", 1, measure)).toBe("");
});
