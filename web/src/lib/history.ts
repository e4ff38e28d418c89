// Undo and redo over values that are never changed in place.

/** How many steps back are kept. */
export const MAX_STEPS = 200;

export class History<T> {
  private past: T[] = [];
  private future: T[] = [];
  private lastKey: string | undefined;

  constructor(private now: T) {}

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** A new state. Steps that follow one another with the same `key` are one step: a drag, a word being typed. */
  push(next: T, key?: string): void {
    if (next === this.now) return;
    if (key === undefined || key !== this.lastKey || this.past.length === 0) {
      this.past.push(this.now);
      if (this.past.length > MAX_STEPS) this.past.shift();
    }
    this.lastKey = key;
    this.now = next;
    this.future = [];
  }

  /** The next `push` is a step of its own, whatever its key. */
  seal(): void {
    this.lastKey = undefined;
  }

  undo(): T | undefined {
    const before = this.past.pop();
    if (before === undefined) return undefined;
    this.future.push(this.now);
    this.now = before;
    this.lastKey = undefined;
    return before;
  }

  redo(): T | undefined {
    const after = this.future.pop();
    if (after === undefined) return undefined;
    this.past.push(this.now);
    this.now = after;
    this.lastKey = undefined;
    return after;
  }
}
