"""Peer 2: LLM-grounded Diffusion in PyTorch, written for speed.

    python bench/peers/lmd_torch.py --model assets/model --layout bench/peers/layouts/1.json --output a.png

The method and its numbers are those of bench/parity/method.py, which was written for
correctness; the picture is the same. What makes this one fast:

- PyTorch's fused attention wherever no map is needed; explicit probabilities only in the
  guided layers of a guided forward, and in the layers kept while a box is drawn alone;
- a guided forward stops at the last guided map and runs for the conditional half only;
- weights have no gradients; of the maps only the needed token columns are kept;
- keys and values of a text are computed once per run;
- energies are computed for all tokens and boxes of a map at once, masks and references once;
- convolutions channels last (`--contiguous` turns it off); boxes batched with `--batch N`.

It does not use torch.compile, which needs a C++ compiler at run time.
"""

import common  # first: it starts the clock

import dataclasses
import json
import math

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from method import (GUIDED, SAMPLERS, Networks, Thing, centred, compose, corners, cut_out, locate,
                    on_map, rasterise, randn)
from PIL import Image
from transformers import CLIPTextModel, CLIPTokenizer

GUIDANCE = dict(
    max_index_step=30, max_iter=[4] * 5 + [3] * 5 + [2] * 10 + [1] * 10, loss_scale=5.0, loss_threshold=5.0,
    energy=dict(fg_top_p=0.2, bg_top_p=0.2, fg_weight=1.0, bg_weight=4.0))
LMD = dict(
    per_box=GUIDANCE, overall=GUIDANCE, frozen_step_ratio=0.5, transfer_weight=2.0, fg_blending_ratio=0.01,
    floor_padding=0.2, mask_threshold=0.25, mask_sigma=1.5)


# --- Networks ---

class Stop(Exception):
    """The last wanted map is there."""


class Wanted:
    """Which layers shall leave which columns of their maps behind."""

    def __init__(self):
        self.layers, self.columns, self.last, self.maps, self.texts = (), (), None, {}, {}

    def set(self, layers=(), columns=(), last=None):
        self.layers, self.columns, self.last, self.maps = layers, columns, last, {}


class Attention:
    """Fused, unless this layer's map is wanted."""

    def __init__(self, wanted, name, key):
        self.wanted, self.name, self.key = wanted, name, key

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        split = lambda x: x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)
        query = split(attn.to_q(hidden_states))
        if encoder_hidden_states is None:
            key, value = split(attn.to_k(hidden_states)), split(attn.to_v(hidden_states))
        else:
            key, value = self.of_text(attn, encoder_hidden_states, split)
        if self.key in self.wanted.layers:
            seen = self.with_map(query, key, value, attn.scale)
        else:
            seen = F.scaled_dot_product_attention(query, key, value)
        return attn.to_out[0](seen.transpose(1, 2).flatten(2))

    def of_text(self, attn, text, split):
        """Keys and values of a text, computed the first time it is seen."""
        place = (self.name, id(text))
        if place not in self.wanted.texts:
            self.wanted.texts[place] = (split(attn.to_k(text)), split(attn.to_v(text)), text)
        return self.wanted.texts[place][:2]

    def with_map(self, query, key, value, scale):
        scores = (query * scale) @ key.transpose(-1, -2)
        probabilities = scores.float().softmax(-1)
        wanted = self.wanted
        # batch x heads x tokens x cells
        wanted.maps[self.key] = probabilities[..., wanted.columns].transpose(-1, -2)
        if self.key == wanted.last:
            raise Stop
        return probabilities.to(value.dtype) @ value


class FastNetworks(Networks):
    """Stable Diffusion with weights frozen."""

    def __init__(self, given):
        kind = json.loads((given.model / "vae/config.json").read_text())["_class_name"]
        load = lambda cls, part: cls.from_pretrained(given.model / part, torch_dtype=given.dtype).eval()
        self.device, self.dtype = given.device, given.dtype
        self.tokenizer = CLIPTokenizer.from_pretrained(given.model / "tokenizer")
        self.text = load(CLIPTextModel, "text_encoder")
        self.unet = load(UNet2DConditionModel, "unet")
        self.vae = load(AutoencoderTiny if kind == "AutoencoderTiny" else AutoencoderKL, "vae")
        common.channels_last(given, self.unet, self.vae)
        for network in (self.text, self.unet, self.vae):
            network.requires_grad_(False).to(given.device)
        self.factor = 2 ** (len(self.vae.config.block_out_channels) - 1)
        self.wanted, processors, keys = Wanted(), {}, []
        for name in self.unet.attn_processors:
            key = key_of(name)
            keys += [key] if key else []
            processors[name] = Attention(self.wanted, name, key)
        self.unet.set_attn_processor(processors)
        self.mask_layer = max(key for key in keys if key.startswith("down"))

    @torch.no_grad()
    def encode_all(self, prompts):
        ids = self.tokenizer(prompts, padding="max_length", truncation=True, max_length=77)["input_ids"]
        return self.text(torch.tensor(ids, device=self.device)).last_hidden_state.split(1)

    def noise(self, latents, t, text):
        return self.unet(latents.to(self.dtype), t, text).sample.float()

    def guided_maps(self, latents, t, text, columns):
        self.wanted.set(GUIDED, columns, GUIDED[-1])
        try:
            self.noise(latents, t, text)
        except Stop:
            pass
        maps = self.wanted.maps
        self.wanted.set()
        return maps

    @torch.no_grad()
    def picture(self, latents):
        return super().picture(latents.to(self.device, self.dtype)).cpu().numpy()


def key_of(name):
    """`down.2.1` of a cross-attention layer, None of another."""
    parts = name.split(".")
    if parts[-2] != "attn2":
        return None
    stage = parts[0].removesuffix("_blocks").removesuffix("_block")
    return f"{stage}.{'0' if stage == 'mid' else parts[1]}.{parts[parts.index('attentions') + 1]}"


# --- Energies of all tokens and boxes of a map at once (B.7, B.8) ---

class Energy:
    """The energy of things; `references` per step and box: layer to heads x cells."""

    def __init__(self, things, size, config, device, references=None, transfer=0.0):
        self.things, self.size, self.p, self.device = things, size, config, device
        self.columns = sorted({token for thing in things for token in (*thing.tokens, thing.word)})
        self.references, self.transfer = references, transfer
        self.prepared, self.normalised = {}, {}

    def tensor(self, values):
        return torch.as_tensor(np.array(values), device=self.device)

    def prepare(self, attention, positions):
        """What depends on the map's size only."""
        tokens, masks, inside, outside, shares, words, boxes, box_shares = ([] for _ in range(8))
        for thing in self.things:
            mask = on_map(thing.boxes, attention.transpose(-1, -2), self.size)
            k = max(1, int(self.p["fg_top_p"] * mask.sum())), max(1, int(self.p["bg_top_p"] * (~mask).sum()))
            for token in thing.tokens:
                tokens.append(positions[token])
                masks.append(mask.numpy())
                inside.append(k[0])
                outside.append(k[1])
                shares.append(1 / len(thing.tokens))
            for box in thing.boxes:
                words.append(positions[thing.word])
                boxes.append(on_map([box], attention.transpose(-1, -2), self.size).numpy())
                box_shares.append(1 / len(thing.boxes))
        weights = lambda ks: self.tensor([[1 / k if i < k else 0.0 for i in range(max(ks))] for k in ks]).float()
        return dict(
            tokens=tokens, mask=self.tensor(masks).float(), rest=self.tensor(~np.array(masks)).float(),
            top=(max(inside), weights(inside)), stray=(max(outside), weights(outside)),
            shares=self.tensor(shares).float(), words=words, boxes=self.tensor(boxes).float(),
            box_shares=self.tensor(box_shares).float())

    def __call__(self, step, maps, positions):
        """`maps`: layer to heads x columns x cells."""
        total = 0.0
        for key, attention in maps.items():
            if key not in self.prepared:
                self.prepared[key] = self.prepare(attention, positions)
            total = total + self.of_map(step, key, attention)
        return total / (len(self.things) * len(maps))

    def of_map(self, step, key, attention):
        ready = self.prepared[key]
        columns = attention[:, ready["tokens"]]
        (inside, top), (outside, stray) = ready["top"], ready["stray"]
        hot = ((columns * ready["mask"]).topk(inside).values * top).sum(-1)
        cold = ((columns * ready["rest"]).topk(outside).values * stray).sum(-1)
        heads = self.p["fg_weight"] * (1 - hot) + self.p["bg_weight"] * cold
        energy = (heads * ready["shares"]).sum()
        if self.references is None:
            return energy
        shares = normalise(attention[:, ready["words"]], ready["boxes"])
        apart = (shares - self.reference(step, key, ready["boxes"])).abs().sum(-1).mean(0)
        return energy + self.transfer * (apart * ready["box_shares"]).sum()

    def reference(self, step, key, boxes):
        if (step, key) not in self.normalised:
            maps = torch.stack([of_box[step][key] for of_box in self.references], 1).to(self.device)
            self.normalised[step, key] = normalise(maps, boxes)
        return self.normalised[step, key]


def normalise(attention, masks):
    masked = attention * masks
    return masked / (masked.sum(-1, keepdim=True) + 1e-5)


# --- The loop, for several pictures at once (B.9, B.10, B.13) ---

@dataclasses.dataclass
class Lane:
    """One picture on its way."""

    cond: torch.Tensor
    uncond: torch.Tensor
    z: torch.Tensor
    guidance: dict
    energy: Energy
    word: int = None
    frozen: tuple = None  # frames, mask, steps
    loss: float = 10000.0
    frames: list = dataclasses.field(default_factory=list)
    kept: list = dataclasses.field(default_factory=list)
    energies: list = dataclasses.field(default_factory=list)

    def wants(self, i, iteration):
        most = self.guidance["max_iter"]
        limit = most[min(i, len(most) - 1)] if i < self.guidance["max_index_step"] else 0
        return self.energy and iteration < limit and (
            self.loss / self.guidance["loss_scale"] > self.guidance["loss_threshold"])


class Denoiser:
    def __init__(self, networks, config):
        self.networks, self.config = networks, config
        self.sampler = SAMPLERS["ddim"](config["steps"])

    def run(self, lanes):
        joined = {}  # texts of the lanes together, one tensor per set of lanes

        def join(name, texts):
            if name not in joined:
                joined[name] = torch.cat(texts)
            return joined[name]

        for lane in lanes:
            lane.frames = [lane.z]
        for i, t in enumerate(self.sampler.timesteps):
            iteration = 0
            while active := [k for k, lane in enumerate(lanes) if lane.wants(i, iteration)]:
                text = join(("cond", *active), [lanes[k].cond for k in active])
                self.guide(i, t, [lanes[k] for k in active], text)
                iteration += 1
            both = join("both", [lane.uncond for lane in lanes] + [lane.cond for lane in lanes])
            self.advance(i, t, lanes, both)
        self.networks.wanted.texts.clear()
        return lanes

    def guide(self, i, t, lanes, text):
        leaf = torch.cat([lane.z for lane in lanes]).requires_grad_()
        columns = sorted({column for lane in lanes for column in lane.energy.columns})
        positions = {column: k for k, column in enumerate(columns)}
        maps = self.networks.guided_maps(leaf, t, text, columns)
        total = 0.0
        for k, lane in enumerate(lanes):
            energy = lane.energy(i, {key: maps[key][k] for key in GUIDED}, positions)
            lane.energies.append(energy.item())
            lane.loss = lane.guidance["loss_scale"] * lane.energies[-1]
            total = total + lane.guidance["loss_scale"] * energy
        (gradient,) = torch.autograd.grad(total, leaf)
        step = self.config["guidance_strength"] * self.sampler.step_size(i, False)
        for lane, change in zip(lanes, gradient.split(1)):
            lane.z = lane.z - step * change

    @torch.no_grad()
    def advance(self, i, t, lanes, both):
        networks, count = self.networks, len(lanes)
        words = sorted({lane.word for lane in lanes} - {None})
        networks.wanted.set((*GUIDED, networks.mask_layer) if words else (), words)
        noise = networks.noise(torch.cat([lane.z for lane in lanes] * 2), t, both)
        maps = networks.wanted.maps
        networks.wanted.set()
        for k, lane in enumerate(lanes):
            uncond, cond = noise[k : k + 1], noise[count + k : count + k + 1]
            if lane.word is not None:
                at = words.index(lane.word)
                lane.kept.append({key: m[count + k, :, at].clone() for key, m in maps.items()})
            lane.z = self.sampler.step(i, uncond + self.config["cfg_scale"] * (cond - uncond), lane.z)
            if lane.frozen and i < lane.frozen[2]:
                lane.z = torch.where(lane.frozen[1], lane.frozen[0][i + 1], lane.z)
            lane.frames.append(lane.z)


# --- The method ---

def alone(networks, layout, k, seed, background, texts, size):
    """Box k before it is drawn (B.5, B.3)."""
    name, box = layout.objects[k]
    thing = Thing(name, [centred(corners(box), LMD["floor_padding"])])
    locate(networks, layout.with_background([name]), thing)
    first = seed + 123456789
    own_seed = first + k + (12345 if first + k == seed else 0)
    own, r = randn(own_seed, size, torch.float32), LMD["fg_blending_ratio"]
    blended = math.sqrt(1 - r) * background + math.sqrt(r) * own
    start = torch.where(rasterise(thing.boxes, *size), blended, background).to(networks.device)
    energy = Energy([thing], size, LMD["per_box"]["energy"], networks.device)
    return Lane(texts[k], texts[-2], start, LMD["per_box"], energy, thing.word)


def boxes(networks, config, layout, seed, background, texts, size):
    """All boxes drawn alone, masked and moved to their places."""
    pieces, iterations = [], 0
    for first in range(0, len(layout.objects), config["batch"]):
        chosen = range(first, min(first + config["batch"], len(layout.objects)))
        lanes = [alone(networks, layout, k, seed, background, texts, size) for k in chosen]
        for k, lane in zip(chosen, Denoiser(networks, config).run(lanes)):
            frames = [frame.cpu() for frame in lane.frames]
            kept = [{key: m.cpu() for key, m in step.items()} for step in lane.kept]
            place = corners(layout.objects[k][1])
            pieces.append(cut_out(networks, config, (frames, kept, lane.energies), place, size))
            iterations += len(lane.energies)
    return pieces, iterations


def whole(networks, config, layout, background, pieces, texts, size):
    """The picture, guided and held."""
    frozen = energy = None
    start = background.to(networks.device)
    if pieces:
        for thing in layout.things:
            locate(networks, layout.prompt, thing)
        composed, mask = compose(background, [(p["placed_frames"], p["placed_mask"]) for p in pieces])
        start, *_ = composed = [frame.to(networks.device) for frame in composed]
        frozen = composed, mask.to(networks.device), int(LMD["frozen_step_ratio"] * config["steps"])
        energy = Energy(layout.things, size, LMD["overall"]["energy"], networks.device,
                        [piece["attention"] for piece in pieces], LMD["transfer_weight"])
    lane = Lane(texts[-3], texts[-1], start, LMD["overall"], energy, frozen=frozen)
    (lane,) = Denoiser(networks, config).run([lane])
    return lane


def main():
    given = common.arguments(__doc__)
    clock = common.Clock(given.device)
    networks, layout = FastNetworks(given), common.Layout(given.layout, given.model)
    config = dict(steps=given.steps, cfg_scale=given.cfg_scale, guidance_strength=layout.guidance_strength,
                  batch=given.batch, lmd=LMD)
    size = tuple(side // networks.factor for side in common.pictures_size(given, networks.unet, networks.factor))
    clock.part("load")
    prompts = [layout.with_background([name]) for name, _ in layout.objects]
    texts = networks.encode_all([*prompts, layout.prompt, layout.negative_alone, layout.negative])
    clock.part("text")
    background = randn(given.seed, size, torch.float32)
    pieces, iterations = boxes(networks, config, layout, given.seed, background, texts, size)
    clock.part("boxes")
    lane = whole(networks, config, layout, background, pieces, texts, size)
    clock.part("overall")
    Image.fromarray(networks.picture(lane.frames[-1])).save(given.output)
    clock.part("decode")
    clock.report(iterations + len(lane.energies))


if __name__ == "__main__":
    main()
