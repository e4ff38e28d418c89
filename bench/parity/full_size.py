"""Makes a model of the true Stable Diffusion 1.5 shapes with random weights, and what
diffusers and transformers compute with it; `cargo run --release -p lmd-nn --example
full_size -- FOLDER` loads the same files and prints the errors.

    python bench/parity/full_size.py FOLDER [--part text|unet|vae]

Needs about 7 GB of memory and 4.3 GB of disk. Each part is made and left again, so that
only one network is in memory at a time.
"""

import argparse
import pathlib
import resource
import time

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

from reference import jitter, keep_maps

TOKENS = 77


def save(folder, part, model, tensors):
    model.save_pretrained(folder / part)
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, folder / f"golden_{part}.safetensors")


def unet(folder, generator):
    model = jitter(UNet2DConditionModel(cross_attention_dim=768, sample_size=64), 1)
    maps = keep_maps(model)
    latents = torch.randn(1, 4, 64, 64, generator=generator)
    text = torch.randn(1, TOKENS, 768, generator=generator)
    with torch.no_grad():
        started = time.time()
        noise = model(latents, torch.tensor([501]), text).sample
        print(f"unet forward {time.time() - started:.1f} s")
    tensors = {"latents": latents, "text": text, "noise": noise}
    # Whole maps of the high resolutions are large; one head of each is compared.
    tensors |= {f"map.{key}": value[:, :1] for key, value in maps.items()}
    save(folder, "unet", model, tensors)


def text_encoder(folder, generator):
    model = jitter(CLIPTextModel(CLIPTextConfig(
        hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12,
        eos_token_id=2, bos_token_id=0, pad_token_id=1)), 2)
    ids = torch.randint(1, 49000, (1, TOKENS), generator=generator)
    ids[:, 0], ids[:, 20:] = 49406, 49407
    with torch.no_grad():
        out = model(ids)
    save(folder, "text_encoder", model, {
        "ids": ids.to(torch.int32), "last_hidden": out.last_hidden_state, "pooled": out.pooler_output})


def vae(folder, generator):
    model = jitter(AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), layers_per_block=2,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4), 3)
    picture = torch.rand(1, 3, 256, 256, generator=generator) * 2 - 1
    latents = torch.randn(1, 4, 32, 32, generator=generator)
    with torch.no_grad():
        posterior = model.encode(picture).latent_dist
        decoded = model.decode(latents).sample
    save(folder, "vae", model, {
        "picture": picture, "mean": posterior.mean, "logvar": posterior.logvar,
        "latents": latents, "decoded": decoded})


PARTS = {"text_encoder": text_encoder, "unet": unet, "vae": vae}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--part", choices=PARTS, help="only this part")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, make) in enumerate(PARTS.items()):
        if arguments.part in (None, name):
            make(arguments.folder, torch.Generator().manual_seed(100 + seed))
            print(name, f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
