"""The same folder, seed and settings through diffusers and through lmd: how far are the pictures apart?

    cargo build --release
    python bench/parity/pictures.py --lmd target/release/lmd

Plain sampling, and GLIGEN where the folder has grounding layers; differences in units of 1/255, averaged over pixels and
channels.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, StableDiffusionGLIGENPipeline, StableDiffusionPipeline
from PIL import Image

from reference import with_grounding

PROMPTS = ["a beach with a red car", "a realistic photo of a scene with two cats", "a forest with a yellow house, a blue dog"]
LAYOUTS = [  # prompt, background, captions (sorted) with boxes x, y, w, h
    ("a beach with a green bottle, a red car", "a beach",
     [("a green bottle", [0.65, 0.3, 0.25, 0.5]), ("a red car", [0.1, 0.45, 0.4, 0.35])]),
    ("a forest with a blue dog, a yellow house", "a forest",
     [("a blue dog", [0.1, 0.4, 0.35, 0.5]), ("a yellow house", [0.5, 0.15, 0.45, 0.5])]),
]
SAMPLERS = {"ddim": DDIMScheduler, "dpm++2m": DPMSolverMultistepScheduler}


def by_diffusers(pipe, sampler: str, prompt: str, steps: int, seed: int, **more) -> np.ndarray:
    pipe.scheduler = SAMPLERS[sampler].from_config(pipe.scheduler.config)
    noise = torch.Generator("cpu").manual_seed(seed)
    out = pipe(prompt, num_inference_steps=steps, guidance_scale=7.5, generator=noise, output_type="np", **more)
    return (out.images[0] * 255).round()


def by_lmd(binary: str, model: str, sampler: str, prompt: str, steps: int, seed: int, layout: dict | None = None) -> np.ndarray:
    """With a layout, by `gligen`; else by `plain`."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "l.json"), Path(folder, "out.png")
        file.write_text(json.dumps(layout or {"objects": [], "background": prompt}))
        method = "gligen" if layout else "plain"
        subprocess.run(
            [binary, "draw", file, "-q", "--method", method, "--model", model, "--prompt", prompt, "--sampler", sampler,
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

    def compare(label: str, theirs: np.ndarray, ours: np.ndarray) -> None:
        nonlocal worst
        apart = np.abs(theirs - ours)
        worst = max(worst, apart.mean())
        print(f"{label}: mean {apart.mean():.4f}/255, largest {apart.max():.0f}/255", flush=True)

    for sampler in SAMPLERS:
        for seed, prompt in enumerate(PROMPTS, 42):
            theirs = by_diffusers(pipe, sampler, prompt, args.steps, seed)
            ours = by_lmd(args.lmd, args.model, sampler, prompt, args.steps, seed)
            compare(f"plain, {sampler}, seed {seed}, {prompt}", theirs, ours)
    layers = Path(args.model, "gligen")
    if layers.exists():
        hints = Path(args.model, "lmd.json")
        beta = json.loads(hints.read_text()).get("gligen_beta", 0.4) if hints.exists() else 0.4
        parts = {name: part for name, part in pipe.components.items() if name not in ("unet", "image_encoder")}
        pipe = StableDiffusionGLIGENPipeline(**parts, unet=with_grounding(pipe.unet, layers), requires_safety_checker=False)
        pipe.set_progress_bar_config(disable=True)
        for seed, (prompt, background, things) in enumerate(LAYOUTS, 52):
            boxes = [[x, y, x + w, y + h] for _, (x, y, w, h) in things]
            theirs = by_diffusers(pipe, "ddim", prompt, args.steps, seed, gligen_phrases=[name for name, _ in things],
                                  gligen_boxes=boxes, gligen_scheduled_sampling_beta=beta)
            layout = {"objects": [{"caption": name, "box": box} for name, box in things], "background": background}
            compare(f"gligen, ddim, seed {seed}, {prompt}", theirs,
                    by_lmd(args.lmd, args.model, "ddim", prompt, args.steps, seed, layout))
    print(f"worst mean {worst:.4f}/255 (bar: 1/255)")
    raise SystemExit(int(worst > 1))


if __name__ == "__main__":
    main()
