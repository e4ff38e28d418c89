import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CATALOGUES, LANGUAGES, language, t } from "../src/state/i18n.svelte";

const source = join(import.meta.dirname, "../src");
const code = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(svelte|ts)$/.test(name) && !name.startsWith("strings"))
  .map((name) => readFileSync(join(source, name), "utf8"))
  .join("\n");
const english = CATALOGUES.en ?? {};

it("has every language complete, with the same places to fill in", () => {
  expect(Object.keys(CATALOGUES).sort()).toEqual(LANGUAGES.map(([tag]) => tag).sort());
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const catalogue of Object.values(CATALOGUES)) {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(catalogue)) {
      expect(text.trim(), key).not.toBe("");
      expect(places(text), key).toEqual(places(english[key as keyof typeof english] ?? ""));
    }
  }
});

it("has no text that is not used", () => {
  const used = (key: string) =>
    code.includes(`"${key}"`) ||
    [...code.matchAll(/`(\w+?)_\$\{/g)].some(([, start]) => key.startsWith(`${start}_`));
  expect(Object.keys(english).filter((key) => !used(key))).toEqual([]);
});

it("has no text of its own in the components", () => {
  const components = readdirSync(join(source, "parts")).map((name) =>
    readFileSync(join(source, "parts", name), "utf8"),
  );
  for (const component of components) {
    const markup = component.replace(
      /<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g,
      "",
    );
    // Attributes that people read, with a fixed text.
    expect(markup.match(/(?:aria-label|title|alt)="[^"{]+"/g)).toBeNull();
  }
});

it("fills in values and changes the language", () => {
  language.choose("en");
  expect(t("planned", { n: 3 })).toBe("A layout of 3 objects is ready.");
  language.choose("de");
  expect(t("planned", { n: 3 })).toBe("Ein Entwurf mit 3 Objekten ist fertig.");
  language.choose("xx");
  expect(language.current).toBe("en");
});
