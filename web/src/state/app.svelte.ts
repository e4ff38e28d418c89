// What the whole page shares: the server, what it can do, messages, light or dark.

import { Api, ApiError } from "../lib/api";
import { keep, recall } from "../lib/store";
import type { Capabilities } from "../lib/types";
import { t } from "./i18n.svelte";

export type Theme = "auto" | "light" | "dark";
export type Dialog = "gallery" | "llm" | "help" | "key" | undefined;
const [KEY, THEME] = ["lmd.key", "lmd.theme"];

class App {
  readonly api = new Api();
  can = $state.raw<Capabilities>();
  reachable = $state(true);
  dialog = $state<Dialog>();
  /** The key that was entered is not one of the server's. */
  keyRefused = $state(false);
  theme = $state<Theme>("auto");
  /** A message for everybody, read out politely. */
  message = $state<{ text: string; error: boolean } | undefined>();
  /** What is only read out. */
  spoken = $state("");
  private fading: ReturnType<typeof setTimeout> | undefined;
  private waiting: (() => void)[] = [];

  constructor() {
    this.api.key = recall(() => sessionStorage, KEY);
    const theme = recall(() => localStorage, THEME);
    if (theme === "light" || theme === "dark") this.setTheme(theme);
  }

  setTheme(theme: Theme) {
    this.theme = theme;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    keep(() => localStorage, THEME, theme);
  }

  /** Asks what the server can do, again and again until it answers. */
  async connect(): Promise<void> {
    for (;;) {
      try {
        this.can = await this.api.capabilities();
        this.reachable = true;
        return;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) {
          this.keyRefused = this.api.key !== undefined;
          await this.askKey();
        } else {
          this.reachable = false;
          await new Promise((resolve) => setTimeout(resolve, 1500));
        }
      }
    }
  }

  /** Waits until a key was entered. */
  private askKey(): Promise<void> {
    this.dialog = "key";
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  enterKey(key: string) {
    this.api.key = key.trim() || undefined;
    keep(() => sessionStorage, KEY, key.trim());
    this.dialog = undefined;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  say(text: string, error = false) {
    clearTimeout(this.fading);
    this.message = { text, error };
    // Errors stay until they are closed.
    if (!error) this.fading = setTimeout(() => this.hush(), 6000);
  }

  hush() {
    this.message = undefined;
  }

  /** Shows why something did not work; a missing key is asked for. */
  fail(error: unknown) {
    if (error instanceof ApiError && error.status === 401) this.dialog = "key";
    else this.say(reason(error), true);
  }
}

/** Why something did not work, for people. */
export function reason(error: unknown): string {
  if (error instanceof ApiError && error.status === 0) return t("noServer");
  if (error instanceof ApiError && error.status === 429) return t("busy", { seconds: error.retryAfter ?? 5 });
  return error instanceof Error ? error.message : String(error);
}

export const app = new App();
