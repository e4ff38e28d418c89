"""Makes crates/lmd-nn/tests/data/tokenizer: a small CLIP vocabulary, and what transformers
makes of some texts with it.

    python bench/parity/make_tokenizer.py
"""

import json
import pathlib

from transformers import CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-nn/tests/data/tokenizer"
WORDS = ["a", "cat", "cathedral", "gray", "dog", "on", "the", "two", "labradoodle", "table", "it"]
TEXTS = [
    "", "a gray cat", "A  Gray\tCAT on the\n table", "it's the dog's table!!", "cathedral, two cats",
    "Ünïcode — 猫 and 🐈", "3D 1024x768", "it'll", "labradoodle-table", "e\u0301 \u00a0 x",
    "the cat " * 60,
]


def merges_of(word):
    """Merges that build the word from its left, one piece after another."""
    pieces = [*word[:-1], word[-1] + "</w>"]
    while len(pieces) > 1:
        yield f"{pieces[0]} {pieces[1]}"
        pieces[:2] = ["".join(pieces[:2])]


def main():
    letters = list(bytes_to_unicode().values())
    merges = list(dict.fromkeys(merge for word in WORDS for merge in merges_of(word)))
    tokens = letters + [letter + "</w>" for letter in letters]
    tokens += [merge.replace(" ", "") for merge in merges] + ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    (OUT / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    (OUT / "tokenizer_config.json").write_text(json.dumps({"pad_token": "!", "model_max_length": 77}))
    tokenizer = CLIPTokenizer(vocab=vocab, merges=[tuple(m.split(" ")) for m in merges], pad_token="!")
    golden = []
    for text in TEXTS:
        encoded = tokenizer(text, padding="max_length", truncation=True, max_length=77)
        golden.append({"text": text, "ids": encoded["input_ids"]})
    (OUT / "golden.json").write_text(json.dumps(golden, ensure_ascii=False))
    print([g["ids"][:12] for g in golden], len(vocab))


if __name__ == "__main__":
    main()
