"""Encoded scenes, used a few times each: composing and encoding would else cost a third of the work."""

from collections.abc import Callable

import torch

from .runs import channels_last
from .scenes.compose import Batch, Composer
from .tokenizer import Words

Tensors = dict[str, torch.Tensor]


@torch.no_grad()
def encoded(batch: Batch, autoencoder, words: Words) -> Tensors:
    """What the U-Net learns from: latents (n, 4, 32, 32), scaled; ids (n, 77); groups (n, 77): which group each
    token names or -1; coverage (n, MAX_OBJECTS, 16, 16) in [0,1]."""
    latents = autoencoder.encoder(channels_last(batch.pictures)) * autoencoder.config.scaling_factor
    told = [words.encode(scene.caption)[:2] for scene in batch.scenes]
    ids, groups = (torch.tensor([row[i] for row in told], device=latents.device) for i in (0, 1))
    return {"latents": latents, "ids": ids, "groups": groups, "coverage": batch.coverage}


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
