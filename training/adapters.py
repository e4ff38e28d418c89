"""Stage `adapters`: GLIGEN (Li et al., 2023, https://arxiv.org/abs/2301.07093) for this U-Net.

The position net and the gated self-attention (`fuser`) of every transformer block are trained with
everything else frozen, and saved alone under the names diffusers gives them.
"""

import time

import torch
from safetensors.torch import load_file, save_file

from . import networks
from .diffusion import EMPTY, load_vae, spread_steps, step_weight
from .export import averaged
from .runs import Run, channels_last
from .scenes import captions
from .scenes.captions import Piece
from .scenes.compose import SIZE, Composer, Scene
from .tokenizer import Words

SLOTS = 30
BLIND = 0.1  # share of pictures whose boxes are hidden, so that the null tokens learn too


def is_adapter(name: str) -> bool:
    return name.startswith("position_net.") or ".fuser." in name


def gated(painter, size: networks.Size, vocabulary: int):
    """The painter's U-Net with untrained adapters; only these may learn."""
    unet = networks.unet(size, attention_type="gated")
    missing, unexpected = unet.load_state_dict(painter.unet.state_dict(), strict=False)
    assert not unexpected and all(is_adapter(name) for name in missing)
    for name, parameter in unet.named_parameters():
        parameter.requires_grad_(is_adapter(name))
    return unet


def slots(scenes: list[Scene], composer: Composer, words: Words, painter, device: str) -> dict:
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
    hidden = torch.rand(len(scenes)) < BLIND
    masks[hidden] = 0
    return {"boxes": boxes.to(device), "masks": masks.to(device), "positive_embeddings": embeddings.to(device)}


def train(run: Run, size: networks.Size, steps: int | None = None) -> None:
    steps = steps or size.adapter_steps
    painter, words, _ = averaged(run, size)
    painter.to(run.device).requires_grad_(False)
    unet = gated(painter, size, words.vocabulary).to(run.device, memory_format=torch.channels_last)
    learned = [p for p in unet.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, 1e-3, betas=(0.9, 0.99), weight_decay=0.01)
    state, step = run.load("adapters.pt"), 0
    if state:
        unet.load_state_dict(state["model"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    vae = load_vae(run)
    composer = Composer(run.art, size.nouns, seed=7000 + 2 * step + run.rank, device=run.device)
    torch.manual_seed(2 * step + run.rank)
    alphas = networks.scheduler().alphas_cumprod.to(run.device)
    empty_ids = words.batch([""]).to(run.device)
    begun, first, kept, part = time.time(), step, [], run.part(size.unet_batch)
    while step < steps and not run.should_stop():
        optimizer.param_groups[0]["lr"] = 1e-3 * min(1, (step + 1) / 50, 0.02 + (steps - step) / (0.3 * steps))
        made = composer.batch(part)
        with torch.no_grad():
            latents = vae.encoder(channels_last(made.pictures)) * vae.config.scaling_factor
            ids = torch.tensor([words.encode(scene.caption)[0] for scene in made.scenes], device=run.device)
            dropped = torch.rand(part, device=run.device) < EMPTY
            features = painter.features(torch.where(dropped[:, None], empty_ids, ids))
            grounding = slots(made.scenes, composer, words, painter, run.device)
        t = spread_steps(part, run.device)
        noise, a = torch.randn_like(latents), alphas[t][:, None, None, None]
        noisy = channels_last(a.sqrt() * latents + (1 - a).sqrt() * noise)
        with run.autocast():
            predicted = unet(noisy, t, features, cross_attention_kwargs={"gligen": grounding}).sample.float()
        weight = step_weight(alphas, t)[:, None, None, None]
        loss = ((predicted - noise).square() * weight).mean() / weight.mean()
        optimizer.zero_grad()
        loss.backward()
        run.share_gradients(learned)
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        step += 1
        kept.append(loss.item())
        if step % 25 == 0 or step == steps:
            run.log("adapters", step=step, noise=sum(kept) / len(kept), pictures_per_s=(step - first) * size.unet_batch / (time.time() - begun))
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
