"""`python -m training.compare --art ART --runs RUNS --idea NAME`: what one idea is worth, on a small network and few nouns.

A narrow U-Net learns single things of eight nouns as stage `unet` does, but for one idea that is left out. The first
three fifths of the work is done on crops (pool.close_up), three for a picture. Then plain sampling draws each noun, and the detector says how often it is right; and the error of the
estimated clean latents at things is measured on scenes nobody trained on, at four noise levels. RUNS must have `vae`,
`tokenizer` and `text.pt` of size `cpu`.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F

from . import diffusion, muon, networks, pool
from .attention import record
from .dense import Listener, Told
from .detector import Detector, detect
from .runs import Average, Run, channels_last, sheet
from .scenes import captions, compose
from .scenes.captions import Group
from .tokenizer import Words

NOUNS = 8
LEVELS = (300, 500, 700, 850)
IDEAS = ("all", "no head", "no grounding", "no grid", "no weight on things", "adam", "epsilon", "whole pictures")


def leave_out(idea: str) -> None:
    """Change what the other modules do."""
    if idea == "no head":
        diffusion.TOLD = 0.0
    elif idea == "no grounding":
        diffusion.GROUNDING = 0.0
    elif idea == "no grid":
        compose.Composer.cells = staticmethod(lambda at, length: at)
    elif idea == "no weight on things":
        diffusion.ON_THINGS = 0.0


class Adam:
    """AdamW alone, behind the face of muon.Both."""

    def __init__(self, unet, others, lr: float):
        self.optimizer = torch.optim.AdamW([{"params": list(unet.parameters())}, {"params": [p for m in others for p in m.parameters()]}],
                                           lr, betas=(0.9, 0.99), weight_decay=0.01)
        self.peaks = [lr, 0.3 * lr]
        self.step, self.zero_grad = self.optimizer.step, self.optimizer.zero_grad

    def set_rate(self, factor: float) -> None:
        for group, peak in zip(self.optimizer.param_groups, self.peaks):
            group["lr"] = factor * peak


def noised_with_noise(latents, t, alphas):
    """Noise instead of velocities (diffusion.noised)."""
    noise, a = torch.randn_like(latents), alphas[t][:, None, None, None]
    return noise, channels_last(a.sqrt() * latents + (1 - a).sqrt() * noise)


def noise_weight(alphas, t):
    """Min-SNR, gamma 5, and more where the picture hardly shows: what stage `unet` had for noise."""
    ratio = diffusion.signal_ratio(alphas, t)
    return (5 / ratio).clamp(max=1) * ratio.rsqrt().clamp(1, 6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--art", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--idea", choices=IDEAS, default="all", help="which to leave out")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--detector", type=Path, default=Path("assets/model/detector"))
    parser.add_argument("--pictures", type=int, default=64)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    leave_out(arguments.idea)
    run = Run(arguments.runs, "cpu", arguments.art, "cpu", 1)
    size = replace(networks.SIZES["cpu"], nouns=NOUNS, unet=(32, 64, 128))
    words = Words(run.path("tokenizer"))
    painter = diffusion.Painter(size, words.vocabulary)
    painter.unet.to(memory_format=torch.channels_last)
    diffusion.start(run, painter, words, None)
    average, told = Average(painter), Told(size.unet[1], NOUNS)
    optimizer = (Adam if arguments.idea == "adam" else muon.Both)(painter.unet, [painter.text, told], 1e-3)
    recorders, listener = record(painter.unet), Listener(painter.unet)
    painter.text.set_attn_implementation("eager")
    vae = diffusion.load_vae(run)
    alphas, empty = networks.scheduler().alphas_cumprod, words.batch([""])
    scheduler = networks.scheduler()
    if arguments.idea == "epsilon":
        diffusion.noised, diffusion.step_weight = noised_with_noise, noise_weight
        scheduler.register_to_config(prediction_type="epsilon")
    encode = lambda batch: pool.encoded(batch, vae, words)
    held_out = encode(compose.Composer(run.art, NOUNS, seed=99, single=0.96).batch(48))
    whole = pool.Pool(compose.Composer(run.art, NOUNS, seed=1, single=0.96), encode, 2000, 4)
    near = compose.CloseUp(run.art, NOUNS, seed=2)
    crops = pool.Pool(near, lambda batch: pool.close_up(batch, encode(batch), near), 2000, 8)
    begun, kept = time.process_time(), []
    for step in range(arguments.steps):
        if run.should_stop():
            return
        optimizer.set_rate(min(1.0, (step + 1) / 30, 0.02 + (arguments.steps - step) / (0.4 * arguments.steps)))
        close = arguments.idea != "whole pictures" and step < 0.6 * arguments.steps
        batch = crops.draw(3 * arguments.batch) if close else whole.draw(arguments.batch)
        with run.autocast():
            parts = diffusion.losses(painter, recorders, listener, told, batch, alphas, empty)
        optimizer.zero_grad()
        (parts[0] + diffusion.GROUNDING * parts[1] + diffusion.TOLD * parts[2]).backward()
        torch.nn.utils.clip_grad_norm_(painter.parameters(), 1.0)
        optimizer.step()
        average.update(painter)
        kept.append([part.item() for part in parts])
        if step % 50 == 49:
            print(step + 1, *(f"{sum(k) / len(kept):.3f}" for k in zip(*kept)), f"{time.process_time() - begun:.0f} s", flush=True)
            kept = []
    spent = time.process_time() - begun
    with torch.no_grad():
        errors = clean_errors(average.model, held_out, alphas, scheduler.config.prediction_type)
        judge = Detector.open(arguments.detector).to(memory_format=torch.channels_last)
        nouns = compose.art.load_nouns(NOUNS)
        asked = [Group(i % NOUNS, 0 if i < arguments.pictures // 2 else 1 + i % 11, 1) for i in range(arguments.pictures)]
        ids = words.batch([f"a realistic scene with {captions.phrase(group, nouns)}" for group in asked])
        with run.autocast():
            pictures = diffusion.sample(average.model, vae, ids, empty, steps=16, seed=1, scheduler=scheduler).float()
        seen = [found for part in pictures.split(16) for found in detect(judge, channels_last(part), 0.2)]
    right = sum(bool(found) and found[0].noun == group.noun for found, group in zip(seen, asked)) / len(asked)
    paint = sum(bool(found) and found[0].paint == group.paint for found, group in zip(seen, asked)) / len(asked)
    name = arguments.idea.replace(" ", "-")
    sheet(F.avg_pool2d(pictures, 2), run.path(f"compare-{name}.png"), 8)
    line = {"without": arguments.idea, "steps": arguments.steps, "batch": arguments.batch, "noun": right, "paint": paint,
            "errors": errors, "cpu_seconds": round(spent)}
    with run.path("compare.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line))


def clean_errors(painter, batch, alphas, kind: str) -> list[float]:
    """Mean square error at things of the estimated clean latents, as a share of their variance, at LEVELS."""
    generator = torch.Generator().manual_seed(5)
    latents, out = batch["latents"], []
    things = F.interpolate(batch["coverage"].sum(1, keepdim=True).clamp(max=1), latents.shape[2:], mode="bilinear")
    features = painter.features(batch["ids"])
    for level in LEVELS:
        t, a = torch.full((len(latents),), level), alphas[level]
        noisy = a.sqrt() * latents + (1 - a).sqrt() * torch.randn(latents.shape, generator=generator)
        predicted = torch.cat([painter.unet(channels_last(x), s, c).sample for x, s, c in zip(noisy.split(16), t.split(16), features.split(16))])
        clean = a.sqrt() * noisy - (1 - a).sqrt() * predicted if kind == "v_prediction" else (noisy - (1 - a).sqrt() * predicted) / a.sqrt()
        out.append(round((((clean - latents).square() * things).mean() / (latents.square() * things).mean()).item(), 4))
    return out


if __name__ == "__main__":
    main()
