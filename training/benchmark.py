"""`python -m training.benchmark --lmd target/release/lmd`: plain Stable Diffusion against lmd, on pictures.

A hundred of the paper's prompts with two to four objects (counts, colours, places) are drawn by the `lmd`
command with both methods from the same seeds, and judged by the detector. A picture is right when everything
its prompt says is: so many of a thing and no more, both things in their colours, each on its side.
"""

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .detector import Detector, Found, detect
from .scenes import art

CLASSES = ["backpack", "book", "bottle", "bowl", "car", "cat", "chair", "cup", "dog", "laptop"]
PLURALS = [name + "s" for name in CLASSES]
COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray"]
NUMBERS = ["one", "two", "three", "four", "five"]
PREFIX = "A realistic photo of a scene"
SIDES = [("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top")]


@dataclass(frozen=True)
class Ask:
    """A prompt and what must be seen: nouns with how many of each, their colours, and their sides."""

    family: str
    prompt: str
    nouns: tuple[str, ...]
    counts: tuple[int, ...] = ()
    colours: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()


def asks() -> list[Ask]:
    """The benchmark's prompts of two to four objects, family by family (docs/method.md, A.7)."""
    found = []
    for n in (2, 3, 4):
        for name, plural in zip(CLASSES, PLURALS):
            found.append(Ask("numeracy", f"{PREFIX} with {NUMBERS[n - 1]} {plural}", (name,), counts=(n,)))
    for i in range(100):
        np.random.seed(i)
        first, second = np.random.choice(COLOURS, size=2, replace=False)
        one, two = np.random.choice(CLASSES, size=2, replace=False)
        prompt = f"{PREFIX} with {article(first)} {first} {one} and {article(second)} {second} {two}"
        found.append(Ask("attribution", prompt, (one, two), colours=(first, second)))
    for i in range(25):
        np.random.seed(i)
        for first, second in SIDES:
            one, two = np.random.choice(CLASSES, size=2, replace=False)
            prompt = f"{PREFIX} with {article(one)} {one} on the {first} and {article(two)} {two} on the {second}"
            found.append(Ask("spatial", prompt, (one, two), sides=(first, second)))
    return found


def article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def spread(all_asks: list[Ask], count: int) -> list[Ask]:
    """`count` of them, as even a share of each family as there are prompts for, evenly spaced."""
    chosen = []
    families = sorted(([ask for ask in all_asks if ask.family == family]
                       for family in ("numeracy", "attribution", "spatial")), key=len)
    for k, mine in enumerate(families):
        share = min(len(mine), (count - len(chosen)) // (len(families) - k))
        chosen += [mine[i * len(mine) // share] for i in range(share)]
    return chosen


def is_right(ask: Ask, seen: list[Found], nouns: list[str]) -> bool:
    """Does the picture show what was asked, as the detector sees it?"""
    of = {noun: [f for f in seen if nouns[f.noun] == noun] for noun in ask.nouns}
    if ask.counts:
        return all(len(of[noun]) == n for noun, n in zip(ask.nouns, ask.counts))
    if ask.colours:
        return all(any(art.PAINTS[f.paint] == colour for f in of[noun]) for noun, colour in zip(ask.nouns, ask.colours))
    if not all(of[noun] for noun in ask.nouns):
        return False
    axis = 0 if ask.sides[0] in ("left", "right") else 1
    one, two = (of[noun][0].box[axis] + of[noun][0].box[axis + 2] / 2 for noun in ask.nouns)
    return one < two if ask.sides[0] in ("left", "top") else one > two


def draw(lmd: str, ask: Ask, method: str, seed: int, extra: list[str], out: Path) -> float:
    """Seconds of the whole command. `method` may name a preset: lmd:fast."""
    name, _, preset = method.partition(":")
    chosen = ["--preset", preset] if preset else []
    begun = time.time()
    subprocess.run([lmd, "generate", ask.prompt, "-q", "--planner", "offline", "--method", name, *chosen,
                    "--seed", str(seed), "-o", out, "--overwrite", *extra], check=True, stdout=subprocess.DEVNULL)
    return time.time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lmd", default="target/release/lmd")
    parser.add_argument("--detector", type=Path, default=Path("assets/model/detector"))
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--methods", nargs="+", default=["plain", "lmd"], help="with a preset if wanted: lmd:fast")
    parser.add_argument("--threshold", type=float, default=0.35)
    parser.add_argument("--out", type=Path, help="write the numbers here (JSON)")
    parser.add_argument("--keep", type=Path, help="keep the pictures in this folder")
    parser.add_argument("extra", nargs="*", help="more arguments for lmd, after --")
    arguments = parser.parse_args()
    judge = Detector.open(arguments.detector).to(memory_format=torch.channels_last).eval()
    nouns = [noun.singular for noun in art.load_nouns(judge.nouns)]
    chosen = spread(asks(), arguments.prompts)
    results: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for seed, ask in enumerate(chosen, 1):
            for method in arguments.methods:
                out = folder / f"{seed:03d}-{method.replace(':', '-')}.png"
                seconds = draw(arguments.lmd, ask, method, seed, arguments.extra, out)
                pixels = torch.from_numpy(np.array(Image.open(out).convert("RGB"))).permute(2, 0, 1)[None].float() / 127.5 - 1
                with torch.no_grad():
                    right = is_right(ask, detect(judge, pixels, arguments.threshold)[0], nouns)
                mine = results.setdefault(method, {"seconds": 0.0})
                mine["seconds"] += seconds
                for family in (ask.family, "all"):
                    tally = mine.setdefault(family, [0, 0])
                    tally[0] += right
                    tally[1] += 1
    print(json.dumps(results, indent=2))
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
