"""LLM-grounded Diffusion in PyTorch, written from the formulas of docs/method.md alone.

It shares nothing with the Rust version but those formulas: networks are diffusers', gradients
are autograd's. Numbers in brackets are sections of that page.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import torch
from diffusers import (AutoencoderKL, DPMSolverMultistepScheduler, EulerDiscreteScheduler, LCMScheduler,
                       PNDMScheduler, UNet2DConditionModel)
from diffusers.schedulers import scheduling_lcm as lcm
from transformers import CLIPTextModel, CLIPTokenizer

from reference import keep_maps, with_grounding

NEGATIVE = ("artifacts, blurry, smooth texture, bad quality, distortions, unrealistic, "
            "distorted image, bad proportions, duplicate")
NEGATIVE_ALONE = NEGATIVE + ", two, many, group, occlusion, occluded, side, border, collate"
NUMBERS = {2: "two", 3: "three", 4: "four"}
BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
GUIDED = ("mid.0.0", "up.1.0", "up.1.1", "up.1.2")


SLOTS = 30  # of grounding layers


class Networks:
    """A small Stable Diffusion of three resolutions, with grounding layers."""

    def __init__(self, folder, tokenizer, dtype=torch.float32):
        self.dtype = dtype
        self.tokenizer = CLIPTokenizer.from_pretrained(tokenizer)
        self.text = CLIPTextModel.from_pretrained(folder / "text_encoder").to(dtype).eval()
        plain = UNet2DConditionModel.from_pretrained(folder / "unet")
        self.unet = with_grounding(plain, folder / "gligen").to(dtype)
        self.gates = [module for name, module in self.unet.named_modules() if name.endswith(".fuser")]
        self.vae = AutoencoderKL.from_pretrained(folder / "vae").to(dtype).eval()
        for network in (self.text, self.unet, self.vae):
            network.requires_grad_(False)
        self.maps = keep_maps(self.unet)
        self.mask_layer = max(key for key in self.unet_keys() if key.startswith("down"))

    def unet_keys(self):
        self.noise(torch.zeros(1, 4, 8, 8, dtype=self.dtype), 1, torch.zeros(
            1, 77, self.unet.config.cross_attention_dim, dtype=self.dtype))
        return list(self.maps)

    def noise(self, z, t, text, slots=None):
        """The U-Net's prediction; without slots, past the grounding layers (B.14)."""
        for gate in self.gates:
            gate.enabled = slots is not None
        return self.unet(z, t, text, cross_attention_kwargs={"gligen": slots} if slots else None).sample

    def slots(self, things):
        """Grounding inputs for phrases in boxes; empty slots become null tokens."""
        width = self.unet.config.cross_attention_dim
        boxes, masks = torch.zeros(1, SLOTS, 4, dtype=self.dtype), torch.zeros(1, SLOTS, dtype=self.dtype)
        phrases = torch.zeros(1, SLOTS, width, dtype=self.dtype)
        for i, (phrase, box) in enumerate((thing.phrase, box) for thing in things for box in thing.boxes):
            boxes[0, i], masks[0, i] = torch.tensor(box, dtype=self.dtype), 1
            ids = self.tokenizer(phrase, padding="max_length", truncation=True, max_length=77)["input_ids"]
            phrases[0, i] = self.text(torch.tensor([ids])).pooler_output[0]
        return {"boxes": boxes, "masks": masks, "positive_embeddings": phrases}

    def encode(self, prompt):
        ids = self.tokenizer(prompt, padding="max_length", truncation=True, max_length=77)["input_ids"]
        return self.text(torch.tensor([ids])).last_hidden_state

    def tokens(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def picture(self, latents):
        pixels = self.vae.decode(latents / self.vae.config.scaling_factor).sample[0]
        return ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)


# --- Prompts, phrases, boxes (A.6, B.4, B.5, B.6) ---

@dataclasses.dataclass
class Thing:
    """What is guided: a phrase with the boxes it stands for."""

    phrase: str
    boxes: list  # x0, y0, x1, y1 in shares of the picture
    tokens: list = None
    word: int = None


def corners(xywh):
    x, y, w, h = (value / 512 for value in xywh)
    return (x, y, x + w, y + h)


def centred(box, floor):
    x0, y0, x1, y1 = box
    return (0.5 - (x1 - x0) / 2, 1 - floor - (y1 - y0), 0.5 + (x1 - x0) / 2, 1 - floor)


def plural(name, count):
    words = [word for word in name.split(" ") if word not in ("a", "an")]
    return f"{NUMBERS[count]} {' '.join(words)}s"


def prompt_of(background, phrases):
    return f"{background} with {', '.join(phrases)}"


def group(objects):
    """Equal captions are one thing with several boxes, in the order of captions."""
    things = []
    for name in sorted({name for name, _ in objects}):
        boxes = [corners(box) for other, box in objects if other == name]
        phrase = name if len(boxes) == 1 else plural(name, len(boxes))
        things.append(Thing(phrase, boxes))
    return things


def locate(networks, prompt, thing):
    """Positions of the phrase in the prompt; the start token is position 0 (B.6)."""
    whole, part = networks.tokens(prompt), networks.tokens(thing.phrase)
    starts = [i for i in range(len(whole)) if whole[i : i + len(part)] == part]
    last = networks.tokens(thing.phrase.split(" ")[-1])[-1]
    thing.tokens = [1 + starts[0] + i for i in range(len(part))]
    thing.word = thing.tokens[part.index(last)]
    return thing


def rasterise(boxes, width, height):
    """The union of boxes on a grid (B.4); `round` is half to even."""
    mask = torch.zeros(height, width, dtype=torch.bool)
    for x_min, y_min, x_max, y_max in boxes:
        x0, y0 = round(x_min * width), round(y_min * height)
        x1, y1 = x0 + round((x_max - x_min) * width), y0 + round((y_max - y_min) * height)
        clamp = lambda value, top: min(max(value, 0), top)
        mask[clamp(y0, height) : clamp(y1, height), clamp(x0, width) : clamp(x1, width)] = True
    return mask


# --- Energies (B.7, B.8) ---

def on_map(boxes, attention, size):
    """The boxes at this map's resolution, flat."""
    width, height = size
    while width * height > attention.shape[-2]:
        width, height = (width + 1) // 2, (height + 1) // 2
    return rasterise(boxes, width, height).flatten()


def box_energy(maps, things, size, p):
    total = 0.0
    for attention in maps.values():  # heads x cells x tokens
        for thing in things:
            mask = on_map(thing.boxes, attention, size)
            inside = max(1, int(p["fg_top_p"] * mask.sum()))
            outside = max(1, int(p["bg_top_p"] * (~mask).sum()))
            for token in thing.tokens:
                column = attention[:, :, token]
                hot = (column * mask).topk(inside).values.mean(-1)
                stray = (column * ~mask).topk(outside).values.mean(-1)
                heads = p["fg_weight"] * (1 - hot) + p["bg_weight"] * stray
                total = total + heads.sum() / len(thing.tokens)
    return total / (len(things) * len(maps))


def normalise(attention, mask):
    masked = attention * mask
    return masked / (masked.sum(-1, keepdim=True) + 1e-5)


def transfer_energy(maps, things, references, size, weight):
    """`references`: per thing, per box, layer to heads x cells."""
    total = 0.0
    for thing, per_box in zip(things, references):
        for box, reference in zip(thing.boxes, per_box):
            for key, attention in maps.items():
                mask = on_map([box], attention, size)
                a = normalise(attention[:, :, thing.word], mask)
                r = normalise(reference[key], mask)
                total = total + (a - r).abs().sum(-1).mean() / len(thing.boxes)
    return weight * total / (len(things) * len(maps))


# --- Samplers (B.2) ---

class Ddim:
    """Deterministic DDIM, 'leading' steps with an offset of 1, last alpha that of training step 0."""

    init_noise_sigma = 1.0

    def __init__(self, steps, seed):
        beta = torch.linspace(BETAS["beta_start"] ** 0.5, BETAS["beta_end"] ** 0.5, 1000) ** 2
        self.alphas = (1 - beta).cumprod(0).double()
        self.stride = 1000 // steps
        self.timesteps = [i * self.stride + 1 for i in reversed(range(steps))]

    def scale_input(self, i, z):
        return z

    def step_size(self, i, reference):
        return math.sqrt(1 - self.alphas[self.timesteps[i]].item())

    def step(self, i, noise, z):
        t = self.timesteps[i]
        a = self.alphas[t].item()
        b = self.alphas[max(t - self.stride, 0)].item()
        clean = (z - math.sqrt(1 - a) * noise) / math.sqrt(a)
        return math.sqrt(b) * clean + math.sqrt(1 - b) * noise


class Diffusers:
    """A scheduler of diffusers. Latents stay in the scheduler's own scale from the start to the end of a run,
    and so do those that are kept, composed and held: unit noise is multiplied by `init_noise_sigma` once."""

    scheduler_class, config = None, {}

    def __init__(self, steps, seed):
        self.scheduler = self.scheduler_class(**BETAS, **self.config)
        self.scheduler.set_timesteps(steps)
        self.timesteps = [float(t) for t in self.scheduler.timesteps]
        self.init_noise_sigma = float(self.scheduler.init_noise_sigma)
        self.seed = seed

    def noise_level(self, i):
        return math.sqrt(1 - self.scheduler.alphas_cumprod[int(self.timesteps[i])].item())

    def scale_input(self, i, z):
        return z

    def step_size(self, i, reference):
        return self.noise_level(i)

    def step(self, i, noise, z):
        return self.scheduler.step(noise, self.scheduler.timesteps[i], z).prev_sample


class Dpm(Diffusers):
    """DPM-Solver++ 2M; the reference takes sigma squared for its step size (B.9)."""

    scheduler_class = DPMSolverMultistepScheduler

    def step_size(self, i, reference):
        return self.scheduler.sigmas[i].item() ** 2 if reference else self.noise_level(i)


class Euler(Diffusers):
    """Euler: latents are sqrt(sigma^2 + 1) times as large as the network's, and a step of guidance of length s on
    the network's latents is one of s (sigma^2 + 1) on these."""

    scheduler_class = EulerDiscreteScheduler

    def scale_input(self, i, z):
        return z / math.sqrt(self.scheduler.sigmas[i].item() ** 2 + 1)

    def step_size(self, i, reference):
        squared = self.scheduler.sigmas[i].item() ** 2
        return squared if reference else self.noise_level(i) * (squared + 1)


class Pndm(Diffusers):
    scheduler_class, config = PNDMScheduler, dict(skip_prk_steps=True, set_alpha_to_one=False)


class Lcm(Diffusers):
    """LCM; its k-th fresh noise has the seed background + k * 1000003."""

    scheduler_class, config = LCMScheduler, dict(original_inference_steps=50, clip_sample=False)

    def step(self, i, noise, z):
        generator = torch.Generator().manual_seed(self.seed + (i + 1) * 1000003)
        # The scheduler draws in the format of the prediction; the noise is defined in f32.
        fresh = torch.randn(z.shape, generator=generator).to(z.dtype)
        draw = lcm.randn_tensor
        lcm.randn_tensor = lambda *_, **__: fresh
        try:
            return self.scheduler.step(noise, self.scheduler.timesteps[i], z).prev_sample
        finally:
            lcm.randn_tensor = draw


SAMPLERS = {"ddim": Ddim, "dpm++2m": Dpm, "euler": Euler, "pndm": Pndm, "lcm": Lcm}


# --- The loop (B.9, B.10, B.13) ---

@dataclasses.dataclass
class Run:
    cond: torch.Tensor
    uncond: torch.Tensor
    start: torch.Tensor
    guidance: dict
    energy: Callable  # (step, maps) -> scalar
    word: int = None
    frozen: tuple = None  # frames, mask, steps
    grounding: tuple = None  # slots, steps
    seed: int = 0  # of the background
    layers: tuple = GUIDED
    length: Callable = None  # of a step's update, where it is not the sampler's


def denoise(networks, config, run):
    """Frames of latents in the sampler's scale, the word's attention at each step, energies at each step."""
    sampler = SAMPLERS[config["sampler"]](config["steps"], run.seed)
    z, loss = run.start.clone(), 10000.0
    frames, kept, energies = [z], [], []
    scale, most = run.guidance["loss_scale"], run.guidance["max_iter"]
    for i, t in enumerate(sampler.timesteps):
        measured, iteration = [], 0
        slots = run.grounding[0] if run.grounding and i < run.grounding[1] else None
        null = networks.slots([]) if slots else None
        limit = most[min(i, len(most) - 1)] if i < run.guidance["max_index_step"] else 0
        while iteration < limit and loss / scale > run.guidance["loss_threshold"]:
            leaf = z.clone().requires_grad_()
            networks.noise(sampler.scale_input(i, leaf), t, run.cond, null if config["fidelity"] == "reference" and slots else slots)
            energy = run.energy(i, {key: networks.maps[key][0] for key in run.layers})
            measured.append(energy.item())
            loss = scale * measured[-1]
            (gradient,) = torch.autograd.grad(scale * energy, leaf)
            length = run.length(i) if run.length else sampler.step_size(i, config["fidelity"] == "reference")
            z = z - length * gradient
            iteration += 1
        energies.append(measured)
        with torch.no_grad():
            both = torch.cat([run.uncond, run.cond])
            halves = slots and {name: torch.cat([null[name], slots[name]]) for name in slots}
            uncond, cond = networks.noise(sampler.scale_input(i, torch.cat([z, z])), t, both, halves).chunk(2)
        if run.word is not None:
            layers = (*GUIDED, networks.mask_layer)
            kept.append({key: networks.maps[key][1, :, :, run.word].detach() for key in layers})
        z = sampler.step(i, uncond + config["cfg_scale"] * (cond - uncond), z)
        if run.frozen and i < run.frozen[2]:
            z = torch.where(run.frozen[1], run.frozen[0][i + 1], z)
        frames.append(z)
    return frames, kept, energies


# --- Masks, alignment, composition (B.11, B.12, B.13) ---

def gaussian(values, sigma):
    """Separable, cut at four sigma, mirrored at the edges with the edge repeated."""
    radius = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (radius, radius)
        padded = np.pad(values, pad, mode="symmetric")
        values = np.apply_along_axis(lambda line: np.convolve(line, kernel, "valid"), axis, padded)
    return values


def object_mask(networks, kept, config, size):
    width, height = size
    start = min(math.ceil(config["steps"] / 5), config["steps"] - 1)
    maps = torch.stack([step[networks.mask_layer].double() for step in kept[start:]])
    mean = maps.mean((0, 1)).numpy()
    halvings = round(math.log2(width * height / mean.size) / 2)
    mean = gaussian(mean.reshape(height >> halvings, width >> halvings), config["lmd"]["mask_sigma"])
    share = (mean - mean.min()) / (mean.max() - mean.min())
    mask = share > config["lmd"]["mask_threshold"]
    return torch.from_numpy(mask.repeat(1 << halvings, 0).repeat(1 << halvings, 1)), share


def offset_of(mask, box, base):
    """From the mask's centre to the box's, in cells of the coarsest grid."""
    height, width = mask.shape
    rows, columns = torch.nonzero(mask, as_tuple=True)
    center = (columns.double().mean().item() / width, rows.double().mean().item() / height)
    target = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return tuple(round((to - at) * cells) for to, at, cells in zip(target, center, base))


def moved(values, dx, dy):
    """Whole cells to the right and down on the last two axes; zeros come in."""
    out = torch.zeros_like(values)
    height, width = values.shape[-2:]
    if abs(dx) >= width or abs(dy) >= height:
        return out
    to = lambda d, n: slice(max(d, 0), n + min(d, 0))
    out[..., to(dy, height), to(dx, width)] = values[..., to(-dy, height), to(-dx, width)]
    return out


def moved_map(values, offset, base, size):
    """A flat map, heads x cells, moved by as much of the picture."""
    width, height = size
    while width * height > values.shape[-1]:
        width, height = (width + 1) // 2, (height + 1) // 2
    dx, dy = offset[0] * width // base[0], offset[1] * height // base[1]
    return moved(values.reshape(-1, height, width), dx, dy).reshape(values.shape)


def compose(background, pieces):
    """Frames to hold and the cells held; `pieces`: aligned (frames, mask) pairs."""
    count = len(pieces[0][0])
    frames = [background.clone()] + [torch.zeros_like(background) for _ in range(count - 1)]
    frozen = torch.zeros(background.shape[-2:], dtype=torch.bool)
    order = sorted(pieces, key=lambda piece: -int(piece[1].sum()))
    for latents, mask in order:
        rows, columns = torch.nonzero(mask, as_tuple=True)
        around = torch.zeros_like(mask)
        around[max(rows.min() - 1, 0) : rows.max() + 2, max(columns.min() - 1, 0) : columns.max() + 2] = True
        frames[0] = torch.where(around, latents[0], frames[0])
    for latents, mask in order:
        frames = [torch.where(mask, own, frame) for own, frame in zip(latents, frames)]
        frozen |= mask
    return frames, frozen


# --- The method ---

def randn(seed, size, dtype):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 4, size[1], size[0], generator=generator).to(dtype)


def scale_of(config):
    """What unit noise is multiplied by to become a sampler's latents."""
    return SAMPLERS[config["sampler"]](config["steps"], 0).init_noise_sigma


def draw_alone(networks, config, objects, k, case, background, size):
    """Box k alone, masked and moved to its place; LMD+ draws it there."""
    name, xywh = objects[k]
    lmd, place, plus = config["lmd"], corners(xywh), config["method"] == "lmd_plus"
    thing = Thing(name, [place if plus else centred(place, lmd["floor_padding"])])
    prompt = prompt_of(case["background"], [name])
    locate(networks, prompt, thing)
    own = randn(case["seeds"]["first_box"] + k, size, networks.dtype)
    r = lmd["fg_blending_ratio"] or (0.1 if plus else 0.01)
    blended = math.sqrt(1 - r) * background + math.sqrt(r) * own
    cells = rasterise(thing.boxes, *size)
    start = torch.where(cells, blended, background) * scale_of(config)
    energy = lambda _step, maps: box_energy(maps, [thing], size, lmd["per_box"]["energy"])
    guidance = lmd["per_box"] | ({"max_index_step": 0} if plus else {})
    run = Run(networks.encode(prompt), networks.encode(NEGATIVE_ALONE), start, guidance, energy, thing.word,
              grounding=grounding(networks, config, [thing]), seed=case["seeds"]["background"])
    return cut_out(networks, config, denoise(networks, config, run), place, size, cells if plus else None)


def grounding(networks, config, things):
    """For LMD+: what grounding layers are told, and in how many steps."""
    if config["method"] == "lmd_plus":
        return networks.slots(things), int(config["grounding_beta"] * config["steps"])
    return None


def cut_out(networks, config, outcome, place, size, cells=None):
    """What `denoise` drew of one box, masked and moved to its place (B.11, B.12), or drawn in these cells."""
    frames, kept, energies = outcome
    mask, share = object_mask(networks, kept, config, size)
    if cells is not None:
        mask = mask & cells if (mask & cells).any() else cells
    coarsest = min(kept[0].values(), key=lambda values: values.shape[-1]).shape[-1]
    halvings = round(math.log2(size[0] * size[1] / coarsest) / 2)
    base = (size[0] >> halvings, size[1] >> halvings)
    offset = offset_of(mask, place, base) if cells is None else (0, 0)
    dx, dy = offset[0] * size[0] // base[0], offset[1] * size[1] // base[1]
    return dict(
        frames=frames, mask=mask, offset=offset, energies=energies, share=share,
        placed_frames=[moved(frame, dx, dy) for frame in frames], placed_mask=moved(mask, dx, dy),
        attention=[{key: moved_map(v, offset, base, size) for key, v in step.items()} for step in kept],
    )


def draw(networks, case):
    """Everything on the way to a picture."""
    config, lmd = case["config"], case["config"]["lmd"]
    factor = 2 ** (len(networks.vae.config.block_out_channels) - 1)
    size = (config["width"] // factor, config["height"] // factor)
    objects = sorted(case["objects"], key=lambda o: o[0])
    background = randn(case["seeds"]["background"], size, networks.dtype)
    pieces = [draw_alone(networks, config, objects, k, case, background, size) for k in range(len(objects))]
    composed, frozen = compose(background * scale_of(config), [(piece["placed_frames"], piece["placed_mask"]) for piece in pieces])

    things = group(objects)
    prompt = prompt_of(case["background"], [thing.phrase for thing in things])
    for thing in things:
        locate(networks, prompt, thing)

    def energy(step, maps):
        attention = iter([piece["attention"][step] for piece in pieces])
        references = [[next(attention) for _ in thing.boxes] for thing in things]
        return (box_energy(maps, things, size, lmd["overall"]["energy"])
                + transfer_energy(maps, things, references, size, lmd["transfer_weight"]))

    steps = int(lmd["frozen_step_ratio"] * config["steps"])
    run = Run(networks.encode(prompt), networks.encode(NEGATIVE), composed[0], lmd["overall"], energy,
              frozen=(composed, frozen, steps), grounding=grounding(networks, config, things),
              seed=case["seeds"]["background"])
    frames, _, energies = denoise(networks, config, run)
    return dict(noise=background, boxes=pieces, composed=composed, frames=frames, energies=energies,
                picture=networks.picture(frames[-1]), prompt=prompt)
