// The language of the page: one catalogue per language, all with the same keys.

import { keep, recall } from "../lib/store";
import { de } from "../strings/de";
import { en } from "../strings/en";

export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;

export const CATALOGUES: Record<string, Catalogue> = { en, de };
export const LANGUAGES: readonly [string, string][] = [
  ["en", "English"],
  ["de", "Deutsch"],
];
const NAME = "lmd.language";

const first = () => {
  const wished = [recall(() => localStorage, NAME), ...(globalThis.navigator?.languages ?? [])];
  return wished.map((tag) => tag?.slice(0, 2) ?? "").find((tag) => tag in CATALOGUES) ?? "en";
};

class Language {
  current = $state(first());

  choose(tag: string) {
    this.current = tag in CATALOGUES ? tag : "en";
    keep(() => localStorage, NAME, this.current);
  }
}

export const language = new Language();

/** The text named `key` in the page's language, with `{name}` filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const catalogue = CATALOGUES[language.current] ?? en;
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** What the server has to say: in the page's words where it has some, in the server's English otherwise. */
export function noticed({ code, message }: { code?: string | undefined; message: string }) {
  const key = `notice_${code}`;
  return key in en ? { text: t(key as Key), lang: language.current } : { text: message, lang: "en" };
}

/** A number as the page's language writes it. */
export const num = (value: number, digits = 0) =>
  value.toLocaleString(language.current, { minimumFractionDigits: digits, maximumFractionDigits: digits });
