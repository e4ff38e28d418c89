"""Stage `adapters`: GLIGEN (Li et al., 2023, https://arxiv.org/abs/2301.07093) for this U-Net.

The position net and the gated self-attention (`fuser`) of every transformer block are trained with
everything else frozen, and saved alone under the names diffusers gives them.
"""

import time
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file

from . import networks
from .attention import box_loss, record
from .diffusion import EMPTY, GROUNDING, load_vae, noised, step_weight, weighted_error
from .export import averaged
from .muon import Both
from .pool import Pool, Tensors, encoded
from .runs import Run
from .scenes import captions
from .scenes.captions import Piece
from .scenes.compose import SIZE, Composer, Scene
from .tokenizer import Words

SLOTS = 30
EARLIEST = 400  # the least step trained on: below, the picture itself shows where things are
RATE = 2e-3
GATES = ("alpha_attn", "alpha_dense")  # they begin at zero, and nothing is learnt behind a closed gate
BLIND = 0.1  # share of pictures whose boxes are hidden, so that the null tokens learn too
# Share of pictures that are told neither caption nor boxes, as the unconditional half of guidance is. There null tokens
# have to change nothing: what they change, classifier-free guidance multiplies (beaches turned to night).
UNTOLD = 0.2
SILENCE = 3.0  # weight of that loss


def is_adapter(name: str) -> bool:
    return name.startswith("position_net.") or ".fuser." in name


def gated(plain: UNet2DConditionModel) -> UNet2DConditionModel:
    """A U-Net with untrained adapters; only these may learn."""
    config = {name: value for name, value in plain.config.items() if not name.startswith("_")}
    unet = UNet2DConditionModel(**config | {"attention_type": "gated"})
    missing, unexpected = unet.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected and all(is_adapter(name) for name in missing)
    for name, parameter in unet.named_parameters():
        parameter.requires_grad_(is_adapter(name))
    return unet


@torch.no_grad()
def slots(scenes: list[Scene], composer: Composer, words: Words, painter, device: str, blind: float = BLIND) -> Tensors:
    """Grounding inputs: boxes (n, 30, 4) as x0 y0 x1 y1 in [0,1], masks (n, 30), pooled phrases (n, 30, width)."""
    width = painter.text.config.hidden_size
    boxes, masks = torch.zeros(len(scenes), SLOTS, 4), torch.zeros(len(scenes), SLOTS)
    phrases, where = [], []
    for row, scene in enumerate(scenes):
        for slot, thing in enumerate(scene.things):
            x, y, w, h = thing.box
            boxes[row, slot] = torch.tensor([x, y, x + w, y + h]) / SIZE
            masks[row, slot] = 1
            told = scene.groups[thing.group]  # LMD names each of n identical boxes by the plural phrase
            told = told if composer.rng.random() < 0.5 else captions.Group(told.noun, told.paint, 1)
            phrases.append(words.encode([Piece(captions.phrase(told, composer.nouns))])[0])
            where.append((row, slot))
    embeddings = torch.zeros(len(scenes), SLOTS, width)
    if phrases:
        rows, columns = torch.tensor(where).T
        embeddings[rows, columns] = painter.text(torch.tensor(phrases, device=device)).pooler_output.cpu()
    hidden = torch.rand(len(scenes)) < blind
    masks[hidden] = 0
    return {"boxes": boxes.to(device), "masks": masks.to(device), "positive_embeddings": embeddings.to(device)}


SLOT_NAMES = ("boxes", "masks", "positive_embeddings")


def loss_of(unet, recorders, painter, batch: Tensors, alphas, empty_ids) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The losses of one batch: velocity, weighted as in stage `unet`; the grounding of the new attention; and how far null
    tokens alone move a prediction. Steps are those at which gates are open in use, and some more."""
    latents, n = batch["latents"], len(batch["latents"])
    t = (EARLIEST + (1000 - EARLIEST) * (torch.randperm(n) + torch.rand(n)) / n).long().clamp(max=999).to(latents.device)
    velocity, noisy = noised(latents, t, alphas)
    dice = torch.rand(n, device=latents.device)
    untold, dropped = dice < UNTOLD, dice < UNTOLD + EMPTY
    masks = batch["masks"] * ~untold[:, None]
    with torch.no_grad():
        features = painter.features(torch.where(dropped[:, None], empty_ids, batch["ids"]))
        without = painter.unet(noisy[untold], t[untold], features[untold]).sample if untold.any() else noisy[untold]
    grounding = {"gligen": {name: batch[name] for name in SLOT_NAMES} | {"masks": masks}}
    predicted = unet(noisy, t, features, cross_attention_kwargs=grounding).sample
    velocity_part = weighted_error(predicted, velocity, step_weight(alphas, t), batch["coverage"])
    moved = (predicted[untold].float() - without.float()).square().sum() / max(1, without.numel())
    return velocity_part, box_loss(recorders, batch["boxes"], masks), moved


def train(run: Run, size: networks.Size, steps: int | None = None, compiled: bool = False, resume_from: Path | None = None) -> None:
    steps = steps or size.adapter_steps
    painter, words, _ = averaged(run, size)
    painter.to(run.device).requires_grad_(False)
    unet = gated(painter.unet).to(run.device, memory_format=torch.channels_last)
    learned = [p for p in unet.parameters() if p.requires_grad]
    optimizer = Both(unet, [], RATE, GATES)
    state, step = run.load("adapters.pt"), 0
    if state:
        unet.load_state_dict(state["model"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    elif resume_from:
        unet.load_state_dict(load_file(resume_from / "gligen/diffusion_pytorch_model.safetensors"), strict=False)
    recorders = record(unet, "fuser.attn")
    if compiled:
        unet.compile()
    vae = load_vae(run)
    part = run.part(size.unet_batch)
    composer = Composer(run.art, size.nouns, seed=7000 + 2 * step + run.rank, device=run.device)
    torch.manual_seed(2 * step + run.rank)

    def encode(made):
        return encoded(made, vae, words) | slots(made.scenes, composer, words, painter, run.device)

    pool = Pool(composer, encode, capacity=100 * part, reuse=8)
    while pool.made < min(20, steps) * part:
        pool.add(part)
    alphas = networks.scheduler().alphas_cumprod.to(run.device)
    empty_ids = words.batch([""]).to(run.device)
    begun, first, kept = time.time(), step, []
    while step < steps and not run.should_stop():
        optimizer.set_rate(min(1, (step + 1) / 50, 0.02 + (steps - step) / (0.5 * steps)))
        batch = pool.draw(part)
        with run.autocast():
            velocity_part, grounding_part, moved = loss_of(unet, recorders, painter, batch, alphas, empty_ids)
        unet.zero_grad()
        (velocity_part + GROUNDING * grounding_part + SILENCE * moved).backward()
        run.share_gradients(learned)
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        step += 1
        kept.append((velocity_part.item(), grounding_part.item(), moved.item()))
        if step % 25 == 0 or step == steps:
            velocity_mean, grounding_mean, moved_mean = (sum(k) / len(kept) for k in zip(*kept))
            run.log("adapters", step=step, velocity=velocity_mean, grounding=grounding_mean, moved=moved_mean, pictures_per_s=(step - first) * size.unet_batch / (time.time() - begun))
            kept = []
        if run.leads and (step % 250 == 0 or step == steps or run.should_stop()):
            state = {name: value for name, value in unet.state_dict().items() if is_adapter(name)}
            run.save("adapters.pt", {"model": state, "optimizer": optimizer.state_dict(), "step": step})
            save(run, state)


def save(run: Run, state: dict) -> None:
    """adapters/diffusion_pytorch_model.safetensors: position_net.* and *.fuser.*, f16."""
    run.path("adapters").mkdir(exist_ok=True)
    path = run.path("adapters/diffusion_pytorch_model.safetensors")
    save_file({name: value.to(torch.float16).contiguous() for name, value in state.items()}, path)
    assert all(is_adapter(name) for name in load_file(path))


class Grounded:
    """A gated U-Net's further arguments while sampling: the slots of the rows asked for, hidden in the unconditional
    half, and no gate after a share of the steps (scheduled sampling, section 3 of the paper)."""

    def __init__(self, unet, slots: Tensors, steps: int, share: float):
        self.gates = [module for name, module in unet.named_modules() if name.endswith(".fuser")]
        self.slots, self.until = slots, share * steps

    def __call__(self, rows: torch.Tensor, step: int) -> dict:
        for gate in self.gates:
            gate.enabled = step < self.until
        twice = {name: torch.cat([values[rows], values[rows]]) for name, values in self.slots.items()}
        twice["masks"][: len(rows)] = 0
        return {"cross_attention_kwargs": {"gligen": twice}}
