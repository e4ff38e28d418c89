"""Makes crates/lmd-nn/tests/data/ldm_names.json: the names that single-file checkpoints give to
the tensors of the small model `sd1`, each with its diffusers name.

The names are made here from the diffusers names and proved by diffusers' own converter,
which must give the diffusers names back.

    python bench/parity/make_ldm_names.py
"""

import json
import pathlib

from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from safetensors import safe_open

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-nn/tests/data"
LAYERS = 2
RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
          "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
FIXED = {"conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0",
         "time_embedding.linear_2": "time_embed.2", "conv_norm_out": "out.0", "conv_out": "out.2"}
VAE_MID = {"mid_block.resnets.0": "mid.block_1", "mid_block.resnets.1": "mid.block_2",
           "mid_block.attentions.0.group_norm": "mid.attn_1.norm", "mid_block.attentions.0.to_q": "mid.attn_1.q",
           "mid_block.attentions.0.to_k": "mid.attn_1.k", "mid_block.attentions.0.to_v": "mid.attn_1.v",
           "mid_block.attentions.0.to_out.0": "mid.attn_1.proj_out", "conv_norm_out": "norm_out"}


def tensors(part):
    with safe_open(DATA / "sd1" / part / "diffusion_pytorch_model.safetensors", "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def unet_name(name, cross):
    for new, old in FIXED.items():
        if name.startswith(new + "."):
            return old + name[len(new):]
    parts = name.split(".")
    if parts[0] == "mid_block":
        kind, index, rest = parts[1], int(parts[2]), parts[3:]
        if kind == "attentions":
            return ".".join(["middle_block.1", *rest])
        return ".".join([f"middle_block.{2 * index}", RESNET[rest[0]], *rest[1:]])
    block, kind, index, rest = int(parts[1]), parts[2], int(parts[3]), parts[4:]
    if parts[0] == "down_blocks":
        first = 1 + block * (LAYERS + 1)
        if kind == "downsamplers":
            return ".".join([f"input_blocks.{first + LAYERS}.0.op", *rest[1:]])
        place = f"input_blocks.{first + index}"
    else:
        first = block * (LAYERS + 1)
        if kind == "upsamplers":
            return ".".join([f"output_blocks.{first + LAYERS}.{2 if block in cross else 1}.conv", *rest[1:]])
        place = f"output_blocks.{first + index}"
    if kind == "attentions":
        return ".".join([place, "1", *rest])
    return ".".join([place, "0", RESNET[rest[0]], *rest[1:]])


def vae_name(name, levels):
    half, _, rest = name.partition(".")
    if half in ("quant_conv", "post_quant_conv"):
        return name
    for new, old in VAE_MID.items():
        if rest.startswith(new + "."):
            return f"{half}.{old}{rest[len(new):]}"
    if rest.startswith(("down_blocks", "up_blocks")):
        parts = rest.split(".")
        way = parts[0].removesuffix("_blocks")
        level = int(parts[1]) if way == "down" else levels - 1 - int(parts[1])
        if parts[2] == "resnets":
            tail = ["block", parts[3], parts[4].replace("conv_shortcut", "nin_shortcut"), *parts[5:]]
        else:
            tail = [f"{way}sample", *parts[4:]]
        return ".".join([half, way, str(level), *tail])
    return name


def main():
    config = json.loads((DATA / "sd1/unet/config.json").read_text())
    cross = {i for i, name in enumerate(config["up_block_types"]) if name.startswith("Cross")}
    unet = tensors("unet")
    names = {"model.diffusion_model." + unet_name(name, cross): name for name in unet}
    back = convert_ldm_unet_checkpoint({old: unet[new] for old, new in names.items()}, config)
    assert {k: v.data_ptr() for k, v in back.items()} == {k: v.data_ptr() for k, v in unet.items()}
    vae_config = json.loads((DATA / "sd1/vae/config.json").read_text())
    vae = tensors("vae")
    levels = len(vae_config["block_out_channels"])
    vae_names = {"first_stage_model." + vae_name(name, levels): name for name in vae}
    back = convert_ldm_vae_checkpoint({old: vae[new] for old, new in vae_names.items()}, vae_config)
    assert back.keys() == vae.keys(), back.keys() ^ vae.keys()
    assert all((back[k].flatten() == vae[k].flatten()).all() for k in vae)
    out = {"unet": names, "vae": vae_names}
    (DATA / "ldm_names.json").write_text(json.dumps(out, indent=0))
    print({part: len(of) for part, of in out.items()})


if __name__ == "__main__":
    main()
