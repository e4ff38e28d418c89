"""Makes crates/lmd-diffusion/tests/data/rivals: what rivals.py draws with the small model of crates/lmd-nn/tests/data/sd1.

    python bench/parity/make_rivals.py
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

from make_method import CAT, DOG, case, difference
from method import Networks
from rivals import draw_rival

ROOT = pathlib.Path(__file__).resolve().parents[2] / "crates"
DATA, OUT = ROOT / "lmd-nn/tests/data", ROOT / "lmd-diffusion/tests/data/rivals"
THREE = [["a cat", [30, 40, 180, 200]], DOG, ["a cat", [250, 30, 220, 170]]]


def rival(method, objects, seed, fidelity="corrected", **own):
    made = case(objects, seed=seed, method=method, fidelity=fidelity)
    if own:
        made["config"][method] = own
    return made


# A random network is chaotic: gentle updates keep f32 and f64 together.
LAYOUT_GUIDANCE = dict(max_iter=2, loss_scale=5.0, loss_threshold=0.2)
BOXDIFF = dict(step_size=0.5)
CASES = {
    "backward_guidance": rival("backward_guidance", THREE, 21, **LAYOUT_GUIDANCE),
    "boxdiff": rival("boxdiff", THREE, 22, **BOXDIFF),
    "boxdiff_reference": rival("boxdiff", THREE, 23, "reference", **BOXDIFF),
    "gligen": rival("gligen", THREE, 24),
    "multidiffusion": rival("multidiffusion", [CAT, DOG], 25, bootstrapping=0.0),
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    single = Networks(DATA / "sd1", DATA / "tokenizer")
    double = Networks(DATA / "sd1", DATA / "tokenizer", torch.float64)
    for name, one in CASES.items():
        frames, energies = draw_rival(single, one)
        exact, _ = draw_rival(double, one)
        print(f"{name}: f32 from f64 {difference(frames, exact):.1e}; energies {[[round(e, 3) for e in step] for step in energies]}")
        save_file({"latents": torch.cat(frames[1:]).contiguous()}, OUT / f"{name}.safetensors")
        (OUT / f"{name}.json").write_text(json.dumps(dict(one, energies=energies), indent=1) + "\n")


if __name__ == "__main__":
    main()
