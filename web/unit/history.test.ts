import { expect, it } from "vitest";
import { History, MAX_STEPS } from "../src/lib/history";

it("goes back and forth", () => {
  const history = new History("a");
  history.push("b");
  history.push("c");
  expect([history.undo(), history.undo(), history.undo()]).toEqual(["b", "a", undefined]);
  expect([history.redo(), history.redo(), history.redo()]).toEqual(["b", "c", undefined]);
});

it("takes a drag as one step, two drags as two", () => {
  const history = new History(0);
  for (const x of [1, 2, 3]) history.push(x, "drag");
  history.seal();
  for (const x of [4, 5]) history.push(x, "drag");
  expect([history.undo(), history.undo()]).toEqual([3, 0]);
});

it("forgets what was undone once something new is done", () => {
  const history = new History(0);
  history.push(1);
  history.undo();
  history.push(2);
  expect(history.canRedo).toBe(false);
  expect(history.undo()).toBe(0);
});

it("does not go on with a step that was undone", () => {
  const history = new History(0);
  history.push(1, "nudge");
  history.push(2, "nudge");
  history.undo();
  history.push(3, "nudge");
  expect(history.undo()).toBe(0);
});

it("keeps a bounded number of steps", () => {
  const history = new History(0);
  for (let i = 1; i <= MAX_STEPS + 50; i++) history.push(i);
  let steps = 0;
  while (history.undo() !== undefined) steps++;
  expect(steps).toBe(MAX_STEPS);
});
