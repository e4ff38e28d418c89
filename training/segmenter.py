"""Stage `segmenter`: a small Segment Anything (Kirillov et al., 2023, https://arxiv.org/abs/2304.02643) for the bundled world.

It learns from composed scenes, whose exact masks are known, and is the architecture of `SamModel`, so that lmd and
transformers read it alike: `lmd generate … --sam RUNS/cpu/segmenter`. Chosen by name (`--stage segmenter`); `all` leaves it out.
"""

import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import SamConfig, SamModel

from . import networks
from .detector import spoil
from .muon import Both
from .runs import Average, Learner, Run, held_out_size, level_rate
from .scenes.compose import SIZE, Composer

PATCH = 16
# The network's masks have a quarter of the picture's side in each direction.
CELL = 4
# Pictures are in [-1, 1], and so are the network's.
STATISTICS = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
# A thing with less than this of the picture's pixels in sight is not asked for.
LEAST = 0.002
# Pixels by which a corner of a box is off, a tenth of its side at most.
JITTER = 0.1


def config() -> SamConfig:
    """About 0.7 million weights."""
    return SamConfig(
        vision_config=dict(
            hidden_size=96, num_hidden_layers=4, num_attention_heads=3, image_size=SIZE, patch_size=PATCH, window_size=8,
            global_attn_indexes=[1, 3], output_channels=64, num_pos_feats=32, mlp_ratio=2.0),
        prompt_encoder_config=dict(hidden_size=64, image_size=SIZE, patch_size=PATCH, mask_input_channels=8),
        mask_decoder_config=dict(hidden_size=64, mlp_dim=128, num_attention_heads=4, iou_head_hidden_dim=64),
    )


def fresh() -> SamModel:
    """A network with weights to begin with: transformers' own are for loading over, most of them nearly zero."""
    model = SamModel(config())
    for name, weights in model.named_parameters():
        if name.endswith("positional_embedding"):
            torch.nn.init.normal_(weights, std=1.0)
        elif weights.dim() > 1 and "rel_pos" not in name:
            torch.nn.init.trunc_normal_(weights, std=0.02 if "embed" in name and "proj" not in name else weights[0].numel() ** -0.5)
    return model


class Masked(Composer):
    """Scenes with the exact mask of a thing."""

    def asked(self, n: int) -> tuple[torch.Tensor, torch.Tensor, list[tuple[float, ...]]]:
        """Pictures, the mask (n, S, S) of one thing of each, and its box x0, y0, x1, y1 in pixels."""
        pictures, masks, boxes = [], [], []
        while len(pictures) < n:
            scenes = [scene for scene in (self.plan() for _ in range(n)) if scene.things]
            shown, each = self.drawn(scenes)
            each = each.clamp(0, 1)
            for row, scene in enumerate(scenes):
                index = self.rng.randrange(len(scene.things))
                if each[row, index].mean() >= LEAST and len(pictures) < n:
                    x, y, w, h = scene.things[index].box
                    pictures.append(shown[row])
                    masks.append(each[row, index])
                    boxes.append((x, y, x + w, y + h))
        return torch.stack(pictures), torch.stack(masks), boxes


def point_in(mask: torch.Tensor, generator: torch.Generator) -> list[float]:
    """A pixel of the thing, x and y."""
    inside = (mask > 0.5).flatten().nonzero().flatten()
    if len(inside) == 0:
        inside = mask.flatten().argmax()[None]
    at = inside[torch.randint(len(inside), (1,), generator=generator).item()].item()
    return [float(at % SIZE), float(at // SIZE)]


def prompt(masks: torch.Tensor, boxes, by_box: bool, generator: torch.Generator) -> dict:
    """What the network is asked: a point on each thing, or its box, not quite exactly."""
    if not by_box:
        points = torch.tensor([point_in(mask, generator) for mask in masks])
        labels = torch.ones(len(masks), 1, 1, dtype=torch.long, device=masks.device)
        return {"input_points": points.reshape(-1, 1, 1, 2).to(masks.device), "input_labels": labels}
    corners = torch.tensor(boxes, dtype=torch.float32)
    sides = (corners[:, 2:] - corners[:, :2]).repeat(1, 2)
    off = (2 * torch.rand(corners.shape, generator=generator) - 1) * JITTER * sides
    return {"input_boxes": (corners + off).clamp(0, SIZE)[:, None].to(masks.device)}


def answers(model: SamModel, pictures: torch.Tensor, asked: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (n, 3, S/4, S/4) and expected IoU (n, 3)."""
    out = model(pixel_values=pictures, **asked)
    return out.pred_masks[:, 0].float(), out.iou_scores[:, 0].float()


def overlap(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """IoU of each candidate with the true mask (n, 1, ...), both yes or no."""
    ours, truth = logits > 0, truth > 0.5
    return (ours & truth).sum((-1, -2)) / (ours | truth).sum((-1, -2)).clamp(min=1)


def loss_of(logits: torch.Tensor, expected: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Focal loss and dice loss of the best candidate, 20 to 1, and the square error of all expected IoU (the paper's section 3
    and appendix A)."""
    truth = F.avg_pool2d(masks[:, None], CELL)
    wrong = F.binary_cross_entropy_with_logits(logits, truth.expand_as(logits), reduction="none")
    sure = torch.sigmoid(logits)
    focal = ((sure - truth).abs() ** 2 * wrong).mean((-1, -2))
    dice = 1 - (2 * (sure * truth).sum((-1, -2)) + 1) / (sure.sum((-1, -2)) + truth.sum((-1, -2)) + 1)
    best = (20 * focal + dice).min(1).values
    return (best + (expected - overlap(logits.detach(), truth)).square().mean(1)).mean()


@torch.no_grad()
def score(model: SamModel, composer: Masked, things: int, batch: int = 16) -> dict:
    """On fresh scenes: mean IoU with the true mask, of the candidate that the network trusts most and of the best one."""
    generator, sums, done = torch.Generator().manual_seed(9), {}, 0
    while done < things:
        pictures, masks, boxes = composer.asked(min(batch, things - done))
        done += len(pictures)
        truth = F.avg_pool2d(masks[:, None], CELL)
        for name, by_box in (("point", False), ("box", True)):
            logits, expected = answers(model, pictures, prompt(masks, boxes, by_box, generator))
            found = overlap(logits, truth)
            trusted = found.gather(1, expected.argmax(1, keepdim=True))
            for key, value in ((f"{name}_iou", trusted), (f"{name}_best_iou", found.max(1).values)):
                sums[key] = sums.get(key, 0.0) + value.sum().item()
    return {"things": things} | {key: value / things for key, value in sums.items()}


def save(model: SamModel, folder: Path, dtype=torch.float16) -> None:
    """The folder that lmd and transformers read."""
    kept = {name: weights.clone() for name, weights in model.state_dict().items()}
    model.to(dtype).save_pretrained(folder)
    model.to(torch.float32).load_state_dict(kept)
    (folder / "preprocessor_config.json").write_text(json.dumps(
        {"image_processor_type": "SamImageProcessor", "size": {"longest_edge": SIZE}, "do_resize": True, "do_rescale": True,
         "do_normalize": True, "do_pad": True, "pad_size": {"height": SIZE, "width": SIZE}} | STATISTICS, indent=2))


def train(run: Run, size: networks.Size, steps: int | None = None) -> None:
    """Train from nothing or from the stage's checkpoint, for as many steps as the detector."""
    steps = steps or size.detector_steps
    torch.manual_seed(6)
    model = fresh().to(run.device).train()
    average = Average(model, 0.995)
    optimizer = Both(model, [], 1e-3)
    learner = Learner(run, "segmenter.pt", model, optimizer, average)
    step = learner.step
    composer = Masked(run.art, size.nouns, seed=4000 + 2 * step + run.rank, device=run.device)
    generator = torch.Generator().manual_seed(2 * step + run.rank)
    begun, first, kept = time.time(), step, []
    while step < steps and not run.should_stop():
        optimizer.set_rate(level_rate(step, steps, warm_up=50, cooldown=0.3 * steps))
        pictures, masks, boxes = composer.asked(run.part(size.detector_batch))
        asked = prompt(masks, boxes, step % 2 == 1, generator)
        with run.autocast():
            logits, expected = answers(model, spoil(pictures, generator), asked)
        loss = loss_of(logits, expected, masks)
        step = learner.learn(loss, longest=1.0)
        kept.append(loss.item())
        if step % 25 == 0 or step == steps:
            rate = (step - first) * size.detector_batch / (time.time() - begun)
            run.log("segmenter", step=step, loss=sum(kept) / len(kept), pictures_per_s=rate)
            kept = []
        if run.leads and (step % 250 == 0 or step == steps or run.should_stop()):
            learner.save()
            save(average.model, run.path("segmenter"))
            held_out = Masked(run.art, size.nouns, seed=78, device=run.device)
            scored = score(average.model.eval(), held_out, held_out_size(step, steps, size.detector_batch))
            run.log("segmenter held-out", step=step, **scored)
