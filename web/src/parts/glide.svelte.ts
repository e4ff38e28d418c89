// Where a box is shown: what a plan or an instruction changed goes there visibly, what the hand moves follows at once.

import { untrack } from "svelte";
import { cubicOut } from "svelte/easing";
import { prefersReducedMotion, Tween } from "svelte/motion";
import type { Item } from "../lib/document";
import type { Box } from "../lib/geometry";
import { editor } from "../state/editor.svelte";

/** How long a box is under way, in ms. */
const DURATION = 550;

const placeOf = ({ x, y, w, h }: Item): Box => ({ x, y, w, h });

export function glide(item: () => Item): Tween<Box> {
  const at = new Tween(placeOf(untrack(item)), { easing: cubicOut });
  $effect(() => {
    const to = placeOf(item());
    const visibly = untrack(
      () => editor.gliding && editor.changed.has(item().id) && !prefersReducedMotion.current,
    );
    at.set(to, { duration: visibly ? DURATION : 0 });
  });
  return at;
}
