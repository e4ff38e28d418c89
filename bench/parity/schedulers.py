"""Golden values of every sampler, by diffusers.

Each case runs a scheduler of diffusers on eight latents with a made-up network
`output = 0.4 x + sin(t / 150 + i)` (i = 0..7) and writes the latents after
every step. Run: python bench/parity/schedulers.py
"""

import json
import pathlib

import diffusers
import torch

OUT = pathlib.Path(__file__).parents[2] / "crates/lmd-diffusion/tests/data/schedulers.json"
BASE = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
KINDS = {
    "ddim": (diffusers.DDIMScheduler, dict(BASE, set_alpha_to_one=False, clip_sample=False)),
    "dpm++2m": (diffusers.DPMSolverMultistepScheduler, dict(BASE)),
    "euler": (diffusers.EulerDiscreteScheduler, dict(BASE)),
    "pndm": (diffusers.PNDMScheduler, dict(BASE, skip_prk_steps=True, set_alpha_to_one=False)),
    "lcm": (diffusers.LCMScheduler, dict(BASE, original_inference_steps=50, clip_sample=False)),
}


def network(x, t):
    i = torch.arange(8, dtype=torch.float32).reshape(x.shape)
    return 0.4 * x + torch.sin(torch.as_tensor(float(t)) / 150 + i)


def run(kind, steps, **changes):
    cls, config = KINDS[kind]
    scheduler = cls(**config, **changes)
    scheduler.set_timesteps(steps)
    x = torch.randn(8, generator=torch.Generator().manual_seed(11)).reshape(1, 2, 2, 2)
    x = x * scheduler.init_noise_sigma
    generator = torch.Generator().manual_seed(5)
    frames = []
    for t in scheduler.timesteps:
        output = network(scheduler.scale_model_input(x, t), t)
        extra = dict(generator=generator) if kind == "lcm" else {}
        x = scheduler.step(output, t, x, **extra).prev_sample
        frames.append([round(v, 7) for v in x.flatten().tolist()])
    timesteps = [float(t) for t in scheduler.timesteps]
    config = {k: v for k, v in {**config, **changes}.items()}
    return dict(kind=kind, steps=steps, config=config, timesteps=timesteps, frames=frames)


cases = []
for kind in KINDS:
    for prediction in ["epsilon", "v_prediction"]:
        for steps in [4] if kind == "lcm" else [7, 20]:
            cases.append(run(kind, steps, prediction_type=prediction))
for kind in ["ddim", "dpm++2m", "euler"]:
    for spacing in ["leading", "trailing", "linspace"]:
        cases.append(run(kind, 10, timestep_spacing=spacing))
cases.append(run("ddim", 50))
cases.append(run("pndm", 1))
text = ",\n".join(json.dumps(c) for c in cases)
OUT.write_text(f'{{"versions": "diffusers {diffusers.__version__}, torch {torch.__version__}",\n"cases": [\n{text}\n]}}\n')
print(f"{len(cases)} cases -> {OUT.name}, {OUT.stat().st_size} bytes")
