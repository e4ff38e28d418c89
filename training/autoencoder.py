"""Stage `ae`: the autoencoder, on crops of composed scenes.

Loss: L1 of the picture + L1 of its horizontal and vertical differences (edges), and a pull of
every latent channel to mean 0 and deviation 1. A little noise on the latents keeps the decoder
smooth, so that what the U-Net leaves wrong does not show.

Latents must be smooth too, or a diffusion network cannot learn them: left alone, an autoencoder hides
detail in alternating cells, which drown in noise long before the picture does, and shapes are hardly
learnt. So three channels stay near the mean colour of their 8x8 pixels, and the fourth near its own
neighbours.
"""

import math
import time

import torch
import torch.nn.functional as F

from . import networks
from .muon import Both
from .runs import Run, channels_last, falling_rate, sheet
from .scenes.compose import Composer

CROP = 96
HINT_STEPS = 200
SMOOTH = 0.1  # weight of the latents' smoothness; ten times as much at the start, where training else lingers in gray
LATENT_NOISE = 0.05


def crops(pictures: torch.Tensor, per_picture: int, generator: torch.Generator) -> torch.Tensor:
    """Random crops (n * per_picture, 3, CROP, CROP) of pictures (n, 3, 256, 256), on the 8-pixel grid."""
    out = []
    steps = (pictures.shape[2] - CROP) // 8 + 1
    for picture in pictures:
        for x, y in torch.randint(0, steps, (per_picture, 2), generator=generator).mul(8).tolist():
            out.append(picture[:, y : y + CROP, x : x + CROP])
    return torch.stack(out)


def differences(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]


def picture_loss(drawn: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1 of pictures and of their edges; both (n, 3, h, w) in [-1,1]."""
    edges = sum((a - b).abs().mean() for a, b in zip(differences(drawn), differences(wanted)))
    return (drawn - wanted).abs().mean() + edges


def roughness(z: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """How far latents z (n, 4, h, w) are from smooth: three channels from the mean colours of pictures x
    (n, 3, 8h, 8w), at deviation 1, and the fourth from the mean of its 3x3 neighbourhood."""
    alone = z[:, 3:] - F.avg_pool2d(z[:, 3:], 3, stride=1, padding=1, count_include_pad=False)
    return (z[:, :3] - 2 * F.avg_pool2d(x, 8)).square().mean() + alone.square().mean()


def train(run: Run, size: networks.Size, steps: int | None = None) -> None:
    steps = steps or size.ae_steps
    torch.manual_seed(3)
    model = networks.autoencoder(size).to(run.device, memory_format=torch.channels_last)
    optimizer = Both(model, [], 2e-3)
    state, step = run.load("ae.pt"), 0
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    torch.manual_seed(2 * step + run.rank)
    composer = Composer(run.art, size.nouns, seed=1000 + 2 * step + run.rank, device=run.device)
    generator = torch.Generator().manual_seed(2 * step + run.rank)
    begun, first = time.time(), step
    while step < steps and not run.should_stop():
        optimizer.set_rate(falling_rate(step, steps, warm_up=20))
        x = channels_last(crops(composer.batch(run.part(size.ae_batch // 2)).pictures, 2, generator))
        with run.autocast():
            z = model.encoder(x)
            drawn = model.decoder(z + LATENT_NOISE * torch.randn_like(z))
        z, drawn = z.float(), drawn.float()
        picture = picture_loss(drawn, x)
        loss = picture + 0.02 * (z.mean((0, 2, 3)).square() + (z.std((0, 2, 3)) - 1).square()).sum()
        loss = loss + max(SMOOTH, 1 - step / HINT_STEPS) * roughness(z, x)
        optimizer.zero_grad()
        loss.backward()
        run.share_gradients(model.parameters())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % 50 == 0 or step == steps:
            rate = (step - first) * size.ae_batch / (time.time() - begun)
            run.log("ae", step=step, loss=picture.item(), mean_abs=(drawn - x).abs().mean().item(), crops_per_s=rate)
        if step % 250 == 0 or step == steps or run.should_stop():
            run.save("ae.pt", {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step})
            if run.leads:
                show(run, model, composer, "ae")
    if step >= steps and run.leads:
        finish(run, model, composer)


@torch.no_grad()
def show(run: Run, model, composer: Composer, stage: str) -> None:
    """Contact sheet: pictures above, what the autoencoder makes of them below."""
    x = channels_last(composer.batch(4).pictures)
    sheet(torch.cat([x, model.decoder(model.encoder(x))]), run.path(f"{stage}.png"), 4)


def neighbours(z: torch.Tensor) -> list[float]:
    """Correlation of each channel of latents (n, 4, h, w) with the cell to its right."""
    z = z - z.mean((0, 2, 3), keepdim=True)
    return ((z[..., 1:] * z[..., :-1]).mean((0, 2, 3)) / z.square().mean((0, 2, 3))).tolist()


@torch.no_grad()
def finish(run: Run, model, composer: Composer) -> None:
    """Measure on fresh scenes, set the scaling factor for the wanted deviation, save the folder `vae`."""
    x = channels_last(composer.batch(32).pictures)
    z = torch.cat([model.encoder(part) for part in x.split(4)])
    drawn = torch.cat([model.decoder(part) for part in z.split(4)])
    mse = (drawn.clamp(-1, 1) - x).square().mean().item()
    scaling = networks.DEVIATION / z.std().item()
    if not run.path("vae").exists():
        model.register_to_config(scaling_factor=round(scaling, 5))
    else:  # the latents a U-Net was trained on keep their scale
        model.register_to_config(scaling_factor=networks.AutoencoderTiny.load_config(run.path("vae"))["scaling_factor"])
    model.save_pretrained(run.path("vae"))
    run.log("ae done", psnr_db=10 * math.log10(4 / mse), scaling_factor=scaling,
            neighbours=str([round(v, 3) for v in neighbours(z)]), channel_means=str([round(v, 3) for v in z.mean((0, 2, 3)).tolist()]),
            channel_stds=str([round(v, 3) for v in z.std((0, 2, 3)).tolist()]))
