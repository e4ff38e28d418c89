"""The same folder, seed and settings through diffusers and through lmd: how far are the pictures apart?

    cargo build --release
    python bench/parity/pictures.py --lmd target/release/lmd

Plain sampling; differences in units of 1/255, averaged over pixels and channels.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, StableDiffusionPipeline
from PIL import Image

PROMPTS = ["a beach with a red car", "a realistic photo of a scene with two cats", "a forest with a yellow house, a blue dog"]
SAMPLERS = {"ddim": DDIMScheduler, "dpm++2m": DPMSolverMultistepScheduler}


def by_diffusers(pipe, sampler: str, prompt: str, steps: int, seed: int) -> np.ndarray:
    pipe.scheduler = SAMPLERS[sampler].from_config(pipe.scheduler.config)
    noise = torch.Generator("cpu").manual_seed(seed)
    out = pipe(prompt, num_inference_steps=steps, guidance_scale=7.5, generator=noise, output_type="np")
    return (out.images[0] * 255).round()


def by_lmd(binary: str, model: str, sampler: str, prompt: str, steps: int, seed: int) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        layout, out = Path(folder, "l.json"), Path(folder, "out.png")
        layout.write_text(json.dumps({"objects": [], "background": prompt}))
        subprocess.run(
            [binary, "draw", layout, "-q", "--method", "plain", "--model", model, "--prompt", prompt, "--sampler", sampler,
             "--steps", str(steps), "--cfg-scale", "7.5", "--seed", str(seed), "-o", out],
            check=True, stdout=subprocess.DEVNULL)
        return np.asarray(Image.open(out).convert("RGB")).astype(np.float64)


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--lmd", default="target/release/lmd")
    args.add_argument("--model", default="assets/model")
    args.add_argument("--steps", type=int, default=20)
    args = args.parse_args()
    pipe = StableDiffusionPipeline.from_pretrained(args.model, torch_dtype=torch.float32, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    worst = 0.0
    for sampler in SAMPLERS:
        for seed, prompt in enumerate(PROMPTS, 42):
            theirs = by_diffusers(pipe, sampler, prompt, args.steps, seed)
            ours = by_lmd(args.lmd, args.model, sampler, prompt, args.steps, seed)
            apart = np.abs(theirs - ours)
            worst = max(worst, apart.mean())
            print(f"{sampler:8} seed {seed}  mean {apart.mean():.4f}/255  largest {apart.max():.0f}/255  {prompt}")
    print(f"worst mean {worst:.4f}/255 (bar: 1/255)")
    raise SystemExit(int(worst > 1))


if __name__ == "__main__":
    main()
