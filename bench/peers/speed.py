"""Times the parts of Stable Diffusion in PyTorch, as a competent user would write them;
`cargo run --release -p lmd-nn --example speed` prints the same lines for lmd.

    python bench/peers/speed.py MODEL [--runs N] [--only PART ...] [--contiguous] [--device cuda --dtype float16]

MODEL is a diffusers folder; `bench/parity/full_size.py` makes one of Stable Diffusion 1.5's
shapes. Weights are frozen, f32 unless `--dtype` is given, attention is PyTorch's fused one, convolutions lie
channels last unless `--contiguous` is given.

The guided iteration runs the network up to the last guided map (mid and up.1) and goes back
to the latents; probabilities are explicit in the guided layers only, and the forward ends at
the last of them.
"""

import argparse
import json
import pathlib
import statistics
import time

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextModel
from transformers.utils import logging as transformers_logging

COLUMNS = [4, 5]


class Done(Exception):
    """The last guided map is there."""


class Guided:
    """Explicit probabilities in one cross-attention layer, kept for the energy."""

    def __init__(self, maps, last):
        self.maps, self.last = maps, last

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        heads = attn.heads
        split = lambda x: x.unflatten(-1, (heads, -1)).transpose(1, 2)
        q = split(attn.to_q(hidden_states))
        k, v = split(attn.to_k(encoder_hidden_states)), split(attn.to_v(encoder_hidden_states))
        p = (q @ k.transpose(-1, -2) * attn.scale).float().softmax(-1)
        self.maps.append(p[..., COLUMNS])
        if self.last:
            raise Done
        return attn.to_out[0]((p.to(v.dtype) @ v).transpose(1, 2).flatten(2))


def guide(unet):
    """Installs the processors; returns the list the maps appear in, and how to undo it."""
    guided = lambda name: "attn2" in name and ("mid_block" in name or "up_blocks.1." in name)
    plain = unet.attn_processors
    maps, names = [], [name for name in plain if guided(name)]
    last = max((n for n in names if "up_blocks" in n), default=names[-1])
    processors = {n: Guided(maps, n == last) if n in names else p for n, p in plain.items()}
    return maps, lambda on: unet.set_attn_processor(dict(processors if on else plain))


def guided_iteration(unet, maps, latents, text):
    maps.clear()
    leaf = latents.detach().requires_grad_(True)
    try:
        unet(leaf, 501, text)
    except Done:
        pass
    energy = sum(m.square().sum() for m in maps)
    return torch.autograd.grad(energy, leaf)[0]


def build(arguments):
    part = lambda kind, name: kind.from_pretrained(arguments.model / name)
    kind = json.loads((arguments.model / "vae" / "config.json").read_text())["_class_name"]
    vae = part(AutoencoderTiny if kind == "AutoencoderTiny" else AutoencoderKL, "vae")
    unet = part(UNet2DConditionModel, "unet")
    text = part(CLIPTextModel, "text_encoder")
    to = dict(device=arguments.device, dtype=arguments.dtype)
    networks = [m.to(**to).eval().requires_grad_(False) for m in (unet, vae, text)]
    if not arguments.contiguous:
        networks[:2] = [m.to(memory_format=torch.channels_last) for m in networks[:2]]
    return networks


def parts(arguments):
    unet, vae, text_encoder = build(arguments)
    layout = torch.contiguous_format if arguments.contiguous else torch.channels_last
    side = unet.config.sample_size
    generator = torch.Generator().manual_seed(1)
    to = dict(device=arguments.device, dtype=arguments.dtype)
    latents = torch.randn(2, 4, side, side, generator=generator).to(**to, memory_format=layout)
    text = torch.randn(2, 77, unet.config.cross_attention_dim, generator=generator).to(**to)
    ids = torch.randint(1, 1000, (2, 77), generator=generator).to(arguments.device)
    maps, guide_on = guide(unet)

    def forward(batch):
        guide_on(False)
        with torch.inference_mode():
            unet(latents[:batch], 501, text[:batch])

    def guided():
        guide_on(True)
        guided_iteration(unet, maps, latents[:1], text[:1])

    def no_grad(run):
        with torch.inference_mode():
            run()

    return {
        "unet-1": lambda: forward(1),
        "unet-2": lambda: forward(2),
        "guided": guided,
        "decode": lambda: no_grad(lambda: vae.decode(latents[:1])),
        "text": lambda: no_grad(lambda: text_encoder(ids)),
        "load": lambda: build(arguments),
        "roofline": lambda: (guide_on(False), roofline(unet, latents[:1], text[:1], arguments)),
    }


def finish(arguments):
    """Waits for what a GPU has been given to do."""
    if arguments.device != "cpu":
        torch.cuda.synchronize()


def roofline(unet, latents, text, arguments):
    """The operations of a forward of batch 1, as if every convolution were multiplied out; the rate at which
    this machine multiplies matrices; and how long the forward takes at that rate."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        unet(latents, 501, text)
    side = 1536
    a, b = (torch.randn(side, side).to(latents) for _ in range(2))
    times = []
    for _ in range(arguments.runs + 1):
        finish(arguments)
        started = time.perf_counter()
        a @ b
        finish(arguments)
        times.append(time.perf_counter() - started)
    operations, rate = counter.get_total_flops(), 2 * side**3 / min(times)
    print(f"roofline {operations / 1e9:.2f} GFLOP a forward of batch 1, matrices at {rate / 1e9:.0f} GFLOP/s: "
          f"{1e3 * operations / rate:.2f} ms", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--contiguous", action="store_true", help="channels first")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float16", "bfloat16"])
    arguments = parser.parse_args()
    arguments.dtype = getattr(torch, arguments.dtype)
    torch.set_num_threads(arguments.threads)
    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    for name, run in parts(arguments).items():
        if arguments.only and name not in arguments.only:
            continue
        if name == "roofline":
            run()
            continue
        times = []
        before = 0.0
        for i in range(arguments.runs + 1):
            if i == 1:  # the first run is not counted
                before = time.process_time()
            started = time.perf_counter()
            run()
            finish(arguments)
            times.append(1e3 * (time.perf_counter() - started))
        times = times[1:]
        processor = 1e3 * (time.process_time() - before) / arguments.runs
        print(f"{name:8} median {statistics.median(times):9.2f} ms, least {min(times):9.2f} ms, "
              f"processor time {processor:9.2f} ms", flush=True)
