"""The words: a byte-pair vocabulary in CLIP's own format, trained on our captions.

`build` writes `vocab.json` and `merges.txt` as CLIP orders them: 256 bytes, 256 bytes that end a
word, one entry per merge, start, end. `Words` turns captions into padded token ids.
"""

import json
from collections import Counter
from pathlib import Path

import torch
from transformers import CLIPTokenizer

from .networks import TOKENS
from .scenes.captions import NUMBERS, Piece

START, END = "<|startoftext|>", "<|endoftext|>"
PAD = "!"  # as in Stable Diffusion 2: a token of its own, so that it can be made to say nothing (text.mute_padding)
EXTRA_WORDS = (  # words of negative prompts and everyday captions; pieces of them serve other words
    "artifacts blurry smooth texture bad quality distortions unrealistic distorted image proportions "
    "duplicate many group occlusion occluded side border collate without next near front behind between "
    "inside outside small large big little tiny huge old new left right top bottom middle center corner "
    "standing sitting lying flying running walking day night morning evening summer winter spring autumn "
    "drawing painting oil watercolor style cartoon emoji colorful bright dark beautiful people person man woman"
).split()


def byte_alphabet() -> list[str]:
    """One printable character per byte, in CLIP's order: bytes that print as themselves come first."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + i) for i in range(len(others))]


def learn_merges(words: Counter, count: int) -> list[tuple[str, str]]:
    """Byte-pair merges: join the commonest neighbours, again and again."""
    spelled = {word: [*word[:-1], word[-1] + "</w>"] for word in words}
    merges = []
    for _ in range(count):
        pairs = Counter()
        for word, symbols in spelled.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for word, symbols in spelled.items():
            spelled[word] = joined(symbols, best)
    return merges


def joined(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    out, index = [], 0
    while index < len(symbols):
        if tuple(symbols[index : index + 2]) == pair:
            out.append(symbols[index] + symbols[index + 1])
            index += 2
        else:
            out.append(symbols[index])
            index += 1
    return out


def build(folder: Path, captions: list[str], nouns) -> None:
    """Train on captions; every noun, number and everyday word becomes one token."""
    words = Counter()
    for caption in captions:
        words.update(caption.replace(",", " , ").split())
    for noun in nouns:
        words.update((noun.singular + " " + noun.plural).split())
    words.update(EXTRA_WORDS + NUMBERS)
    merges = learn_merges(words, 4000)
    alphabet = byte_alphabet()
    entries = alphabet + [c + "</w>" for c in alphabet] + [a + b for a, b in merges] + [START, END]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({entry: i for i, entry in enumerate(entries)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    configure(folder)


def configure(folder: Path) -> None:
    """Write down which tokens are special, in the two files that say so. (Models of before 26 November 2026 padded
    with the end token; training them on turns their folder into one of today's.)"""
    plain = {"tokenizer_class": "CLIPTokenizer", "model_max_length": TOKENS, "do_lower_case": True,
             "bos_token": START, "eos_token": END, "pad_token": PAD, "unk_token": END, "errors": "replace",
             "add_prefix_space": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(plain, indent=2))
    specials = {key: plain[key] for key in ("bos_token", "eos_token", "pad_token", "unk_token")}
    (folder / "special_tokens_map.json").write_text(json.dumps(specials, indent=2))


class Words:
    """Captions to token ids, remembering which token speaks of which group."""

    def __init__(self, folder: Path):
        self.tokenizer = CLIPTokenizer.from_pretrained(str(folder))
        self.start, self.end = (self.tokenizer.convert_tokens_to_ids(t) for t in (START, END))
        self.pad = self.tokenizer.pad_token_id
        self.vocabulary = len(self.tokenizer)
        self.seen: dict[str, list[int]] = {}

    def pieces(self, text: str) -> list[int]:
        """Ids of a bit of text, without start and end."""
        if text not in self.seen:
            self.seen[text] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return self.seen[text]

    def encode(self, caption: list[Piece]) -> tuple[list[int], list[int], list[int]]:
        """ids (77), group of each token (77, -1 for none), position of each group's last token."""
        ids, groups, last = [self.start], [-1], {}
        for piece in caption:
            new = self.pieces(piece.text)
            ids += new
            groups += [piece.group] * len(new)
            if piece.group >= 0:
                last[piece.group] = len(ids) - 1
        ids, groups = [*ids[: TOKENS - 1], self.end], [*groups[: TOKENS - 1], -1]
        fill = TOKENS - len(ids)
        return ids + [self.pad] * fill, groups + [-1] * fill, [min(last[g], TOKENS - 1) for g in sorted(last)]

    def batch(self, texts: list[str]) -> torch.Tensor:
        """Plain strings to ids (n, 77)."""
        return torch.tensor([self.encode([Piece(t)] if t else [])[0] for t in texts])
