"""Scenes as the model would draw them: noise over a composed scene, taken away again by the U-Net under the scene's caption
(SDEdit, Meng et al., 2022, https://arxiv.org/abs/2108.01073). What is where stays known; lines, parts and paints are the
model's own. The detector learns from them beside clean scenes, for it judges what the model draws.
"""

from pathlib import Path

import torch

from . import networks
from .folder import Folder
from .runs import Run, channels_last
from .scenes.compose import Composer, Scene

STEPS = 12  # of the whole way from noise to a picture
GUIDANCE = 3.0
WEAKEST, STRONGEST = 0.3, 0.75  # shares of that way that are gone again
BATCH = 16


class Rework:
    """A pool of reworked scenes, made once and kept in the run's folder."""

    def __init__(self, run: Run, model: Path, composer: Composer, count: int):
        self.pictures, self.scenes = torch.zeros(0, dtype=torch.uint8), []
        if state := run.load("reworked.pt"):
            self.pictures, self.scenes = state["pictures"], state["scenes"]
        painter = Folder(model).to(run.device) if len(self.scenes) < count else None
        generator = torch.Generator().manual_seed(len(self.scenes))
        while painter and len(self.scenes) < count and not run.should_stop():
            made = composer.batch(BATCH)
            share = WEAKEST + (STRONGEST - WEAKEST) * torch.rand(1, generator=generator).item()
            with run.autocast():
                drawn = reworked(painter, made.pictures, made.scenes, share)
            self.pictures = torch.cat([self.pictures, quantised(drawn)]) if self.scenes else quantised(drawn)
            self.scenes += made.scenes
            if len(self.scenes) % (16 * BATCH) == 0 or len(self.scenes) >= count or run.should_stop():
                run.save("reworked.pt", {"pictures": self.pictures, "scenes": self.scenes})
                run.log("reworked", scenes=len(self.scenes))

    def draw(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, list[Scene]]:
        """n of the pool, as pictures in [-1,1] and scenes."""
        rows = torch.randint(len(self.scenes), (n,), generator=generator)
        return self.pictures[rows].float() / 127.5 - 1, [self.scenes[row] for row in rows.tolist()]


def quantised(pictures: torch.Tensor) -> torch.Tensor:
    return ((pictures.float().clamp(-1, 1) + 1) * 127.5).round().byte()


@torch.no_grad()
def reworked(painter: Folder, pictures: torch.Tensor, scenes: list[Scene], share: float) -> torch.Tensor:
    """Pictures (n, 3, 256, 256) in [-1,1], the last `share` of their way from noise gone anew."""
    latents = painter.vae.encoder(channels_last(pictures)).float() * painter.vae.config.scaling_factor
    ids = torch.tensor([painter.words.encode(scene.caption)[0] for scene in scenes], device=latents.device)
    empty = painter.words.batch([""]).to(latents.device)
    return painter.vae.decoder(channels_last(reworked_latents(painter, latents, ids, empty, share) / painter.vae.config.scaling_factor))


@torch.no_grad()
def reworked_latents(painter, latents: torch.Tensor, ids: torch.Tensor, empty: torch.Tensor, share: float) -> torch.Tensor:
    """The same of latents (n, 4, 32, 32), scaled, under captions of token ids (n, 77); `empty` is the empty caption's (1, 77)."""
    scheduler = networks.scheduler()
    scheduler.set_timesteps(STEPS)
    steps = scheduler.timesteps[STEPS - max(1, round(share * STEPS)) :]
    z = scheduler.add_noise(latents, torch.randn_like(latents), steps[:1].expand(len(latents)))
    context = torch.cat([painter.features(empty).expand(len(ids), -1, -1), painter.features(ids)])
    for t in steps:
        without, told = painter.unet(channels_last(torch.cat([z, z])), t, context).sample.float().chunk(2)
        z = scheduler.step(without + GUIDANCE * (told - without), t, z).prev_sample
    return z
