"""What each cell of 16x16 pixels shows, told from features in the middle of the U-Net.

The composer knows exactly which noun, which paint, which part of the sprite and which background a cell shows. A small head
that has to tell it teaches the features below it what things look like sooner than noise alone. It is thrown away after
training.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .scenes import art
from .scenes.backgrounds import NAMES
from .scenes.compose import Shown

PAINTS = len(art.PAINTS)


class Listener:
    """Keeps what the 16x16 level of the way up has made: features (n, width, 16, 16), before they are made larger."""

    def __init__(self, unet: nn.Module):
        self.heard = None
        unet.up_blocks[1].upsamplers[0].register_forward_pre_hook(self.listen)

    def listen(self, module, inputs):
        self.heard = inputs[0]


class Told(nn.Module):
    """The head, on features (n, channels, 16, 16)."""

    def __init__(self, channels: int, nouns: int, hidden: int = 128):
        super().__init__()
        self.nouns = nouns
        self.body = nn.Sequential(nn.Conv2d(channels, hidden, 1), nn.SiLU(), nn.Conv2d(hidden, nouns + 1 + PAINTS + len(NAMES) + 2, 1))

    def loss(self, features: torch.Tensor, shown: Shown, weight: torch.Tensor) -> torch.Tensor:
        """Cross-entropies of noun, paint and background, and L1 of the part; each picture with its weight (n,)."""
        out = self.body(features).float()
        noun, paint, background, part = out.split([self.nouns + 1, PAINTS, len(NAMES), 2], 1)
        thing = (shown.noun >= 0).float()
        each = F.cross_entropy(noun, torch.where(shown.noun < 0, self.nouns, shown.noun), reduction="none") * (0.3 + 2 * thing)
        each = each + 2 * thing * F.cross_entropy(paint, shown.paint.clamp(min=0), reduction="none")
        each = each + 6 * thing * (part - shown.part).abs().mean(1) + 0.3 * F.cross_entropy(background, shown.background, reduction="none")
        return (each.mean((1, 2)) * weight).mean()
