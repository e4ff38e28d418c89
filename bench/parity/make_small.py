"""Makes the golden files of crates/lmd-nn/tests/data: two small random models and what
diffusers and transformers compute with them.

    python bench/parity/make_small.py
"""

import json
import pathlib
import shutil

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

from reference import jitter, keep_maps, round_to

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-nn/tests/data"

UNETS = {
    "sd1": dict(
        block_out_channels=(16, 32, 32), layers_per_block=2, cross_attention_dim=24,
        attention_head_dim=8, norm_num_groups=8, sample_size=12,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    ),
    "sd2": dict(
        block_out_channels=(16, 32), layers_per_block=1, cross_attention_dim=40,
        attention_head_dim=(2, 4), norm_num_groups=4, sample_size=12, use_linear_projection=True,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    ),
}
TEXTS = {
    "sd1": dict(hidden_size=24, intermediate_size=64, num_attention_heads=3, num_hidden_layers=2,
                hidden_act="quick_gelu", eos_token_id=2),
    "sd2": dict(hidden_size=40, intermediate_size=80, num_attention_heads=2, num_hidden_layers=3,
                hidden_act="gelu", eos_token_id=599),
}
VAES = {
    "sd1": dict(block_out_channels=(8, 16, 16), layers_per_block=1, norm_num_groups=4),
    "sd2": dict(block_out_channels=(8, 12), layers_per_block=2, norm_num_groups=2),
}
TINY = dict(encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8),
            num_encoder_blocks=(1, 2), num_decoder_blocks=(2, 1))
STORED = {"sd1": torch.float16, "sd2": torch.bfloat16}
TOKENS = 12


def save(model, folder, stored):
    """Writes the model as `save_pretrained` does, with its weights in the given number format."""
    folder.mkdir(parents=True)
    model.to(stored).save_pretrained(folder)
    model.to(torch.float32)


def unet_golden(unet, generator):
    """Noise and maps of two latents at two times, and a gradient through the maps of the first."""
    maps = keep_maps(unet)
    width = unet.config.cross_attention_dim
    latents = torch.randn(2, 4, 8, 12, generator=generator)
    text = torch.randn(2, TOKENS, width, generator=generator)
    timesteps = torch.tensor([501, 37])
    with torch.no_grad():
        noise = unet(latents, timesteps, text).sample
    tensors = {"unet.latents": latents, "unet.text": text, "unet.noise": noise}
    tensors |= {f"unet.map.{key}": value for key, value in maps.items()}
    leaf = latents[:1].clone().requires_grad_()
    unet(leaf, timesteps[:1], text[:1])
    guided = [key for key in maps if key.split(".")[0] in ("mid", "up")]
    weights = {key: torch.randn(maps[key].shape, generator=generator) for key in guided}
    energy = sum((maps[key] * weight).sum() for key, weight in weights.items())
    tensors["unet.energy"] = energy.detach().reshape(1)
    tensors["unet.gradient"] = torch.autograd.grad(energy, leaf)[0]
    tensors |= {f"unet.energy_weight.{key}": value for key, value in weights.items()}
    return tensors


def gligen_golden(unet, generator):
    """What a U-Net with grounding layers makes of two boxes, of null tokens alone, and with its gates passed by."""
    maps = keep_maps(unet)
    width = unet.config.cross_attention_dim
    latents = torch.randn(1, 4, 8, 12, generator=generator)
    text = torch.randn(1, TOKENS, width, generator=generator)
    slots = {"boxes": torch.zeros(1, 30, 4), "masks": torch.zeros(1, 30), "positive_embeddings": torch.zeros(1, 30, width)}
    null = {name: value.clone() for name, value in slots.items()}
    slots["boxes"][0, :2] = torch.tensor([[0.1, 0.2, 0.5, 0.75], [0.55, 0.0, 1.0, 0.6]])
    slots["masks"][0, :2] = 1
    slots["positive_embeddings"][0, :2] = torch.randn(2, width, generator=generator)
    run = lambda z, slots: unet(z, torch.tensor([501]), text, cross_attention_kwargs={"gligen": slots}).sample
    tensors = {"latents": latents, "text": text, "boxes": slots["boxes"][:, :2], "phrases": slots["positive_embeddings"][:, :2]}
    with torch.no_grad():
        tensors |= {"noise.null": run(latents, null), "noise": run(latents, slots)}
        tensors |= {f"map.{key}": value for key, value in maps.items()}
    leaf = latents.clone().requires_grad_()
    run(leaf, slots)
    energy = maps["up.1.1"].square().sum()
    tensors["gradient"] = torch.autograd.grad(energy, leaf)[0]
    for name, module in unet.named_modules():
        if name.endswith(".fuser"):
            module.enabled = False
    with torch.no_grad():
        tensors["noise.passed_by"] = run(latents, slots)
    return tensors


def gated(plain, seed):
    """The same U-Net with random grounding layers, their gates open wide enough to be seen."""
    unet = UNet2DConditionModel(**plain.config | {"attention_type": "gated"})
    jitter(unet, seed)
    unet.load_state_dict(plain.state_dict(), strict=False)
    for name, tensor in unet.named_parameters():
        if name.endswith(("alpha_attn", "alpha_dense")):
            tensor.data += 0.6
        if name == "position_net.linears.2.weight":  # 512 x 512 whatever the U-Net: mostly zeros make a small file
            few = torch.rand(tensor.shape, generator=torch.Generator().manual_seed(seed)) < 0.02
            tensor.data = torch.where(few, 7 * tensor.data, 0)
    return unet


def make_gligen(folder, plain, seed, stored):
    """Grounding layers for a U-Net, alone in a file under the names diffusers gives them."""
    unet = round_to(gated(plain, seed), stored)
    own = {name: t.to(stored) for name, t in unet.state_dict().items() if name not in plain.state_dict()}
    folder.mkdir(parents=True)
    tensors = gligen_golden(unet, torch.Generator().manual_seed(seed))
    save_file(own, folder / "diffusion_pytorch_model.safetensors")
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, folder / "golden.safetensors")


def text_golden(text, generator):
    ids = torch.randint(1, 590, (2, 77), generator=generator)
    ids[:, 0] = 598
    ids[0, 9:] = ids[1, 40:] = 599
    with torch.no_grad():
        out = text(ids)
    return {"text.ids": ids.to(torch.int32), "text.last_hidden": out.last_hidden_state,
            "text.pooled": out.pooler_output}


def vae_golden(vae, generator):
    picture = torch.rand(1, 3, 16, 24, generator=generator) * 2 - 1
    latents = torch.randn(1, 4, 4, 6, generator=generator)
    with torch.no_grad():
        posterior = vae.encode(picture).latent_dist
        decoded = vae.decode(latents).sample
    return {"vae.picture": picture, "vae.mean": posterior.mean, "vae.logvar": posterior.logvar,
            "vae.latents": latents, "vae.decoded": decoded}


def tiny_golden(tiny, generator):
    picture = torch.rand(1, 3, 16, 24, generator=generator) * 2 - 1
    latents = torch.randn(1, 4, 8, 12, generator=generator)
    with torch.no_grad():
        return {"tiny.picture": picture, "tiny.encoded": tiny.encode(picture).latents,
                "tiny.latents": latents, "tiny.decoded": tiny.decode(latents).sample}


def text_model(name):
    common = dict(vocab_size=600, max_position_embeddings=77, bos_token_id=598, pad_token_id=1)
    return CLIPTextModel(CLIPTextConfig(**common, **TEXTS[name]))


def make(name, seed):
    generator = torch.Generator().manual_seed(seed)
    stored, folder = STORED[name], OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    unet = round_to(jitter(UNet2DConditionModel(**UNETS[name]), seed), stored)
    text = round_to(jitter(text_model(name), seed + 1), stored)
    types = {f"{way}_block_types": (f"{word}Block2D",) * len(VAES[name]["block_out_channels"])
             for way, word in (("down", "DownEncoder"), ("up", "UpDecoder"))}
    vae = round_to(jitter(AutoencoderKL(**types, **VAES[name]), seed + 2), stored)
    tiny = round_to(jitter(AutoencoderTiny(**TINY), seed + 3), stored)
    tensors = unet_golden(unet, generator) | text_golden(text, generator)
    tensors |= vae_golden(vae, generator) | tiny_golden(tiny, generator)
    if name == "sd1":
        make_gligen(folder / "gligen", unet, seed + 4, stored)
    for part, model in (("unet", unet), ("text_encoder", text), ("vae", vae), ("taesd", tiny)):
        save(model, folder / part, stored)
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, folder / "golden.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    make("sd1", 11)
    make("sd2", 22)
    sizes = {p.name: p.stat().st_size for p in OUT.rglob("*.safetensors")}
    print(json.dumps(sizes), sum(p.stat().st_size for p in OUT.rglob("*") if p.is_file()))
