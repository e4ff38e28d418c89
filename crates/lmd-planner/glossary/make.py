"""Writes src/lexicon/glossary.txt: what common words of other languages mean in English.

    npm pack cldr-annotations-full && tar xzf cldr-annotations-full-*.tgz
    python make.py package/annotations

The words are Unicode's names of emoji (CLDR annotations, licence in LICENSE-UNICODE), as far as the English name is a noun of
the lexicon, and those of words.txt.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
LEXICON = HERE.parent / "src/lexicon"
# Emoji of animals are often called the animal's face.
FACES = {
    "de": "(gesicht|kopf)$", "fr": "^tête (de |d’|du )", "es": "^cara de ", "it": "^(muso|faccia) (di |d’|da )", "pt": "^(rosto|cara) de ",
    "ru": "^(морда|голова) .*", "ja": "の顔$", "ko": " 얼굴$", "zh": "(的?脸|头)$", "ar": "^وجه ", "hi": " (का|के|जैसा) (चेहरा|मुँह)$", "en": "$",
}
LANGUAGES = "de fr es it pt ru ja ko zh ar hi".split()


def names(folder: Path, language: str) -> dict[str, list[str]]:
    """The names of every emoji in a language."""
    text = (folder / language / "annotations.json").read_text()
    annotations = json.loads(text)["annotations"]["annotations"]
    found = {}
    for emoji, told in annotations.items():
        words = (re.sub(FACES[language], "", word.strip()) for word in told.get("tts", [""])[0].split(","))
        if words := [word for word in words if word]:
            found[emoji] = words
    return found


def main() -> None:
    folder = Path(sys.argv[1])
    nouns = {line.split(":")[0].strip() for line in (LEXICON / "nouns.txt").read_text().splitlines() if not line.startswith("#")}
    known = {language: names(folder, language) for language in ["en", *LANGUAGES]}
    rows: dict[str, dict[str, list[str]]] = {}
    for line in (HERE / "words.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            english, *words = (part.strip() for part in line.split("|"))
            rows[english] = {l: [w.strip() for w in told.split(",")] for l, told in zip(LANGUAGES, words, strict=True)}
    for emoji, [english, *_] in known["en"].items():
        english = english.lower()
        named = {word for words in rows for word in words.split(",")}
        if english in nouns and english not in named:
            rows[english] = {l: known[l][emoji] for l in LANGUAGES if emoji in known[l]}
    head = ["# Made by glossary/make.py: what a word means, in German (de), French, Spanish, Italian, Portuguese, Russian, Japanese,",
            "# Korean, Chinese, Arabic, Hindi. Of several English words the first is the usual one. Names of emoji: Unicode CLDR, see LICENSE-UNICODE."]
    body = [english + "".join(f"|{l}:{','.join(words)}" for l, words in row.items()) for english, row in sorted(rows.items())]
    (LEXICON / "glossary.txt").write_text("\n".join(head + body) + "\n")
    print(len(body), "words")


if __name__ == "__main__":
    main()
