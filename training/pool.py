"""Encoded scenes, used a few times each: composing and encoding would else cost a third of the work."""

from collections.abc import Callable

import torch

from .runs import channels_last, half_is_fast
from .scenes.compose import GRID, Batch, CloseUp, Composer
from .tokenizer import Words

Tensors = dict[str, torch.Tensor]


@torch.no_grad()
def encoded(batch: Batch, autoencoder, words: Words) -> Tensors:
    """What the U-Net learns from: latents (n, 4, 32, 32), scaled; ids (n, 77); groups (n, 77): which group each
    token names or -1; coverage (n, MAX_OBJECTS, 16, 16) in [0,1]; and what each cell shows (compose.Shown)."""
    device = batch.pictures.device.type
    with torch.autocast(device, torch.bfloat16, enabled=half_is_fast(device)):
        latents = autoencoder.encoder(channels_last(batch.pictures)).float() * autoencoder.config.scaling_factor
    told = [words.encode(scene.caption)[:2] for scene in batch.scenes]
    ids, groups = (torch.tensor([row[i] for row in told], device=latents.device) for i in (0, 1))
    return {"latents": latents, "ids": ids, "groups": groups, "coverage": batch.coverage} | vars(batch.shown)


def close_up(batch: Batch, tensors: Tensors, composer: CloseUp) -> Tensors:
    """Crops of encoded scenes: of latents (n, 4, 16, 16), and of all that is told of cells (n, ..., 8, 8)."""
    side, out = composer.CROP, {name: [] for name in tensors}
    for row, scene in enumerate(batch.scenes):
        x, y = composer.window(scene)
        for name, values in tensors.items():
            value = values[row]
            if name not in ("ids", "groups"):
                k = value.shape[-1] // GRID
                value = value[..., k * y : k * (y + side), k * x : k * (x + side)]
            out[name].append(value)
    return {name: torch.stack(values) for name, values in out.items()}


class Pool:
    """A ring of encoded scenes: fresh ones, 1 for every `reuse` drawn, replace the oldest; batches are drawn from all."""

    def __init__(self, composer: Composer, encode: Callable[[Batch], Tensors], capacity: int, reuse: int):
        self.composer, self.encode, self.capacity, self.reuse = composer, encode, capacity, reuse
        self.held: Tensors = {}
        self.made, self.owed = 0, 0.0

    def add(self, n: int) -> None:
        """Compose, encode and store n scenes."""
        fresh = self.encode(self.composer.batch(n))
        at = torch.arange(self.made, self.made + n) % self.capacity
        for name, values in fresh.items():
            if name not in self.held:
                self.held[name] = values.new_empty(self.capacity, *values.shape[1:])
            self.held[name][at.to(values.device)] = values
        self.made += n

    def draw(self, n: int) -> Tensors:
        """A batch of n. Adds n / reuse fresh scenes first."""
        self.owed += n / self.reuse
        if self.owed >= 8 or self.made < n:
            fresh = max(int(self.owed), n - self.made)
            self.add(fresh)
            self.owed -= int(self.owed)
        pick = torch.randint(0, min(self.made, self.capacity), (n,))
        return {name: values[pick.to(values.device)] for name, values in self.held.items()}
