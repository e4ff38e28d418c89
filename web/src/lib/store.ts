// What the browser keeps for the page. A store may be full or forbidden (a private window): then nothing is kept, and the
// page works on without. Even naming such a store may throw, which is why stores are given as functions.

type Store = Pick<Storage, "getItem" | "setItem">;

/** What is kept under `name`; undefined where nothing is. */
export function recall(store: () => Store, name: string): string | undefined {
  try {
    return store().getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keep(store: () => Store, name: string, text: string): void {
  try {
    store().setItem(name, text);
  } catch {
    // What was to be kept holds until the page is left.
  }
}
