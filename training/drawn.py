"""`python -m training.drawn`: pictures that the model draws of single things, to be looked at.

Writes DRAWN.pt and sheets DRAWN-1.png … with eight pictures a row, in the order of the nouns. Whoever looks at them writes the
numbers of those that do not show their noun, divided by spaces, into a file; the detector learns from the others (`--stage detector
--drawn DRAWN.pt --struck FILE`). The model's own word for what it drew is never taken.
"""

import argparse
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from .diffusion import sample
from .folder import Folder
from .rework import quantised
from .runs import channels_last
from .scenes import art
from .scenes.compose import Composer, Scene, Thing

BATCH = 32
GUIDANCE = (4.0, 5.0, 6.0)
A_SHEET = 64  # pictures


def planned(art_folder: Path, nouns: int, each: int, seed: int) -> list[Scene]:
    """Scenes of a single thing, `each` of every noun, in the order of the nouns."""
    composer = Composer(art_folder, nouns, seed=seed, only_plan=True, single=0.96)
    by_noun: list[list[Scene]] = [[] for _ in range(nouns)]
    while any(len(scenes) < each for scenes in by_noun):
        scene = composer.plan()
        if len(scene.groups) == 1 and scene.groups[0].count == 1:
            by_noun[scene.groups[0].noun].append(scene)
    return [scene for scenes in by_noun for scene in scenes[:each]]


class Drawn:
    """The pictures that show what they should, with the boxes a detector sees in them."""

    def __init__(self, file: Path, struck: set[int], boxes_of):
        state = torch.load(file, weights_only=True)
        kept = [k for k in range(len(state["nouns"])) if k not in struck]
        self.pictures = state["pictures"][kept]
        self.scenes = []
        for k, part in zip(kept, self.pictures.float().div(127.5).sub(1).split(1)):
            found = boxes_of(channels_last(part))[0]
            # Every copy counts: what is left out would be learnt as background.
            things = [Thing(state["nouns"][k], state["paints"][k], tuple(one.box), False, 0) for one in found]
            self.scenes.append(Scene(0, things=things))

    def draw(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, list[Scene]]:
        """n of them, mirrored or not, as pictures in [-1,1] and scenes."""
        rows = torch.randint(len(self.scenes), (n,), generator=generator)
        flips = (torch.rand(n, generator=generator) < 0.5).tolist()
        pictures, scenes = self.pictures[rows].float() / 127.5 - 1, []
        for at, (row, flip) in enumerate(zip(rows.tolist(), flips)):
            scene = self.scenes[row]
            if flip:
                pictures[at] = pictures[at].flip(2)
                scene = Scene(0, things=[Thing(t.noun, t.paint, (pictures.shape[3] - t.box[0] - t.box[2], *t.box[1:]), True, 0) for t in scene.things])
            scenes.append(scene)
        return pictures, scenes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/model"))
    parser.add_argument("--art", type=Path, required=True, help="folder of @lobehub/fluent-emoji-3d's pictures (package/assets)")
    parser.add_argument("--nouns", type=int, default=32)
    parser.add_argument("--each", type=int, default=14, help="pictures of every noun")
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True, help="the file to write; the sheets go beside it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = Folder(arguments.model)
    scenes = planned(arguments.art, arguments.nouns, arguments.each, arguments.seed)
    drawn = []
    for first in range(0, len(scenes), BATCH):
        ids = torch.tensor([model.words.encode(scene.caption)[0] for scene in scenes[first : first + BATCH]])
        seed = arguments.seed + first
        with torch.no_grad():
            pictures = sample(model, model.vae, ids, model.words.batch([""]), 25, Random(seed).choice(GUIDANCE), seed, scheduler=model.scheduler)
        drawn.append(quantised(pictures))
        print(f"{first + len(ids)} of {len(scenes)}", flush=True)
    things = [scene.groups[0] for scene in scenes]
    state = {"pictures": torch.cat(drawn), "nouns": [t.noun for t in things], "paints": [t.paint for t in things]}
    torch.save(state, arguments.out)
    sheets(state, arguments.out)


def sheets(state: dict, out: Path) -> None:
    """Numbered sheets of the pictures, the noun over each."""
    names = [noun.singular for noun in art.load_nouns(max(state["nouns"]) + 1)]
    small = F.avg_pool2d(state["pictures"].float(), 2).byte()
    for page, first in enumerate(range(0, len(small), A_SHEET)):
        part = small[first : first + A_SHEET]
        page_picture = Image.new("RGB", (8 * 132, -(-len(part) // 8) * 146), "white")
        draw = ImageDraw.Draw(page_picture)
        for k, picture in enumerate(part):
            x, y = 132 * (k % 8), 146 * (k // 8)
            draw.text((x + 2, y + 2), f"{first + k} {names[state['nouns'][first + k]]}", fill="black")
            page_picture.paste(Image.fromarray(picture.permute(1, 2, 0).numpy()), (x, y + 16))
        page_picture.save(out.with_name(f"{out.stem}-{page + 1}.png"))


if __name__ == "__main__":
    main()
