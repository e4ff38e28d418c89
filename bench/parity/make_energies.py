"""Makes crates/lmd-diffusion/tests/data/energies.json: the energies of backward guidance and of BoxDiff and their
gradients by the maps, from the formulas of docs/method.md (section C) with autograd.

    python bench/parity/make_energies.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-diffusion/tests/data/energies.json"
HEADS, SIDE, TOKENS = 2, 16, 9
# Boxes x0, y0, x1, y1 in shares of the picture, the tokens of the phrase, its word.
THINGS = [([[0.1, 0.2, 0.6, 0.7]], [2, 3, 4], 4), ([[0.5, 0.4, 1.0, 1.0], [0.05, 0.6, 0.4, 0.95]], [6], 6)]


def random_maps(seed):
    """Two layers of maps (heads, cells, tokens), as the test makes them."""
    make = lambda seed: (0.7 * torch.randn(HEADS * SIDE * SIDE * TOKENS, generator=torch.Generator().manual_seed(seed))).exp()
    return [(0.02 * make(seed + i)).view(HEADS, SIDE * SIDE, TOKENS).double().requires_grad_() for i in range(2)]


def cells(box):
    """x0, y0, x1, y1 on the grid (B.4)."""
    x, y = round(box[0] * SIDE), round(box[1] * SIDE)
    return x, y, x + round((box[2] - box[0]) * SIDE), y + round((box[3] - box[1]) * SIDE)


def mask_of(boxes):
    mask = torch.zeros(SIDE, SIDE, dtype=torch.float64)
    for x0, y0, x1, y1 in map(cells, boxes):
        mask[y0:y1, x0:x1] = 1
    return mask


def ratio(maps):
    total = 0
    for attention in maps:
        for boxes, tokens, _ in THINGS:
            mask = mask_of(boxes).flatten()
            for token in tokens:
                column = attention[:, :, token]
                total = total + (1 - (column * mask).sum(-1) / column.sum(-1)).square().mean() / len(tokens)
    return total / (len(THINGS) * len(maps))


def edges(seen, spans, shadows, axis):
    """Largest value of each line against the shadow of the boxes, within a cell of the first and the last of `spans`."""
    shadow, near = torch.zeros(SIDE, dtype=torch.float64), torch.zeros(SIDE, dtype=torch.float64)
    for low, high in shadows:
        shadow[low:high] = 1
    for span in spans:
        for edge in span:
            near[max(0, edge - 1) : edge + 2] = 1
    return ((seen.amax(axis) - shadow).abs() * near).mean()


def boxdiff_of(maps, reference):
    """The paper's energy takes the noun and one rectangle; the comparison of LMD takes all tokens and each box, whose far
    edge is one past its last cell."""
    mean = torch.cat(maps).mean(0)[:, 1:-1]
    shares = (100 * mean).softmax(-1).view(SIDE, SIDE, -1)
    line = torch.exp(-((torch.arange(3, dtype=torch.float64) - 1) / (2 * 0.5)) ** 2)
    kernel = torch.outer(line, line) / line.sum() ** 2
    total = 0
    for boxes, tokens, word in THINGS:
        around = [f(box[i] for box in boxes) for i, f in enumerate((min, min, max, max))]
        held = [cells(box) for box in (boxes if reference else [around])]
        across, down = [(x0, x1) for x0, _, x1, _ in held], [(y0, y1) for _, y0, _, y1 in held]
        last = lambda spans: spans if reference else [(low, high - 1) for low, high in spans]
        for token in tokens if reference else [word]:
            picture = shares[:, :, token - 1][None, None]
            seen = F.conv2d(F.pad(picture, (1, 1, 1, 1), mode="reflect"), kernel[None, None])[0, 0]
            mask = mask_of(boxes)
            top = lambda m: (seen * m).flatten().topk(int(0.2 * m.sum())).values.mean()
            total = total + (1 - top(mask)).clamp(min=0) + top(1 - mask).clamp(min=0)
            total = total + edges(seen, last(across), across, 0) + edges(seen, last(down), down, 1)
    return total


def boxdiff(maps):
    return boxdiff_of(maps, reference=False)


def boxdiff_reference(maps):
    return boxdiff_of(maps, reference=True)


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
