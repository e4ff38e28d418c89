"""Writes the suites of `lmd bench pictures` (docs/suites.md) into crates/lmd-eval/data/suites.

    python bench/suites/make.py --geneval FOLDER

`paper`: the 400 prompts of LMD (arXiv:2305.13655, section 4.1), as the reference draws them with NumPy's generator.
`demo`: 200 prompts of the bundled world; nouns and colours are those of the bundled detector, backgrounds those of
`training/scenes`. `geneval`: the 553 prompts of GenEval (arXiv:2310.11513), exactly the lines of
`prompts/evaluation_metadata.jsonl` in github.com/djghosh13/geneval, whose folder is given.
"""

import argparse
import json
import sys
from pathlib import Path
from random import Random

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "crates/lmd-eval/data/suites"
CLASSES = ["backpack", "book", "bottle", "bowl", "car", "cat", "chair", "cup", "dog", "laptop"]
COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray"]
NUMBERS = ["one", "two", "three", "four", "five"]
SIDES = [("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top")]
RELATIONS = {"left": "left of", "right": "right of", "top": "above", "bottom": "below"}


def a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def negation(prefix, noun, plural):
    return {"tag": "negation", "include": [], "exclude": [{"class": noun, "count": 1}], "prompt": f"{prefix} without {plural}"}


def numeracy(prefix, n, noun, plural):
    return {"tag": "numeracy", "include": [{"class": noun, "count": n}], "exclude": [{"class": noun, "count": n + 1}],
            "prompt": f"{prefix} with {NUMBERS[n - 1]} {noun if n == 1 else plural}"}


def attribution(prefix, colours, nouns):
    include = [{"class": noun, "count": 1, "color": colour} for colour, noun in zip(colours, nouns)]
    one, two = (f"{a(colour)} {noun}" for colour, noun in zip(colours, nouns))
    return {"tag": "attribution", "include": include, "prompt": f"{prefix} with {one} and {two}"}


def spatial(prefix, nouns, sides):
    include = [{"class": nouns[0], "count": 1}, {"class": nouns[1], "count": 1, "position": [RELATIONS[sides[1]], 0]}]
    return {"tag": "spatial", "include": include,
            "prompt": f"{prefix} with {a(nouns[0])} on the {sides[0]} and {a(nouns[1])} on the {sides[1]}"}


def paper():
    prefix = "A realistic photo of a scene"
    for noun in CLASSES:
        yield from [negation(prefix, noun, noun + "s")] * 10
    for n in range(1, 6):
        for noun in CLASSES:
            yield from [numeracy(prefix, n, noun, noun + "s")] * 2
    for i in range(100):
        np.random.seed(i)
        colours = [str(word) for word in np.random.choice(COLOURS, size=2, replace=False)]
        yield attribution(prefix, colours, [str(word) for word in np.random.choice(CLASSES, size=2, replace=False)])
    for i in range(25):
        np.random.seed(i)
        for sides in SIDES:
            yield spatial(prefix, [str(word) for word in np.random.choice(CLASSES, size=2, replace=False)], sides)


def demo():
    sys.path.insert(0, str(ROOT))
    from training.scenes.art import load_nouns
    from training.scenes.backgrounds import BACKGROUNDS

    config = json.loads((ROOT / "assets/model/detector/config.json").read_text())
    nouns = config["nouns"]
    plurals = {noun.singular: noun.plural for noun in load_nouns(len(nouns))}
    colours = [paint for paint in config["paints"] if paint != "natural"]
    # A table is a thing that planners rightly give a box.
    places = [names[0] for kind, (_, names, _) in BACKGROUNDS.items() if kind != "table top"]
    rng = Random(2305)
    place = lambda i: f"A realistic photo of {places[i % len(places)]}"
    # Trees are part of a forest, houses of a street, whatever is asked for.
    part_of_it = {"a forest": {"tree"}, "a street": {"house", "car"}}

    def draw(i, count):
        allowed = [noun for noun in nouns if noun not in part_of_it.get(places[i % len(places)], ())]
        return rng.sample(allowed, count)

    for i in range(50):
        noun = draw(i, 1)[0]
        yield negation(place(i), noun, plurals[noun])
    for i in range(50):
        noun = draw(i, 1)[0]
        yield numeracy(place(i), 1 + i % 5, noun, plurals[noun])
    for i in range(50):
        yield attribution(place(i), rng.sample(colours, 2), draw(i, 2))
    for i in range(50):
        yield spatial(place(i), draw(i, 2), SIDES[i % 4])


def write(head: dict, lines: list[str]) -> None:
    path = OUT / f"{head['suite']}.jsonl"
    path.write_text("\n".join([json.dumps(head), *lines]) + "\n")
    print(path.name, len(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--geneval", type=Path, help="folder of github.com/djghosh13/geneval")
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    write({"suite": "paper", "title": "The 400 prompts of LLM-grounded Diffusion", "rules": "lmd",
           "source": "arXiv:2305.13655, section 4.1; generated as the authors' code does", "licence": "facts; generated by this project"},
          [json.dumps(task) for task in paper()])
    write({"suite": "demo", "title": "200 prompts of the bundled world", "rules": "lmd",
           "source": "this project, bench/suites/make.py", "licence": "MIT OR Apache-2.0"},
          [json.dumps(task) for task in demo()])
    if arguments.geneval:
        lines = (arguments.geneval / "prompts/evaluation_metadata.jsonl").read_text().splitlines()
        write({"suite": "geneval", "title": "The 553 prompts of GenEval", "rules": "geneval",
               "source": "arXiv:2310.11513; github.com/djghosh13/geneval, prompts/evaluation_metadata.jsonl at af4902f24d3c",
               "licence": "MIT, Copyright (c) 2023 Dhruba Ghosh"}, lines)


if __name__ == "__main__":
    main()
