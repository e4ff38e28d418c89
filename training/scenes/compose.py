"""Composes scenes: which objects, where, and the picture itself.

`Composer.batch(n)` returns pictures with captions, boxes and coverage maps. Deciding is plain
Python (a fraction of a millisecond a scene); painting is torch on the given device.
"""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F

from . import art, backgrounds, captions
from .captions import Group, Piece

SIZE = backgrounds.SIZE
MAX_OBJECTS = 6
GRID = 16  # side of the coverage maps
HARD = ("backpack", "car", "cat", "chair", "dog", "bird")  # learnt last, so shown twice as often
UNUSUAL = 0.2  # share of things of any size anywhere; the others come in four sizes on the grid of cells (see `cells`)
USUAL_SIZES = {1: (160, 160, 112, 112, 80), 2: (112, 80), 3: (80,), 4: (64,)}  # pixels of the longer side, by how many there are
CELL = SIZE // GRID  # pixels of a cell of the coverage maps
FLIPPED = 0.15  # share of things that look the other way; half of them would make every shape ambiguous for long


@dataclass
class Thing:
    """One object of a scene. `box`: x, y, w, h in pixels; `group`: which phrase names it."""

    noun: int
    paint: int
    box: tuple[int, int, int, int]
    flip: bool
    group: int


@dataclass
class Scene:
    background: int
    groups: list[Group] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    caption: list[Piece] = field(default_factory=list)


@dataclass
class Batch:
    """pictures: (n, 3, 256, 256) in [-1, 1]; coverage: (n, MAX_OBJECTS, 16, 16) in [0,1], how much of
    each cell shows objects of each group; shown: what each cell shows."""

    pictures: torch.Tensor
    coverage: torch.Tensor
    scenes: list[Scene]
    shown: "Shown"


@dataclass
class Shown:
    """What each cell shows, all (n, 16, 16) but for `part`: noun and paint (indices; -1: the background), the kind of
    background everywhere, and which part of the sprite: (n, 2, 16, 16), the cell's centre from its left and top edge in
    [0,1], before it was flipped."""

    noun: torch.Tensor
    paint: torch.Tensor
    background: torch.Tensor
    part: torch.Tensor


def overlap(a, b) -> float:
    """Shared area over the smaller box."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(w, 0) * max(h, 0) / min(a[2] * a[3], b[2] * b[3])


class Composer:
    """Makes scenes of the first `noun_count` nouns. Same seed, same scenes (on the same device).

    With `only_plan` the scenes are decided but cannot be painted (which loads much less art).
    """

    def __init__(self, art_folder: Path, noun_count: int, seed: int, device: str = "cpu", only_plan: bool = False, single: float = 0.42,
                 largest: int = SIZE):
        """`single`: share of scenes with a single thing; `largest`: pixels of the longer side of any thing."""
        self.nouns = art.load_nouns(noun_count)
        self.atlas = art.load_atlas(art_folder, self.nouns, device, art.PAINTS[:1] if only_plan else art.PAINTS)
        self.often = [*range(noun_count), *(i for i, noun in enumerate(self.nouns) if noun.singular in HARD)]
        self.rng = Random(seed)
        generator = torch.Generator(device).manual_seed(seed)
        self.brush = backgrounds.Brush(generator, device)
        self.device, self.single, self.largest = device, single, largest

    def batch(self, n: int) -> Batch:
        return self.paint([self.plan() for _ in range(n)])

    # -- deciding ---------------------------------------------------------------------------------

    def plan(self) -> Scene:
        """Decide a scene: groups, boxes, caption."""
        rng = self.rng
        background = rng.randrange(len(backgrounds.NAMES))
        for _ in range(20):
            groups = self.choose_groups()
            things = self.place(groups)
            if things is not None:
                break
        else:
            groups, things = [], []
        return Scene(background, groups, things, captions.caption(groups, background, self.nouns, rng))

    def choose_groups(self) -> list[Group]:
        rng = self.rng
        if rng.random() < 0.04:
            return []
        if rng.random() < self.single / 0.96:
            where = rng.choice(["left", "right", "top", "bottom"]) if rng.random() < 0.08 else ""
            return [self.group(1, where)]
        kind = rng.random()
        if kind < 0.26:
            return [self.group(rng.choice([2, 2, 3, 3, 4, 5]))]
        if kind < 0.82:
            pair = rng.choice([("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top"), ("", ""), ("", "")])
            return self.distinct([self.group(1, pair[0]), self.group(1, pair[1])])
        if kind < 0.89:
            return self.distinct([self.group(rng.choice([1, 2])), self.group(rng.choice([2, 1]))])
        return self.distinct([self.group(1) for _ in range(rng.choice([3, 3, 4]))])

    def group(self, count: int, where: str = "") -> Group:
        rng = self.rng
        paint = rng.randrange(1, len(art.PAINTS)) if rng.random() < 0.65 else 0
        return Group(rng.choice(self.often), paint, count, where)

    def distinct(self, groups: list[Group]) -> list[Group]:
        """Groups with different phrases only."""
        return list({(g.noun, g.paint): g for g in groups}.values()) if len(groups) != 2 else (
            groups if (groups[0].noun, groups[0].paint) != (groups[1].noun, groups[1].paint) else groups[:1])

    def place(self, groups: list[Group]) -> list[Thing] | None:
        """Boxes for all objects, with little overlap and the places the groups ask for; None if it fails."""
        rng = self.rng
        total = sum(group.count for group in groups)
        things: list[Thing] = []
        for index, group in enumerate(groups):
            usual = rng.random() >= UNUSUAL
            size = self.size(total, usual)
            for _ in range(group.count):
                shape = self.atlas[group.noun][0].shape[1:]
                for _ in range(30):
                    scale = size / art.SPRITE * (1 if usual else rng.uniform(0.97, 1.03))
                    h = min(SIZE, max(8, round(shape[0] * scale)))
                    w = min(SIZE, max(8, round(shape[1] * scale)))
                    y = rng.randint(0, SIZE - h)
                    if not group.where and rng.random() < 0.5:  # most things stand low
                        y = max(y, rng.randint(0, SIZE - h))
                    x = rng.randint(0, SIZE - w)
                    box = (self.cells(x, w), self.cells(y, h), w, h) if usual else (x, y, w, h)
                    if self.fits(box, group.where, len(groups)) and all(overlap(box, t.box) < 0.12 for t in things):
                        things.append(Thing(group.noun, group.paint, box, rng.random() < FLIPPED, index))
                        break
                else:
                    return None
        return things

    @staticmethod
    def cells(at: int, length: int) -> int:
        """The place nearest to `at` where a thing of this length begins with a cell of the latents. A thing there always has
        the same latents: a shift by less than a cell changes all of them, and each would have to be learnt."""
        return min(round(at / CELL), (SIZE - length) // CELL) * CELL

    def size(self, total: int, usual: bool) -> float:
        """Pixels of the longer side of each of `total` things."""
        if usual:
            sizes = USUAL_SIZES[min(total, 4)]
            return self.rng.choice([size for size in sizes if size <= self.largest])
        low, high = {1: (0.30, 0.75), 2: (0.28, 0.52), 3: (0.22, 0.42)}.get(total, (0.12, 0.34))
        return self.rng.uniform(SIZE * low, min(SIZE * high, self.largest / 1.03))

    @staticmethod
    def fits(box, where: str, groups: int) -> bool:
        """Is the box's centre where the caption says?"""
        cx, cy = (box[0] + box[2] / 2) / SIZE, (box[1] + box[3] / 2) / SIZE
        limit = 0.46 if groups > 1 else 0.42
        return {"left": cx < limit, "right": cx > 1 - limit, "top": cy < limit, "bottom": cy > 1 - limit}.get(where, True)

    # -- painting ---------------------------------------------------------------------------------

    def drawn(self, scenes: list[Scene]) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (n, 3, S, S) in [-1,1], and how much of each pixel shows each object (n, MAX_OBJECTS, S, S). Objects are
        drawn back to front: the one whose feet are highest first."""
        kinds = torch.tensor([scene.background for scene in scenes])
        pictures, horizons = backgrounds.paint_backgrounds(kinds, self.brush)
        horizons = horizons.tolist()
        each = torch.zeros(len(scenes), MAX_OBJECTS, SIZE, SIZE, device=self.device)
        for row, scene in enumerate(scenes):
            order = sorted(range(len(scene.things)), key=lambda i: scene.things[i].box[1] + scene.things[i].box[3])
            for index in order:
                self.draw(pictures[row], each[row], index, scene.things[index], horizons[row])
        return pictures * 2 - 1, each

    def paint(self, scenes: list[Scene]) -> Batch:
        """Paint scenes."""
        pictures, each = self.drawn(scenes)
        each = F.avg_pool2d(each, CELL).clamp(0, 1)
        coverage = torch.zeros_like(each)
        for row, scene in enumerate(scenes):
            for index, thing in enumerate(scene.things):
                coverage[row, thing.group] += each[row, index]
        return Batch(pictures, coverage, scenes, shown(scenes, each))

    def draw(self, picture: torch.Tensor, each: torch.Tensor, index: int, thing: Thing, horizon: float) -> None:
        """Draw one object with its shadow into picture (3, S, S) and what is seen of each (MAX_OBJECTS, S, S)."""
        x, y, w, h = thing.box
        if (y + h) / SIZE > horizon:
            self.shadow(picture, thing.box)
        sprite = self.atlas[thing.noun][thing.paint].float()[None] / 255
        sprite = F.interpolate(sprite, (h, w), mode="bilinear", antialias=True)[0]
        if thing.flip:
            sprite = sprite.flip(2)
        rgb, alpha = sprite[:3], sprite[3:]
        area = picture[:, y : y + h, x : x + w]
        area += (rgb - area) * alpha
        there = each[:, y : y + h, x : x + w]
        there *= 1 - alpha
        there[index] += alpha[0]

    def shadow(self, picture: torch.Tensor, box) -> None:
        """A soft dark ellipse under the feet."""
        x, y, w, h = box
        rx, ry = 0.62 * w, max(4.0, 0.14 * w)
        cx, cy = x + w / 2, y + h - 0.03 * h
        x0, x1 = max(0, int(cx - rx)), min(SIZE, int(cx + rx) + 1)
        y0, y1 = max(0, int(cy - ry)), min(SIZE, int(cy + ry) + 1)
        line = torch.arange(SIZE, device=self.device)
        far = ((line[None, x0:x1] - cx) / rx) ** 2 + ((line[y0:y1, None] - cy) / ry) ** 2
        picture[:, y0:y1, x0:x1] *= 1 - 0.45 * (1 - far).clamp(0, 1)


class CloseUp(Composer):
    """Scenes of one thing without a place, small enough to be seen whole in a crop of CROP x CROP cells."""

    CROP = 8

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named, single=0.96, largest=(self.CROP - 1) * CELL)

    def plan(self) -> Scene:
        while True:
            scene = super().plan()
            if len(scene.things) == 1 and not scene.groups[0].where:
                return scene

    def window(self, scene: Scene) -> tuple[int, int]:
        """Column and row of the first cell of a crop that shows the whole thing."""
        x, y, w, h = scene.things[0].box
        first = lambda at, length: self.rng.randint(max(0, -(-(at + length) // CELL) - self.CROP), min(at // CELL, GRID - self.CROP))
        return first(x, w), first(y, h)


def shown(scenes: list[Scene], each: torch.Tensor) -> Shown:
    """What each cell shows: the thing of which most is seen there, if it is a fifth of the cell. each: (n, MAX_OBJECTS, 16, 16)."""
    most, which = each.max(1)
    which = torch.where(most > 0.2, which, -1)
    noun, paint = torch.full_like(which, -1), torch.full_like(which, -1)
    part = torch.zeros(len(scenes), 2, GRID, GRID, device=each.device)
    line = (torch.arange(GRID, device=each.device) + 0.5) * CELL
    for row, scene in enumerate(scenes):
        for index, thing in enumerate(scene.things):
            here = which[row] == index
            noun[row][here], paint[row][here] = thing.noun, thing.paint
            x, y, w, h = thing.box
            across, down = ((line - x) / w).clamp(0, 1).expand(GRID, GRID), ((line - y) / h).clamp(0, 1)[:, None].expand(GRID, GRID)
            part[row, 0][here], part[row, 1][here] = (1 - across if thing.flip else across)[here], down[here]
    background = torch.tensor([scene.background for scene in scenes], device=each.device)
    return Shown(noun, paint, background[:, None, None].expand_as(noun), part)
