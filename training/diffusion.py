"""Stage `unet`: the U-Net and the text encoder, on encoded scenes.

Loss: noise prediction, weighted by min-SNR (Hang et al., 2023, https://arxiv.org/abs/2303.09556,
gamma 5) and more where things are, plus the grounding of attention (attention.py). One caption in
ten is left empty, for classifier-free guidance.
"""

import time
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel

from . import networks
from .attention import grounding_loss, record
from .muon import Both
from .pool import Pool, Tensors, encoded
from .runs import Average, Run, channels_last, sheet
from .scenes.compose import Composer
from .text import mute_padding
from .tokenizer import Words, configure
from .widen import widen

GAMMA = 5.0
EMPTY = 0.1
GROUNDING = 0.1
LEGIBLE = 0.02  # signal-to-noise ratio from which on words can be asked to find their things
ON_THINGS = 6.0  # extra weight of the noise loss where things are

SHOWN = [  # the prompts of the contact sheet
    "a red car", "a blue dog on a beach", "a realistic scene with a cat", "a realistic photo of a scene with a green bottle",
    "the sea with a boat", "a forest with a yellow house", "a room with a chair", "a night sky with a laptop",
    "a realistic scene with a purple backpack", "a street with an orange cup", "a realistic photo of a scene with a black book",
    "a table with a white bowl", "a realistic photo of a scene with three cats",
    "a realistic photo of a scene with a bottle on the left and a dog on the right",
    "a realistic photo of a scene with a red car and a blue dog", "a beach with two green apples, a pink chair",
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
    """Weight of the noise loss at steps t (n,): min-SNR where the picture shows through, and more than 1
    where it hardly does, for there the noise is easy to tell and what is to be drawn is not."""
    ratio = signal_ratio(alphas, t)
    return (GAMMA / ratio).clamp(max=1) * ratio.rsqrt().clamp(1, 6)


def noised(latents: torch.Tensor, t: torch.Tensor, alphas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise, and latents (n, 4, 32, 32) with it at steps t (n,)."""
    noise, a = torch.randn_like(latents), alphas[t][:, None, None, None]
    return noise, channels_last(a.sqrt() * latents + (1 - a).sqrt() * noise)


def weighted_error(predicted: torch.Tensor, noise: torch.Tensor, weight: torch.Tensor, coverage: torch.Tensor) -> torch.Tensor:
    """Mean square error of the noise, each picture with its weight (n,), more where things are (coverage as in pool.encoded)."""
    things = F.interpolate(coverage.sum(1, keepdim=True).clamp(max=1), noise.shape[2:], mode="bilinear")
    weight = weight[:, None, None, None] * (1 + ON_THINGS * things)
    return ((predicted.float() - noise).square() * weight).mean() / weight.mean()


def noise_loss(painter: Painter, recorders, batch: Tensors, alphas, empty_ids) -> tuple[torch.Tensor, torch.Tensor]:
    """The two losses of one batch (pool.encoded): noise and grounding."""
    latents, ids, groups, coverage = (batch[name] for name in ("latents", "ids", "groups", "coverage"))
    n, device = len(latents), latents.device
    t = spread_steps(n, device)
    noise, noisy = noised(latents, t, alphas)
    dropped = torch.rand(n, device=device) < EMPTY
    ids = torch.where(dropped[:, None], empty_ids, ids)
    predicted = painter.unet(noisy, t, painter.features(ids)).sample
    noise_part = weighted_error(predicted, noise, step_weight(alphas, t), coverage)
    seen = (signal_ratio(alphas, t) > LEGIBLE).float() * (~dropped).float()
    ends = (ids == painter.text.config.eos_token_id).int().argmax(1)
    return noise_part, grounding_loss(recorders, groups, ends, coverage, seen)


def load_vae(run: Run) -> AutoencoderTiny:
    vae = AutoencoderTiny.from_pretrained(run.path("vae")).to(run.device, memory_format=torch.channels_last)
    return vae.eval().requires_grad_(False)


def start(run: Run, painter: Painter, words: Words, resume_from: Path | None) -> None:
    """First weights: an exported folder (its U-Net may be half as wide), or the text encoder of stage `text`. Padding is
    made to say nothing."""
    silence = (Words(resume_from / "tokenizer") if resume_from else words).batch([""])[0]
    if resume_from:
        unet = UNet2DConditionModel.from_pretrained(resume_from / "unet", torch_dtype=torch.float32)
        halved = [2 * width for width in unet.config.block_out_channels] == list(painter.unet.config.block_out_channels)
        state = widen(unet.state_dict(), painter.unet.state_dict()) if halved else unet.state_dict()
        painter.unet.load_state_dict(state)
        painter.text.load_state_dict(CLIPTextModel.from_pretrained(resume_from / "text_encoder", torch_dtype=torch.float32).state_dict())
    else:
        painter.text.load_state_dict(run.load("text.pt")["model"])
    mute_padding(painter.text, words.pad, silence)


def rate_factor(step: int, total: int, cooldown: int) -> float:
    """Warm up for 100 steps, stay, fall to 2 % over the last `cooldown` steps."""
    left = max(0, total - step)
    return min(1.0, (step + 1) / 100, 0.02 + 0.98 * left / max(cooldown, 1))


def train(run: Run, size: networks.Size, resume_from: Path | None = None, steps: int | None = None,
          cooldown: int | None = None, rate: float | None = None, compiled: bool = False, only: str = "") -> None:
    """`only`: parameters of the U-Net without this in their names stay as they are."""
    torch.manual_seed(21)
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
    optimizer = Both(painter.unet, [painter.text], rate or size.rate)
    if state:
        painter.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, seen = state["step"], state["seen"]
    recorders = record(painter.unet)
    painter.text.set_attn_implementation("eager")  # 77 tokens: the fused one's way back is slower
    if compiled:
        painter.unet.compile()
    vae = load_vae(run)
    part = run.part(size.unet_batch)
    composer = Composer(run.art, size.nouns, seed=5000 + 2 * step + run.rank, device=run.device)
    torch.manual_seed(9000 + 2 * step + run.rank)
    pool = Pool(composer, lambda batch: encoded(batch, vae, words), capacity=200 * part, reuse=16)
    while pool.made < min(40, steps) * part:
        pool.add(part)
    alphas = networks.scheduler().alphas_cumprod.to(run.device)
    empty_ids = words.batch([""]).to(run.device)
    begun, first, kept = time.time(), seen, []
    checkpointed = time.time()
    while step < steps and not run.should_stop():
        optimizer.set_rate(rate_factor(step, steps, cooldown))
        batch = pool.draw(part)
        with run.autocast():
            noise_part, grounding_part = noise_loss(painter, recorders, batch, alphas, empty_ids)
        optimizer.zero_grad()
        (noise_part + GROUNDING * grounding_part).backward()
        run.share_gradients(painter.parameters())
        torch.nn.utils.clip_grad_norm_(painter.parameters(), 1.0)
        optimizer.step()
        average.update(painter)
        step, seen = step + 1, seen + size.unet_batch
        kept.append((noise_part.item(), grounding_part.item()))
        if step % 25 == 0 or step == steps:
            noise_mean, grounding_mean = (sum(k) / len(kept) for k in zip(*kept))
            run.log("unet", step=step, seen=seen, noise=noise_mean, grounding=grounding_mean,
                    rate=rate_factor(step, steps, cooldown), pictures_per_s=(seen - first) / (time.time() - begun))
            kept = []
        if time.time() - checkpointed > 300 or step == steps or run.should_stop():
            run.save("unet.pt", {"model": painter.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seen": seen})
            checkpointed = time.time()
        if run.leads and (step in (200, 500) or step % 500 == 0 or step == steps):
            show(run, average.model, vae, words, step)


@torch.no_grad()
def sample(painter: Painter, vae, ids: torch.Tensor, empty_ids: torch.Tensor, steps: int = 20,
           guidance: float = 5.0, seed: int = 0, batch: int = 16, grounded=None) -> torch.Tensor:
    """Plain DDIM sampling with classifier-free guidance. ids (n, 77) to pictures (n, 3, 256, 256) in [-1,1].

    `grounded(rows, step)`: the U-Net's further arguments for some rows at a step (adapters.Grounded)."""
    scheduler = networks.scheduler()
    scheduler.set_timesteps(steps)
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for rows in torch.arange(len(ids)).split(batch):
        part, n = ids[rows], len(rows)
        z = torch.randn(n, networks.LATENT_CHANNELS, networks.LATENT_SIDE, networks.LATENT_SIDE, generator=generator).to(part.device)
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
