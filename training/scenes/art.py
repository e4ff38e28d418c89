"""The art: emoji sprites cut to their outline, and the eleven colours they can be painted in.

Sprites come from the npm package `@lobehub/fluent-emoji-3d` (MIT), one 256x256 RGBA picture per
noun. `load_atlas` returns them in 1 + 11 paints: natural first, then `COLOURS` in order.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

SPRITE = 192  # pixels of the longer side of a stored sprite = the largest object (75 % of 256)

# (dark, hue, light) of each paint: luminance runs from the first over the second to the third.
COLOURS = {
    "red": ((0.36, 0.01, 0.02), (0.86, 0.09, 0.09), (1.00, 0.62, 0.58)),
    "orange": ((0.50, 0.20, 0.00), (0.98, 0.50, 0.04), (1.00, 0.83, 0.56)),
    "yellow": ((0.58, 0.44, 0.02), (0.98, 0.85, 0.10), (1.00, 0.97, 0.70)),
    "green": ((0.02, 0.24, 0.06), (0.13, 0.60, 0.19), (0.66, 0.92, 0.62)),
    "blue": ((0.02, 0.08, 0.36), (0.12, 0.33, 0.88), (0.62, 0.80, 1.00)),
    "purple": ((0.18, 0.03, 0.30), (0.50, 0.17, 0.76), (0.84, 0.66, 0.98)),
    "pink": ((0.60, 0.14, 0.36), (0.99, 0.47, 0.72), (1.00, 0.84, 0.92)),
    "brown": ((0.16, 0.08, 0.03), (0.46, 0.27, 0.13), (0.80, 0.62, 0.46)),
    "black": ((0.01, 0.01, 0.02), (0.10, 0.10, 0.11), (0.44, 0.44, 0.47)),
    "white": ((0.60, 0.60, 0.64), (0.92, 0.92, 0.94), (1.00, 1.00, 1.00)),
    "gray": ((0.20, 0.20, 0.21), (0.50, 0.50, 0.52), (0.82, 0.82, 0.84)),
}
PAINTS = ["", *COLOURS]  # paint 0 is the natural one


@dataclass(frozen=True)
class Noun:
    """One thing that can be drawn: how it is called, and the file that shows it."""

    singular: str
    plural: str
    file: str


def load_nouns(count: int) -> list[Noun]:
    """The first `count` nouns of nouns.txt."""
    lines = Path(__file__).with_name("nouns.txt").read_text().splitlines()
    rows = [line.split("|") for line in lines if line and not line.startswith("#")]
    return [Noun(*row) for row in rows[:count]]


def load_sprite(path: Path) -> torch.Tensor:
    """One emoji cut to its outline, longer side `SPRITE`. Returns RGBA in [0,1], (4, h, w)."""
    rgba = np.asarray(Image.open(path).convert("RGBA"), dtype=np.float32) / 255
    ys, xs = np.nonzero(rgba[..., 3] > 0.1)
    rgba = rgba[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    picture = torch.from_numpy(rgba).permute(2, 0, 1)[None]
    height, width = picture.shape[2:]
    scale = SPRITE / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    alpha = picture[:, 3:]
    out = F.interpolate(torch.cat([picture[:, :3] * alpha, alpha], 1), size, mode="bilinear", antialias=True)
    out[:, :3] /= out[:, 3:].clamp(min=1e-3)
    return out[0].clamp(0, 1)


def paint(sprite: torch.Tensor, colour: str) -> torch.Tensor:
    """Paint a sprite, keeping its shading: the luminance picks from dark over hue to light.

    sprite: (4, h, w) in [0,1]. The median luminance becomes the hue itself, so the whole reads as
    that colour whatever the original was.
    """
    if not colour:
        return sprite
    rgb, alpha = sprite[:3], sprite[3:]
    luminance = (rgb * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)
    low, middle, high = torch.quantile(luminance[alpha[0] > 0.5], torch.tensor([0.03, 0.5, 0.97]))
    below = (luminance - middle) / (middle - low).clamp(min=0.25)
    above = (luminance - middle) / (high - middle).clamp(min=0.25)
    dark, hue, light = (torch.tensor(c)[:, None, None] for c in COLOURS[colour])
    shade = below.clamp(-1, 0)[None]
    shine = above.clamp(0, 1)[None]
    painted = hue + shine * (light - hue) * 0.9 + shade * (hue - dark) * 0.9
    return torch.cat([painted, alpha])


def load_atlas(art: Path, nouns: list[Noun], device="cpu", paints=PAINTS) -> list[list[torch.Tensor]]:
    """All sprites in the paints: atlas[noun][paint] is (4, h, w) uint8, colour not premultiplied."""
    atlas = []
    for noun in nouns:
        sprite = load_sprite(Path(art) / f"{noun.file}.webp")
        painted = [paint(sprite, colour) for colour in paints]
        atlas.append([(p * 255).round().to(torch.uint8).to(device) for p in painted])
    return atlas
