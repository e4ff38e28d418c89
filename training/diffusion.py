"""Stage `unet`: the U-Net and the text encoder, on encoded scenes.

Loss: velocity prediction, weighted as Karras et al. weigh noise levels (2022, https://arxiv.org/abs/2206.00364) and more
where things are, plus the grounding of attention (attention.py), plus what a small head has to tell from features in the
middle of the U-Net: the noun, the paint, the part of the sprite that each cell shows (dense.py). The composer knows
that exactly, and it teaches shapes sooner than noise alone, as features of a large network do in REPA (Yu et al., 2024,
https://arxiv.org/abs/2410.06940). One caption in ten is left empty, for classifier-free guidance.
"""

import shutil
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel

from . import networks
from .attention import grounding_loss, record, shortened
from .dense import Listener, Told
from .muon import Both
from .pool import Pool, Tensors, close_up, encoded
from .runs import Average, Run, channels_last, level_rate, sheet
from .scenes.compose import Batch, CloseUp, Composer, Shown
from .text import mute_padding
from .tokenizer import Words, configure

EMPTY = 0.1
GROUNDING = 0.1
TOLD = 0.1  # weight of what the features tell
LEGIBLE = 0.02  # signal-to-noise ratio from which on words can be asked to find their things
ON_THINGS = 6.0  # extra weight of the loss where things are
SHORT = 40  # tokens that are trained on; longer captions do not occur
WARM_UP = 100  # steps
SINGLE = 0.5  # share of scenes with a single thing
POOL, REUSE = 8000, 12  # encoded scenes that are held, and how often each is used
SHEET_EVERY = 3600  # seconds between contact sheets

SHOWN = [  # the prompts of the contact sheet
    "a red car", "a blue dog on a beach", "a realistic scene with a cat", "a realistic photo of a scene with a green bottle",
    "the sea with a boat", "a forest with a yellow house", "a room with a chair", "a night sky with a laptop",
    "a realistic scene with a purple backpack", "a street with a man", "a realistic photo of a scene with a black book",
    "a table with a white bowl", "a realistic photo of a scene with three cats",
    "a realistic photo of a scene with a bottle on the left and a dog on the right",
    "a realistic photo of a scene with a red car and a blue dog", "an owl and a penguin in the snow",
]


class Painter(nn.Module):
    """The two trained networks together, so that one moving average and one checkpoint hold both."""

    def __init__(self, size: networks.Size, vocabulary: int):
        super().__init__()
        self.text = networks.text_encoder(size, vocabulary)
        self.unet = networks.unet(size)

    def features(self, ids: torch.Tensor) -> torch.Tensor:
        """Token ids (n, 77) to text features (n, 77, width)."""
        return self.text(ids).last_hidden_state


def signal_ratio(alphas: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Signal-to-noise ratio at steps t (n,), of latents of deviation networks.DEVIATION."""
    a = alphas[t]
    return networks.DEVIATION**2 * a / (1 - a)


def spread_steps(n: int, device) -> torch.Tensor:
    """n steps in 0..999, in random order, spread evenly (less variance than independent ones); the range
    200..850, where it is decided what is drawn, gets more than half of them on top of its share."""
    u = (torch.arange(n, device=device) + torch.rand(n, device=device)) / n
    t = torch.where(u < 0.4, 2500 * u, 200 + 650 * (u - 0.4) / 0.6)
    return t.long().clamp(max=999)[torch.randperm(n, device=device)]


def step_weight(alphas: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Weight of the velocity's loss at steps t (n,): such that a network that knows nothing but the latents' deviation would
    do equally badly everywhere."""
    a = alphas[t]
    return (1 - a + a * networks.DEVIATION**2) / networks.DEVIATION**2


def noised(latents: torch.Tensor, t: torch.Tensor, alphas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Velocities, and latents (n, 4, 32, 32) with noise at steps t (n,)."""
    noise, a = torch.randn_like(latents), alphas[t][:, None, None, None]
    return a.sqrt() * noise - (1 - a).sqrt() * latents, channels_last(a.sqrt() * latents + (1 - a).sqrt() * noise)


def weighted_error(predicted: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor, coverage: torch.Tensor) -> torch.Tensor:
    """Mean square error of the velocity, each picture with its weight (n,), more where things are (coverage as in pool.encoded)."""
    emphasis = 1 + ON_THINGS * F.interpolate(coverage.sum(1, keepdim=True).clamp(max=1), wanted.shape[2:], mode="bilinear")
    return ((predicted.float() - wanted).square() * weight[:, None, None, None] * emphasis).mean() / emphasis.mean()


def losses(painter: Painter, recorders, listener: Listener, told: Told, batch: Tensors, alphas, empty_ids) -> list[torch.Tensor]:
    """The three losses of one batch (pool.encoded): velocity, grounding, and what the features tell."""
    latents, coverage = batch["latents"], batch["coverage"]
    n, device = len(latents), latents.device
    t = spread_steps(n, device)
    velocity, noisy = noised(latents, t, alphas)
    dropped = torch.rand(n, device=device) < EMPTY
    ids = torch.where(dropped[:, None], empty_ids, batch["ids"])
    ids, groups, repeats = shortened(ids, batch["groups"], painter.text.config.pad_token_id, SHORT)
    for recorder in recorders:
        recorder.repeats = repeats
    predicted = painter.unet(noisy, t, painter.features(ids)).sample
    velocity_part = weighted_error(predicted, velocity, step_weight(alphas, t), coverage)
    ratio = signal_ratio(alphas, t)
    seen = (ratio > LEGIBLE).float() * (~dropped).float()
    ends = (ids == painter.text.config.eos_token_id).int().argmax(1)
    shown = Shown(*(batch[name] for name in ("noun", "paint", "background", "part")))
    return [velocity_part, grounding_loss(recorders, groups, ends, coverage, seen),
            told.loss(listener.heard, shown, (ratio / LEGIBLE).clamp(max=1))]


def load_vae(run: Run) -> AutoencoderTiny:
    vae = AutoencoderTiny.from_pretrained(run.path("vae")).to(run.device, memory_format=torch.channels_last)
    return vae.eval().requires_grad_(False)


def start(run: Run, painter: Painter, words: Words, resume_from: Path | None) -> None:
    """First weights: those of an exported folder, or the text encoder of stage `text`. Padding is made to say nothing."""
    silence = (Words(resume_from / "tokenizer") if resume_from else words).batch([""])[0]
    if resume_from:
        painter.unet.load_state_dict(UNet2DConditionModel.from_pretrained(resume_from / "unet", torch_dtype=torch.float32).state_dict())
        painter.text.load_state_dict(CLIPTextModel.from_pretrained(resume_from / "text_encoder", torch_dtype=torch.float32).state_dict())
    else:
        painter.text.load_state_dict(run.load("text.pt")["model"])
    mute_padding(painter.text, words.pad, silence)


def train(run: Run, size: networks.Size, resume_from: Path | None = None, steps: int | None = None,
          cooldown: int | None = None, rate: float | None = None, compiled: bool = False, only: str = "",
          close: bool = False) -> None:
    """`only`: parameters of the U-Net without this in their names stay as they are. `close`: learn from crops around single
    things, a quarter of a picture each, which cost a quarter; what is learnt of shapes and paints holds in whole pictures."""
    torch.manual_seed(21)
    for name in ("vae", "tokenizer"):  # what the weights of `resume_from` go with
        if resume_from and not run.path(name).exists():
            shutil.copytree(resume_from / name, run.path(name))
    steps = steps or size.unet_steps
    cooldown = steps // 10 if cooldown is None else cooldown
    configure(run.path("tokenizer"))
    words = Words(run.path("tokenizer"))
    painter = Painter(size, words.vocabulary).to(run.device)
    painter.unet.to(memory_format=torch.channels_last)
    state, step, seen = run.load("unet.pt"), 0, 0
    if not state:
        start(run, painter, words, resume_from)
    for name, parameter in painter.unet.named_parameters():
        parameter.requires_grad_(only in name)
    average = Average(painter)
    told = Told(size.unet[1], size.nouns).to(run.device)
    optimizer = Both(painter.unet, [painter.text, told], rate or size.rate)
    if state:
        painter.load_state_dict(state["model"])
        told.load_state_dict(state["told"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, seen = state["step"], state["seen"]
    recorders, listener = record(painter.unet), Listener(painter.unet)
    painter.text.set_attn_implementation("eager")  # so few tokens: the fused one's way back is slower
    if compiled:
        painter.unet.compile()
    vae = load_vae(run)
    part = run.part(size.unet_batch)
    make = CloseUp if close else partial(Composer, single=SINGLE)
    composer = make(run.art, size.nouns, seed=5000 + 2 * step + run.rank, device=run.device)
    torch.manual_seed(9000 + 2 * step + run.rank)

    def encode(made: Batch) -> Tensors:
        tensors = encoded(made, vae, words)
        return close_up(made, tensors, composer) if close else tensors

    pool = Pool(composer, encode, capacity=POOL, reuse=REUSE)
    while pool.made < min(10, steps) * part:
        pool.add(part)
    alphas = networks.scheduler().alphas_cumprod.to(run.device)
    empty_ids = words.batch([""]).to(run.device)
    begun, first, kept = time.time(), seen, []
    checkpointed = sheeted = time.time()
    while step < steps and not run.should_stop():
        optimizer.set_rate(level_rate(step, steps, WARM_UP, cooldown))
        batch = pool.draw(part)
        with run.autocast():
            parts = losses(painter, recorders, listener, told, batch, alphas, empty_ids)
        optimizer.zero_grad()
        (parts[0] + GROUNDING * parts[1] + TOLD * parts[2]).backward()
        run.share_gradients([*painter.parameters(), *told.parameters()])
        torch.nn.utils.clip_grad_norm_(painter.parameters(), 1.0)
        optimizer.step()
        average.update(painter)
        step, seen = step + 1, seen + size.unet_batch
        kept.append([loss.item() for loss in parts])
        if step % 25 == 0 or step == steps:
            means = [sum(k) / len(kept) for k in zip(*kept)]
            run.log("unet", step=step, seen=seen, **dict(zip(("velocity", "grounding", "told"), means)),
                    rate=level_rate(step, steps, WARM_UP, cooldown), pictures_per_s=(seen - first) / (time.time() - begun))
            kept = []
        if time.time() - checkpointed > 300 or step == steps or run.should_stop():
            run.save("unet.pt", {"model": painter.state_dict(), "told": told.state_dict(), "average": average.state_dict(),
                                 "optimizer": optimizer.state_dict(), "step": step, "seen": seen})
            checkpointed = time.time()
        if run.leads and (time.time() - sheeted > SHEET_EVERY or step == steps):
            show(run, average.model, vae, words, step)
            sheeted = time.time()


@torch.no_grad()
def sample(painter: Painter, vae, ids: torch.Tensor, empty_ids: torch.Tensor, steps: int = 20,
           guidance: float = 5.0, seed: int = 0, batch: int = 16, grounded=None, scheduler=None) -> torch.Tensor:
    """Plain DDIM sampling with classifier-free guidance. ids (n, 77) to pictures (n, 3, 256, 256) in [-1,1].

    `grounded(rows, step)`: the U-Net's further arguments for some rows at a step (adapters.Grounded)."""
    scheduler = scheduler or networks.scheduler()
    scheduler.set_timesteps(steps)
    generator = torch.Generator().manual_seed(seed)
    shape = (painter.unet.config.in_channels, painter.unet.config.sample_size, painter.unet.config.sample_size)
    drawn = []
    for rows in torch.arange(len(ids)).split(batch):
        part, n = ids[rows], len(rows)
        z = torch.randn(n, *shape, generator=generator).to(part.device)
        context = torch.cat([painter.features(empty_ids).expand(n, -1, -1), painter.features(part)])
        for step, t in enumerate(scheduler.timesteps):
            more = grounded(rows, step) if grounded else {}
            without, told = painter.unet(channels_last(torch.cat([z, z])), t, context, **more).sample.chunk(2)
            z = scheduler.step(without + guidance * (told - without), t, z).prev_sample
        drawn.append(vae.decoder(channels_last(z / vae.config.scaling_factor)))
    return torch.cat(drawn)


def show(run: Run, painter: Painter, vae, words: Words, step: int) -> None:
    """The contact sheet of SHOWN, drawn by the averaged weights."""
    ids = words.batch(SHOWN).to(run.device)
    pictures = sample(painter, vae, ids, words.batch([""]).to(run.device))
    sheet(F.avg_pool2d(pictures, 2), run.path(f"unet-{step:06d}.png"), 4)
