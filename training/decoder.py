"""Stage `decoder`: a larger decoder for the same latents.

The latents are little more than the mean colours of 8x8 pixels (autoencoder.py), and what the small decoder of stage `ae`
makes of them has soft edges and no eyes. The world of the scenes is small, though: a decoder that has seen enough of it can
put back what the latents left out. It grows out of the small one and computes what that did at first.

Most of what it sees is latents as the U-Net leaves them: those of the scene with noise over them, which the U-Net has taken away again under
the scene's caption (rework.py). So it learns to make what was composed out of what the U-Net draws a little wrong. An L1
alone would answer doubt with fog; a small critic of patches (critic.py) asks for edges that look like those of scenes.
"""

import copy
import time

import torch
from diffusers import AutoencoderTiny

from . import networks
from .autoencoder import finish, picture_loss, show
from .critic import Critic
from .diffusion import load_vae
from .export import averaged
from .muon import Both
from .pool import Pool, Tensors, encoded
from .rework import quantised, reworked_latents
from .runs import Average, Learner, Run, channels_last, falling_rate
from .scenes.compose import Batch, Composer

CROP = 96
AT_THINGS = 0.85  # share of the crops that show a thing
REWORKED = 0.7  # share of latents that the U-Net has reworked
FURTHEST = 0.42  # the largest share of the way from noise that it goes anew; further, things end elsewhere than in the scene
LATENT_NOISE = 0.05
RATE = 1e-3
CRITIC_FROM = 0.25  # of all steps: from then on the critic is heard


def grow(decoder: torch.nn.Module, small: dict[str, torch.Tensor], small_blocks: tuple[int, ...], blocks: tuple[int, ...]) -> None:
    """Changes the weights of `decoder`, `blocks` residual blocks a level, so that it computes what one of state `small` and
    `small_blocks` does: new channels are not listened to yet, new blocks add nothing (where the level has
    a block already: what comes out of one has no negative numbers, and the new ones would cut those off)."""
    state = decoder.state_dict()
    places = dict(zip(positions(small_blocks), positions(blocks, small_blocks), strict=True))
    for name, value in small.items():
        _, place, rest = name.split(".", 2)
        new = state[f"layers.{places[int(place)]}.{rest}"]
        if value.ndim > 1:
            new[: len(value)] = 0
        new[tuple(slice(length) for length in value.shape)] = value
    kept = set(places.values())
    for name, value in state.items():
        _, place, rest = name.split(".", 2)
        if int(place) not in kept and rest.startswith("conv.4."):
            value.zero_()


def positions(blocks: tuple[int, ...], shown: tuple[int, ...] | None = None) -> list[int]:
    """Where in a decoder's list of layers its first layer, blocks and convolutions lie; of every level's blocks only
    the first `shown`."""
    shown = shown or blocks
    places, at = [0], 2
    for level, (count, few) in enumerate(zip(blocks, shown, strict=True)):
        places += range(at, at + few)
        at += count + (level + 1 < len(blocks))  # an upsampling without weights, but for the last level
        places.append(at)
        at += 1
    return places


def crop(batch: Tensors, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A crop of every picture of the pool and of either kind of latents: (n, 3, CROP, CROP), (n, 4, CROP/8, CROP/8)."""
    pictures, latents = [], []
    last, side = (batch["pictures"].shape[2] - CROP) // 8, CROP // 8
    for picture, clean, again, centre in zip(*(batch[name] for name in ("pictures", "latents", "reworked", "centres"))):
        x, y = torch.randint(0, last + 1, (2,), generator=generator).tolist()
        if centre[0] >= 0 and torch.rand((), generator=generator) < AT_THINGS:
            jitter = torch.randint(-4, 5, (2,), generator=generator).tolist()
            x, y = (min(last, max(0, int(c) - side // 2 + j)) for c, j in zip(centre.tolist(), jitter))
        pictures.append(picture[:, 8 * y : 8 * y + CROP, 8 * x : 8 * x + CROP])
        chosen = again if torch.rand((), generator=generator) < REWORKED else clean
        latents.append(chosen[:, y : y + side, x : x + side])
    return channels_last(torch.stack(pictures).float() / 127.5 - 1), channels_last(torch.stack(latents))


def centres(batch: Batch, device) -> torch.Tensor:
    """The centre of one thing of each scene in cells of 8 pixels (n, 2), -1 where there is none."""
    found = [(-1.0, -1.0) if not scene.things else (
        (thing := scene.things[i % len(scene.things)]).box[0] / 8 + thing.box[2] / 16, thing.box[1] / 8 + thing.box[3] / 16)
        for i, scene in enumerate(batch.scenes)]
    return torch.tensor(found, device=device)


def train(run: Run, size: networks.Size, steps: int | None = None) -> None:
    steps = steps or size.decoder_steps
    torch.manual_seed(3)
    painter, words, _ = averaged(run, size)
    painter.to(run.device).requires_grad_(False)
    old = load_vae(run)
    model = networks.autoencoder(size, larger=True).to(run.device, memory_format=torch.channels_last)
    model.encoder.load_state_dict(old.encoder.state_dict())
    optimizer, average = Both(model.decoder, [], RATE), Average(model.decoder)
    learner = Learner(run, "decoder.pt", model.decoder, optimizer, average)
    step = learner.step
    if step == 0:
        grow(model.decoder, old.decoder.state_dict(), old.config.num_decoder_blocks, size.decoder_blocks)
        average.model.load_state_dict(model.decoder.state_dict())
    critic = Critic().to(run.device)
    if state := run.load("critic.pt"):
        critic.load(state)
    scale, part = old.config.scaling_factor, run.part(size.ae_batch)
    empty = words.batch([""]).to(run.device)

    def encode(made: Batch) -> Tensors:
        batch = encoded(made, old, words)
        share = FURTHEST * torch.rand(()).item()
        with run.autocast():
            again = reworked_latents(painter, batch["latents"], batch["ids"], empty, share)
        return {"pictures": quantised(made.pictures), "latents": batch["latents"] / scale, "reworked": again / scale,
                "centres": centres(made, run.device)}

    pool = Pool(Composer(run.art, size.nouns, seed=1000 + 2 * step + run.rank, device=run.device), encode, 100 * part, reuse=6)
    torch.manual_seed(2 * step + run.rank)
    generator = torch.Generator().manual_seed(2 * step + run.rank)
    begun, first, kept = time.time(), step, []
    while step < steps and not run.should_stop():
        optimizer.set_rate(falling_rate(step, steps, warm_up=50))
        x, z = crop(pool.draw(part), generator)
        with run.autocast():
            drawn = model.decoder(z + LATENT_NOISE * torch.randn_like(z)).float()
        loss = picture_loss(drawn, x)
        kept.append(loss.item())
        if step >= CRITIC_FROM * steps:
            critic.learn(x, drawn.detach(), run.share_gradients)
            loss = loss + critic.weighted(loss, drawn, last_weight(model.decoder))
        step = learner.learn(loss, longest=1.0)
        if step % 50 == 0 or step == steps:
            rate = (step - first) * size.ae_batch / (time.time() - begun)
            run.log("decoder", step=step, loss=sum(kept) / len(kept), crops_per_s=rate)
            kept = []
        if step % 250 == 0 or step == steps or run.should_stop():
            learner.save()
            run.save("critic.pt", critic.state())
            if run.leads:
                show(run, mean(model, average), pool.composer, "decoder")
    if step >= steps and run.leads:
        finish(run, mean(model, average), pool.composer)


def last_weight(decoder: torch.nn.Module) -> torch.nn.Parameter:
    """The weight of the decoder's last convolution."""
    return [p for p in decoder.parameters() if p.ndim == 4][-1]


def mean(model: AutoencoderTiny, average: Average) -> AutoencoderTiny:
    """The autoencoder with the averaged decoder."""
    whole = copy.deepcopy(model)
    whole.decoder.load_state_dict(average.model.state_dict())
    return whole.eval()
