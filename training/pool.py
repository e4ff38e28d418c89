"""Encoded scenes, used a few times each: composing and encoding would else cost a third of the work."""

import torch

from .networks import LATENT_CHANNELS, LATENT_SIDE, TOKENS
from .runs import channels_last
from .scenes.compose import GRID, MAX_OBJECTS, Composer
from .tokenizer import Words


class Pool:
    """A ring of encoded scenes. Each step some fresh ones replace the oldest; batches are drawn from all.

    latents (n, 4, 32, 32), scaled; ids (n, 77); groups (n, 77): which group each token names or -1;
    coverage (n, MAX_OBJECTS, 16, 16) in [0,1].
    """

    def __init__(self, composer: Composer, autoencoder, words: Words, capacity: int, reuse: int, device: str):
        self.composer, self.autoencoder, self.words = composer, autoencoder, words
        self.capacity, self.reuse, self.device = capacity, reuse, device
        self.latents = torch.empty(capacity, LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE, device=device)
        self.ids = torch.empty(capacity, TOKENS, dtype=torch.long, device=device)
        self.groups = torch.empty(capacity, TOKENS, dtype=torch.long, device=device)
        self.coverage = torch.empty(capacity, MAX_OBJECTS, GRID, GRID, device=device)
        self.made, self.owed = 0, 0.0

    @torch.no_grad()
    def add(self, n: int) -> None:
        """Compose, encode and store n scenes."""
        batch = self.composer.batch(n)
        z = self.autoencoder.encoder(channels_last(batch.pictures)) * self.autoencoder.config.scaling_factor
        told = [self.words.encode(scene.caption)[:2] for scene in batch.scenes]
        at = torch.arange(self.made, self.made + n, device=self.device) % self.capacity
        self.latents[at] = z
        self.ids[at] = torch.tensor([ids for ids, _ in told], device=self.device)
        self.groups[at] = torch.tensor([groups for _, groups in told], device=self.device)
        self.coverage[at] = batch.coverage
        self.made += n

    def draw(self, n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """A batch of n: latents, ids, groups, coverage. Adds n / reuse fresh scenes first."""
        self.owed += n / self.reuse
        if self.owed >= 8 or self.made < n:
            fresh = max(int(self.owed), n - self.made)
            self.add(fresh)
            self.owed -= int(self.owed)
        pick = torch.randint(0, min(self.made, self.capacity), (n,), device=self.device)
        return self.latents[pick], self.ids[pick], self.groups[pick], self.coverage[pick]
