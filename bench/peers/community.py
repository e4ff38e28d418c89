"""Peer 1: what diffusers' community pipeline for LLM-grounded diffusion does.

    python bench/peers/community.py --model assets/model --layout bench/peers/layouts/1.json --output a.png

The pipeline is not part of the diffusers package; this is written from a description of it, and
works on any Stable Diffusion. It draws ANOTHER picture than lmd, by less work; its time
answers "what does a user of diffusers wait for", not "who computes the same thing faster":

- one run from noise: no picture of each box alone, no latents held, no attention transfer;
- every box is an object of its own, its phrase the box's caption; a caption that is not in the
  prompt is appended to it after a `|`;
- energy: top 20 % in the box and outside, both with weight 1 (lmd: 1 and 4), loss scale 20
  (lmd: 5), threshold 5;
- guidance in the first 15 steps, at most 3, 2 and 1 iterations for five steps each: 30, not 65;
- a guided forward runs to the end of the network, keeps all token columns, and computes the
  guided layers' attention twice (fused for the output, explicit for the map).

Left out: the GLIGEN layers, for which the weights here have no parameters, so that the original
does more work than this; they are off in its guidance passes anyhow. Weights have no gradients.
"""

import common  # first: it starts the clock

import torch
from diffusers.models.attention_processor import AttnProcessor2_0
from lmd_torch import key_of
from method import GUIDED, Thing, corners, locate, on_map
from plain import load

SCALE, THRESHOLD, TOP, STEPS = 20.0, 5.0, 0.2, 15
MOST = [3] * 5 + [2] * 5 + [1] * 5


class Hooked(AttnProcessor2_0):
    """Fused attention; while `maps` is a dictionary, explicit probabilities beside it."""

    def __init__(self, state, key):
        super().__init__()
        self.state, self.key = state, key

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, *args, **kwargs):
        if self.state["maps"] is not None and self.key in GUIDED:
            query = attn.head_to_batch_dim(attn.to_q(hidden_states))
            key = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))
            self.state["maps"][self.key] = attn.get_attention_scores(query, key)
        return super().__call__(attn, hidden_states, encoder_hidden_states, *args, **kwargs)


class Words:
    """A prompt's tokens, as `locate` asks for them."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def tokens(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]


def ground(pipe, layout):
    """One thing per box, and the prompt that holds all their captions."""
    prompt, words = layout.prompt, Words(pipe.tokenizer)
    for name, _ in layout.objects:
        if name not in prompt:
            prompt += f" | {name}"
    return [locate(words, prompt, Thing(name, [corners(box)])) for name, box in layout.objects], prompt


def energy(maps, things, size):
    total = 0.0
    for attention in maps.values():
        for thing in things:
            mask = on_map(thing.boxes, attention, size).to(attention.device)
            inside, outside = max(1, int(TOP * mask.sum())), max(1, int(TOP * (~mask).sum()))
            for token in thing.tokens:
                column = attention[:, :, token]
                hot = (column * mask).topk(inside).values.mean(-1)
                stray = (column * ~mask).topk(outside).values.mean(-1)
                total = total + (1 - hot + stray).sum() / len(thing.tokens)
    return total / (len(things) * len(maps))


class Guide:
    """Gradient steps on the latents before the pipeline's own step."""

    def __init__(self, pipe, things, size, text):
        self.pipe, self.things, self.size, self.text = pipe, things, size, text
        self.state, self.loss, self.iterations = {"maps": None}, 10000.0, 0
        processors = {name: Hooked(self.state, key_of(name)) for name in pipe.unet.attn_processors}
        pipe.unet.set_attn_processor(processors)

    def __call__(self, latents, i, t):
        iteration = 0
        while i < STEPS and iteration < MOST[i] and self.loss / SCALE > THRESHOLD:
            leaf = latents.detach().requires_grad_()
            self.state["maps"] = {}
            with torch.enable_grad():
                self.pipe.unet(leaf, t, self.text)
                loss = SCALE * energy(self.state["maps"], self.things, self.size)
                (gradient,) = torch.autograd.grad(loss, leaf)
            self.state["maps"], self.loss = None, loss.item()
            latents = latents - (1 - self.pipe.scheduler.alphas_cumprod[t]) ** 0.5 * gradient
            iteration, self.iterations = iteration + 1, self.iterations + 1
        return latents


@torch.no_grad()
def draw(pipe, layout, given, clock):
    """The picture, and how many iterations of guidance it took."""
    things, prompt = ground(pipe, layout)
    cond, uncond = pipe.encode_prompt(prompt, given.device, 1, True, negative_prompt=layout.negative)
    clock.part("text")
    size = tuple(side // pipe.vae_scale_factor
                 for side in common.pictures_size(given, pipe.unet, pipe.vae_scale_factor))
    latents = torch.randn(1, 4, size[1], size[0], generator=torch.Generator().manual_seed(given.seed))
    latents = latents.to(given.device, given.dtype)
    guide = Guide(pipe, things, size, cond)
    both = torch.cat([uncond, cond])
    pipe.scheduler.set_timesteps(given.steps)
    for i, t in enumerate(pipe.scheduler.timesteps):
        if things:
            latents = guide(latents, i, t)
        without, with_prompt = pipe.unet(torch.cat([latents, latents]), t, both).sample.chunk(2)
        noise = without + given.cfg_scale * (with_prompt - without)
        latents = pipe.scheduler.step(noise, t, latents).prev_sample
    clock.part("overall")
    pixels = pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample
    picture = pipe.image_processor.postprocess(pixels)[0]
    clock.part("decode")
    return picture, guide.iterations


def main():
    given = common.arguments(__doc__)
    clock = common.Clock(given.device)
    pipe, layout = load(given), common.Layout(given.layout, given.model)
    for network in (pipe.unet, pipe.vae, pipe.text_encoder):
        network.requires_grad_(False)
    clock.part("load")
    picture, iterations = draw(pipe, layout, given, clock)
    picture.save(given.output)
    clock.part("save")
    clock.report(iterations)


if __name__ == "__main__":
    main()
