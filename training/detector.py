"""Stage `detector`: finds the things in a picture, with noun and colour. It judges our pictures.

A plain convolutional network in the manner of CenterNet (Zhou et al., 2019,
https://arxiv.org/abs/1904.07850): for each cell of a 32x32 grid, how likely a thing is centred there,
which noun, which paint, and its box.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from . import networks
from .drawn import Drawn
from .muon import Both
from .rework import Rework
from .runs import Average, Learner, Run, channels_last, held_out_size, level_rate
from .scenes import art
from .scenes.compose import SIZE, Composer, Scene

CELLS = 32
CELL = SIZE // CELLS
PAINTS = len(art.PAINTS)


@dataclass
class Found:
    """One detection: score, noun and paint (indices), box x, y, w, h in pixels of 256."""

    score: float
    noun: int
    paint: int
    box: tuple[float, float, float, float]


class Block(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x))))))."""

    def __init__(self, width: int):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, width), nn.Conv2d(width, width, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(8, width), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return x + self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))


class Detector(nn.Module):
    """Pictures (n, 3, 256, 256) in [-1,1] to (n, 5 + nouns + paints, 32, 32).

    Channels: centre logit; centre offset x, y in cells; log2 of width and height in cells; noun logits;
    paint logits.
    """

    def __init__(self, nouns: int, widths=(48, 96, 128)):
        super().__init__()
        self.nouns, self.widths = nouns, tuple(widths)
        a, b, c = widths
        self.stem = nn.Conv2d(48, a, 3, stride=2, padding=1)  # on pixels unshuffled by 4: 64x64 to 32x32
        self.fine = nn.Sequential(Block(a), Block(a))
        self.down1 = nn.Conv2d(a, b, 3, stride=2, padding=1)
        self.middle = nn.Sequential(Block(b), Block(b))
        self.down2 = nn.Conv2d(b, c, 3, stride=2, padding=1)
        self.coarse = nn.Sequential(Block(c), Block(c))
        self.up2 = nn.Conv2d(c, b, 1)
        self.merge = Block(b)
        self.up1 = nn.Conv2d(b, b, 1)
        self.side = nn.Conv2d(a, b, 1)
        self.last = Block(b)
        self.norm = nn.GroupNorm(8, b)
        self.head = nn.Conv2d(b, 5 + nouns + PAINTS, 1)
        nn.init.constant_(self.head.bias[0], -4.0)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        fine = self.fine(self.stem(F.pixel_unshuffle(pictures, 4)))
        middle = self.middle(self.down1(fine))
        coarse = self.coarse(self.down2(middle))
        middle = self.merge(middle + F.interpolate(self.up2(coarse), scale_factor=2))
        x = self.last(self.side(fine) + F.interpolate(self.up1(middle), scale_factor=2))
        return self.head(F.silu(self.norm(x)))

    def save(self, folder: Path, dtype=torch.float16) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_file({k: v.to(dtype).contiguous() for k, v in self.state_dict().items()}, folder / "model.safetensors")
        names = [noun.singular for noun in art.load_nouns(self.nouns)]
        (folder / "config.json").write_text(json.dumps(
            {"nouns": names, "paints": ["natural", *art.PAINTS[1:]], "widths": self.widths, "groups": 8}, indent=2))

    @classmethod
    def open(cls, folder: Path) -> "Detector":
        config = json.loads((folder / "config.json").read_text())
        model = cls(len(config["nouns"]), config["widths"])
        model.load_state_dict({k: v.float() for k, v in load_file(folder / "model.safetensors").items()})
        return model.eval()


def targets(scenes: list[Scene]):
    """Heat (n, 32, 32), and for every thing: row, cell y, cell x, box values (4), noun, paint."""
    heat = torch.zeros(len(scenes), CELLS, CELLS)
    line = torch.arange(CELLS) + 0.5
    rows = []
    for row, scene in enumerate(scenes):
        for thing in scene.things:
            x, y, w, h = (v / CELL for v in thing.box)
            cx, cy = x + w / 2, y + h / 2
            spread = max(0.6, 0.08 * (w + h))
            bump = torch.exp(-((line[None] - cx) ** 2 + (line[:, None] - cy) ** 2) / (2 * spread**2))
            i, j = min(CELLS - 1, int(cy)), min(CELLS - 1, int(cx))
            bump[i, j] = 1
            heat[row] = torch.maximum(heat[row], bump)
            values = torch.tensor([cx - j, cy - i, w, h])
            values[2:] = values[2:].log2()
            rows.append((row, i, j, values, thing.noun, thing.paint))
    where = torch.tensor([r[:3] for r in rows]).reshape(-1, 3)
    boxes = torch.stack([r[3] for r in rows]) if rows else torch.zeros(0, 4)
    labels = torch.tensor([r[4:] for r in rows]).reshape(-1, 2)
    return heat, where, boxes, labels


def loss_of(model: Detector, pictures: torch.Tensor, scenes: list[Scene]) -> torch.Tensor:
    heat, where, boxes, labels = (x.to(pictures.device) for x in targets(scenes))
    out = model(pictures).float()
    centre = torch.sigmoid(out[:, 0]).clamp(1e-4, 1 - 1e-4)
    hit = heat == 1
    found = -((1 - centre) ** 2 * centre.log())[hit].sum()
    quiet = -((1 - heat) ** 4 * centre**2 * (1 - centre).log())[~hit].sum()
    at = out[where[:, 0], :, where[:, 1], where[:, 2]]  # (things, channels)
    n = max(1, len(where))
    told = F.cross_entropy(at[:, 5 : 5 + model.nouns], labels[:, 0], reduction="sum")
    told = told + F.cross_entropy(at[:, 5 + model.nouns :], labels[:, 1], reduction="sum")
    return (found + quiet + told + (at[:, 1:5] - boxes).abs().sum()) / n


def spoil(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Blur, noise and exposure like those of generated pictures, for most of the batch."""
    out = pictures.clone()
    for row in range(len(out)):
        draw = torch.rand(3, generator=generator).tolist()
        if draw[0] < 0.6:
            side = int(SIZE / (1.2 + 3 * torch.rand(1, generator=generator).item()))
            small = F.interpolate(out[row : row + 1], (side, side), mode="bilinear", antialias=True)
            out[row : row + 1] = F.interpolate(small, (SIZE, SIZE), mode="bilinear")
        if draw[1] < 0.5:
            out[row] += 0.06 * torch.randn(out[row].shape[-2:], generator=generator).to(out.device)
        if draw[2] < 0.5:
            gain, lift = torch.rand(2, generator=generator).tolist()
            out[row] = out[row] * (0.8 + 0.4 * gain) + 0.2 * (lift - 0.5)
    return out.clamp(-1, 1)


def intersection_over_union(a, b) -> float:
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(w, 0) * max(h, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


@torch.no_grad()
def detect(model: Detector, pictures: torch.Tensor, threshold: float = 0.35) -> list[list[Found]]:
    """Things of each picture (n, 3, 256, 256) in [-1,1], best first."""
    out = model(channels_last(pictures))
    heat = torch.sigmoid(out[:, 0])
    peak = (heat == F.max_pool2d(heat[:, None], 3, 1, 1)[:, 0]) & (heat > threshold)
    results: list[list[Found]] = [[] for _ in pictures]
    for row, i, j in peak.nonzero().tolist():
        v = out[row, :, i, j]
        w, h = (2 ** v[3:5] * CELL).tolist()
        cx, cy = (j + v[1].item()) * CELL, (i + v[2].item()) * CELL
        noun = int(v[5 : 5 + model.nouns].argmax())
        paint = int(v[5 + model.nouns :].argmax())
        results[row].append(Found(heat[row, i, j].item(), noun, paint, (cx - w / 2, cy - h / 2, w, h)))
    return [without_doubles(sorted(found, key=lambda f: -f.score)) for found in results]


def found_at(box, seen: list[Found]) -> Found | None:
    """What was found at this place: the detection whose box overlaps it most, if by at least half."""
    best = max(seen, key=lambda found: intersection_over_union(found.box, box), default=None)
    return best if best and intersection_over_union(best.box, box) >= 0.5 else None


def without_doubles(found: list[Found]) -> list[Found]:
    """Drop boxes that mostly cover a better one."""
    kept: list[Found] = []
    for one in found:
        if all(intersection_over_union(one.box, other.box) < 0.6 for other in kept):
            kept.append(one)
    return kept


def score(model: Detector, composer: Composer, scenes: int, batch: int = 16) -> dict:
    """On fresh scenes: share of things found (box overlap at least half), of found ones with the right
    noun, the right paint, and share of scenes where everything is right and nothing else is seen."""
    things = found = nouns = paints = perfect = done = 0
    while done < scenes:
        made = composer.batch(min(batch, scenes - done))
        done += len(made.scenes)
        for scene, seen in zip(made.scenes, detect(model, made.pictures)):
            matches = 0
            for thing in scene.things:
                best = found_at(thing.box, seen)
                things += 1
                if best:
                    found += 1
                    nouns += best.noun == thing.noun
                    paints += best.paint == thing.paint
                    matches += best.noun == thing.noun and best.paint == thing.paint
            perfect += matches == len(scene.things) == len(seen)
    return {"scenes": scenes, "things": things, "found": found / things, "noun": nouns / max(1, found),
            "paint": paints / max(1, found), "found_and_noun": nouns / things, "perfect_scenes": perfect / scenes}


def train(run: Run, size: networks.Size, steps: int | None = None, resume_from: Path | None = None, painter: Path | None = None,
          reworked: int = 1536, drawn: Path | None = None, struck: Path | None = None) -> None:
    """Train from nothing, from the stage's checkpoint, or from the detector of an exported folder.

    With the exported folder of a `painter`, part of what is seen are `reworked` pictures as that model would draw them
    (rework.py); with `drawn`, what a model drew and was looked at (drawn.py). Half stays composed scenes."""
    steps = steps or size.detector_steps
    torch.manual_seed(5)
    model = Detector.open(resume_from / "detector").train() if resume_from else Detector(size.nouns)
    model = model.to(run.device, memory_format=torch.channels_last)
    average = Average(model, 0.995)
    optimizer = Both(model, [], 1e-3)
    learner = Learner(run, "detector.pt", model, optimizer, average)
    step = learner.step
    composer = Composer(run.art, size.nouns, seed=3000 + 2 * step + run.rank, device=run.device)
    pools = [Rework(run, painter, composer, reworked)] if painter else []
    if drawn:
        lines = struck.read_text().splitlines() if struck else []
        wrong = {int(word) for line in lines for word in line.partition("#")[0].split()}
        pools.append(Drawn(drawn, wrong, lambda picture: detect(average.model, picture, 0.2)))
    part = run.part(size.detector_batch)
    generator = torch.Generator().manual_seed(2 * step + run.rank)
    begun, first, kept = time.time(), step, []
    while step < steps and not run.should_stop():
        optimizer.set_rate(level_rate(step, steps, warm_up=50, cooldown=0.3 * steps))
        made = composer.batch(part // 2 if pools else part)
        pictures, scenes = spoil(made.pictures, generator), made.scenes
        for pool in pools:
            more, theirs = pool.draw(part // 2 // len(pools), generator)
            pictures, scenes = torch.cat([pictures, more.to(pictures.device)]), scenes + theirs
        with run.autocast():
            loss = loss_of(model, channels_last(pictures), scenes)
        step = learner.learn(loss, longest=5.0)
        kept.append(loss.item())
        if step % 25 == 0 or step == steps:
            run.log("detector", step=step, loss=sum(kept) / len(kept), pictures_per_s=(step - first) * size.detector_batch / (time.time() - begun))
            kept = []
        if run.leads and (step % 250 == 0 or step == steps or run.should_stop()):
            learner.save()
            average.model.save(run.path("detector"), torch.float32)
            held_out = Composer(run.art, size.nouns, seed=77, device=run.device)
            scored = score(average.model, held_out, held_out_size(step, steps, size.detector_batch))
            run.log("detector held-out", step=step, **scored)
