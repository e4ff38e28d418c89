"""Makes crates/lmd-diffusion/tests/data/energies.json: the energies of backward guidance and of BoxDiff and their
gradients by the maps, from the formulas of docs/method.md (section C) with autograd.

    python bench/parity/make_energies.py
"""

import json
import pathlib

import torch

from method import Thing
from rivals import boxdiff_energy, ratio_energy

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-diffusion/tests/data/energies.json"
HEADS, SIDE, TOKENS = 2, 16, 9
# Boxes x0, y0, x1, y1 in shares of the picture, the tokens of the phrase, its word.
THINGS = [([[0.1, 0.2, 0.6, 0.7]], [2, 3, 4], 4), ([[0.5, 0.4, 1.0, 1.0], [0.05, 0.6, 0.4, 0.95]], [6], 6)]


def random_maps(seed):
    """Two layers of maps (heads, cells, tokens), as the test makes them."""
    make = lambda seed: (0.7 * torch.randn(HEADS * SIDE * SIDE * TOKENS, generator=torch.Generator().manual_seed(seed))).exp()
    return [(0.02 * make(seed + i)).view(HEADS, SIDE * SIDE, TOKENS).double().requires_grad_() for i in range(2)]


def things():
    return [Thing("", boxes, tokens, word) for boxes, tokens, word in THINGS]


def ratio(maps):
    return ratio_energy(maps, things(), (SIDE, SIDE))


def boxdiff(maps):
    return boxdiff_energy(maps, things(), SIDE, reference=False)


def boxdiff_reference(maps):
    return boxdiff_energy(maps, things(), SIDE, reference=True)


def main():
    result = {"heads": HEADS, "side": SIDE, "tokens": TOKENS, "seed": 31, "things": THINGS}
    for energy in (ratio, boxdiff, boxdiff_reference):
        maps = random_maps(result["seed"])
        value = energy(maps)
        value.backward()
        # The gradient is told by its sum with weights and by its length.
        weights = random_maps(result["seed"] + 10)
        result[energy.__name__] = {
            "value": value.item(),
            "slope": sum((m.grad * w.detach()).sum().item() for m, w in zip(maps, weights)),
            "norm": sum(m.grad.square().sum().item() for m in maps) ** 0.5,
        }
    OUT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: result[name] for name in ("ratio", "boxdiff", "boxdiff_reference")}))


if __name__ == "__main__":
    main()
