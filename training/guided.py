"""`python -m training.guided --bench FOLDER --suite FILE`: what lmd drew of layouts, for the detector to learn from.

`lmd bench pictures` on prompts that no benchmark holds (`bench/suites/make.py --practice`) leaves pictures and their layouts in
FOLDER. Where the detector finds what the layout says and nothing else, the picture is right. All others come onto numbered sheets
OUT-1.png …: green is what both say, red what the layout alone says, blue what the detector alone says. Whoever looks at them
writes the numbers of those on which exactly the layout's things are to be seen, divided by spaces, into a file (`--kept`); all
other pictures of the sheets are left out. What is said to be where is the detector's box where it has one, else the layout's.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from .detector import Detector, Found, detect, intersection_over_union
from .runs import channels_last
from .scenes import art
from .scenes.compose import SIZE, Scene, Thing

SAME = 0.1  # intersection over union from which a box of the layout and one of the detector are of one thing: lmd draws smaller than its boxes
A_SHEET = 48  # pictures
GREEN, RED, BLUE = (0, 200, 0), (255, 0, 0), (60, 120, 255)


class Said:
    """A picture with what its layout and the detector say: `both` with the detector's box, `layout` and `detector` alone."""

    def __init__(self, prompt: str, picture: np.ndarray, wanted: list[Thing], found: list[Found]):
        self.prompt, self.picture = prompt, picture
        left, self.both, self.layout = list(found), [], []
        for thing in wanted:
            match = max((f for f in left if f.noun == thing.noun), key=lambda f: intersection_over_union(f.box, thing.box), default=None)
            if match and intersection_over_union(match.box, thing.box) >= SAME:
                left.remove(match)
                # A colour that is not told may be any; what the detector sees of it says nothing against the layout.
                told = not thing.paint or match.paint == thing.paint
                (self.both if told else self.layout).append(Thing(thing.noun, thing.paint, tuple(match.box), False, 0))
            else:
                self.layout.append(thing)
        self.detector = [Thing(f.noun, f.paint, tuple(f.box), False, 0) for f in left]

    def agreed(self) -> bool:
        return not self.layout and not self.detector

    def scene(self) -> Scene:
        return Scene(0, things=self.both + self.layout)


def wanted(layout: dict, nouns: dict[str, int]) -> list[Thing]:
    """The things of a layout whose captions end with a noun of the bundled world and may hold a colour."""
    things = []
    for one in layout["objects"]:
        words = one["caption"].split()
        paint = next((art.PAINTS.index(word) for word in words if word in art.PAINTS), 0)
        things.append(Thing(nouns[words[-1]], paint, tuple(side * SIZE for side in one["box"]), False, 0))
    return things


def read(bench: Path, suite: Path, detector: Detector) -> list[Said]:
    """All pictures of a benchmark's first column, in its order."""
    report = json.loads((bench / "report.json").read_text())
    layouts = {record["prompt"]: record for record in (json.loads(file.read_text()) for file in sorted((bench / "layouts").glob("*.json")))}
    prompts = [json.loads(line)["prompt"] for line in suite.read_text().splitlines()[1:]]
    nouns = {noun.singular: k for k, noun in enumerate(art.load_nouns(detector.nouns))}
    said = []
    for sample in report["samples"]:
        layout, file = layouts[prompts[sample["prompt"]]]["layout"], bench / sample["picture"]
        if sample["column"] or not layout or not file.is_file():
            continue
        picture = np.asarray(Image.open(file).convert("RGB"))
        pixels = torch.tensor(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
        said.append(Said(prompts[sample["prompt"]], picture, wanted(layout, nouns), detect(detector, channels_last(pixels))[0]))
    return said


def sheets(numbered: list[tuple[int, Said]], out: Path) -> None:
    for page, first in enumerate(range(0, len(numbered), A_SHEET)):
        part = numbered[first : first + A_SHEET]
        sheet = Image.new("RGB", (8 * 160, -(-len(part) // 8) * 174), "white")
        draw = ImageDraw.Draw(sheet)
        for k, (number, one) in enumerate(part):
            small = Image.fromarray(one.picture).resize((156, 156))
            pen, scale = ImageDraw.Draw(small), 156 / SIZE
            for colour, things in ((GREEN, one.both), (RED, one.layout), (BLUE, one.detector)):
                for x, y, w, h in (thing.box for thing in things):
                    pen.rectangle([x * scale, y * scale, (x + w) * scale, (y + h) * scale], outline=colour)
            x, y = 160 * (k % 8), 174 * (k // 8)
            draw.text((x + 2, y + 2), f"{number} {one.prompt.split(' with ')[-1][:24]}", fill="black")
            sheet.paste(small, (x, y + 16))
        sheet.save(out.with_name(f"{out.stem}-{page + 1}.png"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True, help="the folder of `lmd bench pictures`")
    parser.add_argument("--suite", type=Path, required=True, help="the prompts it was given")
    parser.add_argument("--detector", type=Path, default=Path("assets/model/detector"))
    parser.add_argument("--kept", type=Path, help="the numbers of those of the sheets that are as the layout says")
    parser.add_argument("--out", type=Path, required=True, help="the file to write; the sheets go beside it")
    arguments = parser.parse_args()
    said = read(arguments.bench, arguments.suite, Detector.open(arguments.detector))
    open_ones = [(number, one) for number, one in enumerate(said) if not one.agreed()]
    sheets(open_ones, arguments.out)
    lines = arguments.kept.read_text().splitlines() if arguments.kept else []
    kept = {int(word) for line in lines for word in line.partition("#")[0].split()}
    right = [one for number, one in enumerate(said) if one.agreed() or number in kept]
    state = {"pictures": torch.tensor(np.stack([one.picture for one in right])).permute(0, 3, 1, 2).contiguous(), "scenes": [one.scene() for one in right]}
    torch.save(state, arguments.out)
    print(f"{len(said)} pictures, {len(open_ones)} on sheets, {len(right)} to learn from", flush=True)


if __name__ == "__main__":
    main()
