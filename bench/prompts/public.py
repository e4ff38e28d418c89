"""How many prompts of public benchmarks the offline planner lays out right.

    python bench/prompts/public.py target/release/lmd geneval evaluation_metadata.jsonl   # djghosh13/geneval, prompts/
    python bench/prompts/public.py target/release/lmd spatial spatial_val.txt             # Karine-Huang/T2I-CompBench, examples/dataset/
    python bench/prompts/public.py target/release/lmd 3d_spatial 3d_spatial_val.txt
    python bench/prompts/public.py target/release/lmd numeracy numeracy_val.txt

Facts come from the benchmark: GenEval's metadata, the forms of T2I-CompBench's sentences ("a X on the left of a Y", "two X and three
Y"; a clause behind the last noun, as in "four ducks quacked by the pond", is left out). A layout is right when every thing is there in its
number, colour and place, and, in all but numeracy, nothing else is. Wrong ones are printed: `T` with a warning of the planner, `S` in silence.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

NUMBERS = dict(zip("a an one two three four five six seven eight nine ten".split(), [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
IRREGULAR = {"men": "man", "women": "woman", "people": "person", "mice": "mouse", "geese": "goose", "knives": "knife", "loaves": "loaf",
             "leaves": "leaf", "children": "child", "wolves": "wolf", "shelves": "shelf", "scarves": "scarf", "skis": "ski"}
RELATIONS = {"on the left of": (0, -1), "on the right of": (0, 1), "on the top of": (1, -1), "on the bottom of": (1, 1), "left of": (0, -1),
             "right of": (0, 1), "above": (1, -1), "below": (1, 1)}
BESIDE = ["next to", "near", "on side of", "on the side of", "in front of", "behind", "hidden by"]


def forms(word: str) -> set[str]:
    """A word and what its singular may be."""
    found = {word, IRREGULAR.get(word, word)}
    if word.endswith("ies"):
        found.add(word[:-3] + "y")
    if word.endswith("es"):
        found.add(word[:-2])
    if word.endswith("s") and not word.endswith("ss"):
        found.add(word[:-1])
    return found


def names(caption: str, phrase: str) -> bool:
    words = set().union(*(forms(word) for word in re.findall(r"[a-z0-9]+", caption.lower())))
    return all(forms(word) & words for word in re.findall(r"[a-z0-9]+", phrase.lower()))


def center(thing: dict) -> tuple[float, float]:
    x, y, width, height = thing["box"]
    return x + width / 2, y + height / 2


def wrong(things: list[dict], counts: list[tuple[str, int]], relations: list[tuple[int, str, int]], only: bool = True) -> list[str]:
    """What a layout has wrong: counts of phrases, relations between them by their places in `counts`, and what else is there."""
    found = [[thing for thing in things if names(thing["caption"], phrase)] for phrase, _ in counts]
    faults = [f"{phrase}: {len(those)}, not {count}" for (phrase, count), those in zip(counts, found) if len(those) != count]
    if only and sum(map(len, found)) != len(things):
        faults.append(f"{len(things)} things in all")
    for subject, relation, other in relations:
        if relation in RELATIONS and found[subject] and found[other]:
            axis, sign = RELATIONS[relation]
            if sign * (center(found[subject][0])[axis] - center(found[other][0])[axis]) <= 0:
                faults.append(f"not {relation}")
    return faults


def facts(kind: str, line: str):
    """The prompt of a line of the benchmark, its counts and its relations; nothing where the line has no such form."""
    if kind == "geneval":
        told = json.loads(line)
        counts = [(" ".join(filter(None, [thing.get("color"), thing["class"]])), thing["count"]) for thing in told["include"]]
        relations = [(at, thing["position"][0], thing["position"][1]) for at, thing in enumerate(told["include"]) if "position" in thing]
        return told["prompt"], counts, relations
    prompt = line.strip()
    bare = prompt.strip(". ").lower()
    if kind == "numeracy":
        counts = []
        for part in re.split(r", and |, | and ", bare):
            number, _, noun = part.partition(" ")
            if number not in NUMBERS or not noun:
                return None
            counts.append((noun.split(" ")[0] if noun.count(" ") > 1 else noun, NUMBERS[number]))
        return prompt, counts, []
    for relation in [*list(RELATIONS)[:4], *BESIDE]:
        if match := re.fullmatch(rf"(?:an?|the)? ?(.+?) {relation} (?:an?|the)? ?(.+)", bare):
            same = match[1] == match[2]
            return prompt, [(match[1], 2)] if same else [(match[1], 1), (match[2], 1)], [] if same else [(0, relation, 1)]
    return None


def main() -> None:
    program, kind, file = sys.argv[1:4]
    right = silent = total = 0
    for line in Path(file).read_text().splitlines():
        told = facts(kind, line) if line.strip() else None
        if told is None:
            continue
        prompt, counts, relations = told
        total += 1
        done = subprocess.run([program, "layout", prompt, "--planner", "offline", "--json"], capture_output=True, text=True)
        things = json.loads(done.stdout)["objects"] if done.returncode == 0 else []
        faults = wrong(things, counts, relations, only=kind != "numeracy")
        right += not faults
        silent += bool(faults) and not done.stderr.strip()
        if faults:
            print("T" if done.stderr.strip() else "S", prompt, faults)
    print(f"{kind}: {right} of {total} right; {silent} wrong without a word")


if __name__ == "__main__":
    main()
