"""The methods that LMD is compared with, in PyTorch, from the formulas of docs/method.md (section C) alone: layout guidance (backward
guidance), BoxDiff, GLIGEN and MultiDiffusion.
"""

import torch
import torch.nn.functional as F

from method import (NEGATIVE, SAMPLERS, Run, Thing, corners, denoise, group, locate, on_map, prompt_of, randn, rasterise,
                    scale_of)

EVERYWHERE = "headshot, close-up, partial, large, large, huge, gigantic"
OBJECTS = "cut-out, partial, occluded, weird"


# --- Energies ---

def ratio_energy(maps, things, size):
    """Backward guidance: the share of a token's attention outside of its boxes, squared."""
    total = 0
    for attention in maps:
        for thing in things:
            mask = on_map(thing.boxes, attention, size).to(attention.dtype)
            for token in thing.tokens:
                column = attention[:, :, token]
                total = total + (1 - (column * mask).sum(-1) / column.sum(-1)).square().mean() / len(thing.tokens)
    return total / (len(things) * len(maps))


def cells(box, side):
    """x0, y0, x1, y1 on the grid (B.4)."""
    x, y = round(box[0] * side), round(box[1] * side)
    return x, y, x + round((box[2] - box[0]) * side), y + round((box[3] - box[1]) * side)


def edges(seen, spans, shadows, axis):
    """Largest value of each line against the shadow of the boxes, within a cell of the first and the last of `spans`."""
    side = seen.shape[0]
    shadow, near = torch.zeros(side, dtype=seen.dtype), torch.zeros(side, dtype=seen.dtype)
    for low, high in shadows:
        shadow[low:high] = 1
    for span in spans:
        for edge in span:
            near[max(0, edge - 1) : edge + 2] = 1
    return ((seen.amax(axis) - shadow).abs() * near).mean()


def boxdiff_energy(maps, things, side, reference):
    """BoxDiff's own paper takes the noun and one rectangle; the comparison of LMD takes all tokens and each box, whose far
    edge is one past its last cell."""
    mean = torch.cat(maps).mean(0)[:, 1:-1]
    shares = (100 * mean).softmax(-1).view(side, side, -1)
    line = torch.exp(-((torch.arange(3, dtype=mean.dtype) - 1) / (2 * 0.5)) ** 2)
    kernel = torch.outer(line, line) / line.sum() ** 2
    total = 0
    for thing in things:
        around = [f(box[i] for box in thing.boxes) for i, f in enumerate((min, min, max, max))]
        held = [cells(box, side) for box in (thing.boxes if reference else [around])]
        across, down = [(x0, x1) for x0, _, x1, _ in held], [(y0, y1) for _, y0, _, y1 in held]
        last = lambda spans: spans if reference else [(low, high - 1) for low, high in spans]
        mask = rasterise(thing.boxes, side, side).to(mean.dtype)
        for token in thing.tokens if reference else [thing.word]:
            picture = shares[:, :, token - 1][None, None]
            seen = F.conv2d(F.pad(picture, (1, 1, 1, 1), mode="reflect"), kernel[None, None])[0, 0]
            top = lambda m: (seen * m).flatten().topk(int(0.2 * m.sum())).values.mean()
            total = total + (1 - top(mask)).clamp(min=0) + top(1 - mask).clamp(min=0)
            total = total + edges(seen, last(across), across, 0) + edges(seen, last(down), down, 1)
    return total


# --- The methods ---

def guided_whole(networks, case, size):
    """The run of the whole prompt that backward guidance and BoxDiff guide."""
    config, steps = case["config"], case["config"]["steps"]
    things = group(sorted(case["objects"], key=lambda one: one[0]))
    prompt = prompt_of(case["background"], [thing.phrase for thing in things])
    for thing in things:
        locate(networks, prompt, thing)
    if config["method"] == "boxdiff":
        own, coarsest = config["boxdiff"], min(values.shape[-2] for values in networks.maps.values())
        side = round((4 * coarsest) ** 0.5)
        layers = tuple(key for key, values in networks.maps.items() if values.shape[-2] == side * side)
        energy = lambda _step, maps: boxdiff_energy(list(maps.values()), things, side, config["fidelity"] == "reference")
        guidance = dict(max_index_step=-(-steps // 2), max_iter=[1], loss_scale=1.0, loss_threshold=0.0)
        length = lambda step: own["step_size"] * (1 - 0.5 * step / (steps - 1)) ** 0.5
        more = dict(layers=layers, length=length)
    else:
        own = config["backward_guidance"]
        energy = lambda _step, maps: ratio_energy(list(maps.values()), things, size)
        guidance = dict(max_index_step=-(-steps // 5), max_iter=[own["max_iter"]], loss_scale=own["loss_scale"],
                        loss_threshold=own["loss_threshold"])
        more = {}
    return Run(networks.encode(prompt), networks.encode(NEGATIVE), start_of(case, size, networks), guidance, energy,
               seed=case["seeds"]["background"], **more)


def start_of(case, size, networks):
    return randn(case["seeds"]["background"], size, networks.dtype) * scale_of(case["config"])


def grounded(networks, case, size):
    """GLIGEN: the whole prompt; every object's own phrase in the slots."""
    config = case["config"]
    things = group(sorted(case["objects"], key=lambda one: one[0]))
    prompt = prompt_of(case["background"], [thing.phrase for thing in things])
    single = [Thing(name, [corners(box)]) for name, box in sorted(case["objects"], key=lambda one: one[0])]
    guidance = dict(max_index_step=0, max_iter=[0], loss_scale=1.0, loss_threshold=0.0)
    return Run(networks.encode(prompt), networks.encode(NEGATIVE), start_of(case, size, networks), guidance, None,
               grounding=(networks.slots(single), int(config["grounding_beta"] * config["steps"])), seed=case["seeds"]["background"])


@torch.no_grad()
def multidiffusion(networks, case, size):
    """Every region by its own prompt, joined at every step; later boxes on top; no plain colours at the beginning."""
    config, owners = case["config"], torch.zeros(size[1], size[0], dtype=torch.long)
    prompts = [(case["background"], f"{NEGATIVE}, {EVERYWHERE}")]
    for k, (name, box) in enumerate(case["objects"]):
        owners[rasterise([corners(box)], *size)] = k + 1
        prompts.append((name, f"{NEGATIVE}, {EVERYWHERE}, {OBJECTS}"))
    texts = [(networks.encode(negative), networks.encode(prompt)) for prompt, negative in prompts]
    sampler = SAMPLERS[config["sampler"]](config["steps"], case["seeds"]["background"])
    z = start_of(case, size, networks)
    frames = [z]
    for i, t in enumerate(sampler.timesteps):
        joined = torch.zeros_like(z)
        for k, text in enumerate(texts):
            uncond, cond = networks.noise(sampler.scale_input(i, torch.cat([z, z])), t, torch.cat(text)).chunk(2)
            stepped = sampler.step(i, uncond + config["cfg_scale"] * (cond - uncond), z)
            joined = torch.where(owners == k, stepped, joined)
        z = joined
        frames.append(z)
    return frames, [[] for _ in sampler.timesteps]


def draw_rival(networks, case):
    """Frames of latents and the energies of each step."""
    config = case["config"]
    factor = 2 ** (len(networks.vae.config.block_out_channels) - 1)
    size = (config["width"] // factor, config["height"] // factor)
    if config["method"] == "multidiffusion":
        return multidiffusion(networks, case, size)
    run = (grounded if config["method"] == "gligen" else guided_whole)(networks, case, size)
    frames, _, energies = denoise(networks, config, run)
    return frames, energies
