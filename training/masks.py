"""`python -m training.masks --model MODEL --sam RUNS/cpu/segmenter --art ART`: how well masks fit.

Composed scenes of one thing, whose exact masks are known. Attention's mask is made as the reference makes it (LMD's section on
masks; docs/method.md, B.11), from the maps that the U-Net has of the noised scene at eight steps; Segment Anything is asked by the
point of the highest attention, as LMD asks it, and by the thing's box, as LMD+ does. Masks are compared on the 32x32 cells of the
latents, where composition takes them: mean IoU with the cells of which half or more is the thing.
"""

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import SamModel

from .attention import record
from .folder import Folder
from .scenes.compose import SIZE, Composer

LAYER = "down_blocks.1.attentions.1.transformer_blocks.0.attn2.processor"  # the one that lmd reads masks from
STEPS = range(780, 0, -100)  # the reference leaves out the first fifth
SIGMA, THRESHOLD = 1.5, 0.25
CONFIDENCE, OVERLAP = 0.85, 0.25
CELLS = 32


def smoothed(maps: torch.Tensor) -> torch.Tensor:
    """Maps (n, 16, 16) under a Gaussian, mirrored at the edges."""
    radius = round(4 * SIGMA)
    line = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / SIGMA) ** 2)
    line = line / line.sum()
    padded = torch.cat([maps.flip(2)[:, :, -radius:], maps, maps.flip(2)[:, :, :radius]], 2)
    padded = torch.cat([padded.flip(1)[:, -radius:], padded, padded.flip(1)[:, :radius]], 1)
    return F.conv2d(F.conv2d(padded[:, None], line[None, None, :, None]), line[None, None, None, :])[:, 0]


@torch.no_grad()
def attention(model: Folder, recorder, pictures: torch.Tensor, scenes) -> torch.Tensor:
    """The smoothed, normalised attention (n, 16, 16) to each scene's noun."""
    told = [model.words.encode(scene.caption) for scene in scenes]
    ids, word = torch.tensor([row[0] for row in told]), torch.tensor([row[2][0] for row in told])
    latents = model.vae.encoder(pictures) * model.vae.config.scaling_factor
    context, total = model.features(ids), 0
    for t in STEPS:
        a = model.scheduler.alphas_cumprod[t]
        model.unet(a.sqrt() * latents + (1 - a).sqrt() * torch.randn_like(latents), t, context)
        maps = recorder.maps.mean(1)  # (n, pixels, tokens)
        total = total + maps[torch.arange(len(scenes)), :, word].unflatten(1, (16, 16))
    maps = smoothed(total / len(STEPS))
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / (high - low).clamp(min=1e-9)


def cells(masks: torch.Tensor) -> torch.Tensor:
    """Masks (n, side, side) in [0,1] as cells of the latents, on where half or more is."""
    return F.adaptive_avg_pool2d(masks, CELLS) >= 0.5


def fit(ours: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """IoU (...) of masks of cells."""
    return (ours & truth).sum((-1, -2)) / (ours | truth).sum((-1, -2)).clamp(min=1)


@torch.no_grad()
def segmented(sam: SamModel, pictures: torch.Tensor, coarse: torch.Tensor, prompt: dict) -> torch.Tensor:
    """The chosen candidate (n, CELLS, CELLS): the largest that is confident and overlaps the coarse mask (docs/method.md, B.11)."""
    out = sam(pixel_values=pictures, **prompt)
    logits, trust = out.pred_masks[:, 0].float(), out.iou_scores[:, 0].float()
    found = F.interpolate(logits, (SIZE, SIZE), mode="bilinear") > 0
    found = torch.stack([cells(found[:, k].float()) for k in range(found.shape[1])], 1)
    area = found.sum((2, 3))
    faults = (trust < CONFIDENCE).long() + (fit(found, coarse[:, None]) < OVERLAP).long()
    best = (area - area.amax(1, keepdim=True) * faults).argmax(1)
    return found[torch.arange(len(found)), best]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/model"))
    parser.add_argument("--sam", type=Path, required=True, help="what stage `segmenter` made")
    parser.add_argument("--art", type=Path, required=True)
    parser.add_argument("--nouns", type=int, default=16, help="how many the model knows")
    parser.add_argument("--things", type=int, default=400)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(8)
    model, sam = Folder(arguments.model), SamModel.from_pretrained(arguments.sam, torch_dtype=torch.float32).eval()
    record(model.unet)
    layer = model.unet.attn_processors[LAYER]
    composer = Composer(arguments.art, arguments.nouns, seed=79, single=0.96)
    sums, done = {}, 0
    while done < arguments.things:
        scenes = [scene for scene in (composer.plan() for _ in range(16)) if len(scene.things) == 1]
        scenes = scenes[: arguments.things - done]
        pictures, each = composer.drawn(scenes)
        truth = cells(each[:, 0].clamp(0, 1))
        maps = attention(model, layer, pictures, scenes)
        highest = maps.flatten(1).argmax(1)
        points = torch.stack([highest % 16, highest // 16], 1) * (SIZE / 16) + SIZE / 32
        coarse = F.interpolate(maps[:, None], (CELLS, CELLS), mode="nearest")[:, 0] > THRESHOLD
        boxes = torch.tensor([[x, y, x + w, y + h] for x, y, w, h in (scene.things[0].box for scene in scenes)])
        line = (torch.arange(CELLS) + 0.5) * (SIZE / CELLS)
        inside = ((line > boxes[:, :1]) & (line < boxes[:, 2:3]))[:, None] & ((line > boxes[:, 1:2]) & (line < boxes[:, 3:]))[:, :, None]
        ones = torch.ones(len(scenes), 1, 1, dtype=torch.long)
        masks = {
            "attention": coarse,
            "SAM, by the point": segmented(sam, pictures, coarse, {"input_points": points[:, None, None], "input_labels": ones}),
            "attention in the box": coarse & inside,
            "SAM, by the box": segmented(sam, pictures, inside, {"input_boxes": boxes[:, None]}),
        }
        for name, mask in masks.items():
            sums[name] = sums.get(name, 0.0) + fit(mask, truth).sum().item()
        done += len(scenes)
    print(json.dumps({"things": done} | {name: round(value / done, 4) for name, value in sums.items()}, indent=2))


if __name__ == "__main__":
    main()
