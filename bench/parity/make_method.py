"""Makes crates/lmd-diffusion/tests/data/method: what method.py draws with the small model
of crates/lmd-nn/tests/data/sd1.

    python bench/parity/make_method.py
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from method import Networks, draw

ROOT = pathlib.Path(__file__).resolve().parents[2] / "crates"
DATA, OUT = ROOT / "lmd-nn/tests/data", ROOT / "lmd-diffusion/tests/data/method"

ENERGY = dict(fg_top_p=0.2, bg_top_p=0.2, fg_weight=1.0, bg_weight=4.0)
GUIDANCE = dict(max_index_step=4, max_iter=[3, 2, 1], loss_scale=5.0, loss_threshold=0.5, energy=ENERGY)
CONFIG = dict(
    method="lmd", width=64, height=64, steps=6, cfg_scale=2.0, sampler="ddim", fidelity="corrected", grounding_beta=0.4,
    lmd=dict(per_box=GUIDANCE, overall=GUIDANCE, frozen_step_ratio=0.5, transfer_weight=2.0,
             fg_blending_ratio=0.01, floor_padding=0.2, mask_threshold=0.55, mask_sigma=0.8),
)
CAT, DOG = ["a gray cat", [40, 60, 260, 200]], ["a dog", [300, 230, 180, 260]]


def case(objects, background="the table", seed=7, **changes):
    """A case; changes are written as `lmd__per_box__loss_threshold=...`."""
    config = json.loads(json.dumps(CONFIG))  # nothing shared between its parts
    for path, value in changes.items():
        *inner, last = path.split("__")
        target = config
        for name in inner:
            target = target[name]
        target[last] = value
    seeds = dict(background=seed, first_box=seed + 123456789)
    return dict(objects=objects, background=background, seeds=seeds, config=config)


# A random network is chaotic: shorter steps of guidance keep f32 and f64 together.
GENTLE = dict(lmd__per_box__loss_scale=1.0, lmd__overall__loss_scale=1.0)

CASES = {
    "one": case([CAT], seed=13),
    "two": case([CAT, DOG], seed=8),
    "repeated": case([["a cat", [30, 40, 180, 200]], DOG, ["a cat", [250, 30, 220, 170]]], seed=9),
    "wide": case([DOG, CAT], seed=10, width=128),
    "crossing": case([CAT], seed=11, lmd__per_box__loss_threshold=9.2, lmd__overall__loss_threshold=11.0),
    "plus": case([["a cat", [30, 40, 180, 200]], DOG, ["a cat", [250, 30, 220, 170]]], seed=17, method="lmd_plus",
                 grounding_beta=0.7, lmd__fg_blending_ratio=None),
    "plus_reference": case([CAT, DOG], seed=15, method="lmd_plus", fidelity="reference"),
    "dpm": case([CAT, DOG], seed=12, sampler="dpm++2m", fidelity="reference",
                lmd__per_box__loss_scale=0.01, lmd__overall__loss_scale=0.01),
    "dpm_mended": case([CAT, DOG], seed=32, sampler="dpm++2m", **GENTLE),
    "dpm_plus": case([CAT, DOG], seed=30, sampler="dpm++2m", method="lmd_plus", **GENTLE),
    "euler": case([CAT, DOG], seed=33, sampler="euler", **GENTLE),
    "euler_reference": case([CAT, DOG], seed=20, sampler="euler", fidelity="reference",
                            lmd__per_box__loss_scale=0.01, lmd__overall__loss_scale=0.01),
    "euler_plus": case([CAT, DOG], seed=30, sampler="euler", method="lmd_plus", **GENTLE),
    "pndm": case([CAT, DOG], seed=22, sampler="pndm"),
    "pndm_plus": case([CAT, DOG], seed=23, sampler="pndm", method="lmd_plus"),
    "lcm": case([CAT, DOG], seed=30, sampler="lcm", **GENTLE),
    "lcm_plus": case([CAT, DOG], seed=34, sampler="lcm", method="lmd_plus", **GENTLE),
}


def text(mask):
    return ["".join(".#"[int(on)] for on in row) for row in mask]


def difference(a, b):
    return max((x.double() - y.double()).abs().max().item() for x, y in zip(a, b))


def compare(name, single, double):
    """How far f32 itself is from f64, and how close a mask's cell is to the other side."""
    runs = [(s["frames"], d["frames"]) for s, d in zip([single, *single["boxes"]], [double, *double["boxes"]])]
    margin = min(abs(b["share"] - CONFIG["lmd"]["mask_threshold"]).min() for b in single["boxes"])
    same = all((s["mask"] == d["mask"]).all() for s, d in zip(single["boxes"], double["boxes"]))
    print(f"{name}: f32 from f64 {[f'{difference(*run):.1e}' for run in runs]}, "
          f"largest latent {single['frames'][-1].abs().max():.1f}, masks same {same}, margin {margin:.4f}, "
          f"offsets {[b['offset'] for b in single['boxes']]}, areas {[int(b['mask'].sum()) for b in single['boxes']]}, "
          f"overall {[[round(e, 3) for e in step] for step in single['energies']]}, "
          f"boxes {[[[round(e, 3) for e in step] for step in b['energies']] for b in single['boxes']]}")


def write(name, case, drawn):
    tensors = {"noise": drawn["noise"], "picture": drawn["picture"], "overall.latents": torch.cat(drawn["frames"])}
    tensors |= {f"box{k}.latents": torch.cat(b["frames"]) for k, b in enumerate(drawn["boxes"])}
    save_file({k: v.contiguous() for k, v in tensors.items()}, OUT / f"{name}.safetensors")
    boxes = [dict(offset=b["offset"], mask=text(b["mask"]), placed_mask=text(b["placed_mask"]),
                  energies=b["energies"]) for b in drawn["boxes"]]
    result = dict(prompt=drawn["prompt"], boxes=boxes, energies=drawn["energies"])
    (OUT / f"{name}.json").write_text(json.dumps(dict(case, expected=result), indent=1) + "\n")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    single = Networks(DATA / "sd1", DATA / "tokenizer")
    double = Networks(DATA / "sd1", DATA / "tokenizer", torch.float64)
    for name in sys.argv[1:] or CASES:
        drawn = draw(single, CASES[name])
        compare(name, drawn, draw(double, CASES[name]))
        write(name, CASES[name], drawn)
    print(sum(p.stat().st_size for p in OUT.iterdir()), "bytes")


if __name__ == "__main__":
    main()
