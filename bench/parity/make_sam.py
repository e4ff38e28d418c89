"""Makes the golden files of crates/lmd-nn/tests/data/sam: a small random SAM, what transformers computes with it, the same
weights under the names of SAM's authors, and pictures resized by Pillow.

    python bench/parity/make_sam.py
"""

import json
import pathlib
import re
import shutil
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import SamConfig, SamModel, SamProcessor
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil

from reference import jitter, round_to, save

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-nn/tests/data"
SIDE = 32
CONFIG = dict(
    vision_config=dict(
        hidden_size=24, num_hidden_layers=3, num_attention_heads=3, image_size=SIDE, patch_size=8, window_size=3,
        global_attn_indexes=[1], output_channels=32, num_pos_feats=16, mlp_ratio=2.0,
    ),
    prompt_encoder_config=dict(hidden_size=32, image_size=SIDE, patch_size=8, mask_input_channels=8),
    mask_decoder_config=dict(hidden_size=32, mlp_dim=48, num_attention_heads=8, iou_head_hidden_dim=20),
)
# What a prompt of each kind is, in pixels of the picture.
POINTS, LABELS, BOX = [[20.0, 9.0], [31.0, 22.0]], [1, 0], [5.0, 3.0, 30.0, 25.0]


def random_sam(config, seed):
    """A SAM whose weights are random and of the size of trained ones."""
    model = jitter(SamModel(SamConfig(**config)), seed)
    generator = torch.Generator().manual_seed(seed + 1)
    normal = lambda tensor, scale: scale * torch.randn(tensor.shape, generator=generator)
    for name, tensor in model.named_parameters():
        if "rel_pos" in name or "pos_embed" in name or "embed" in name and "patch" not in name and "mask_embed.conv" not in name:
            tensor.data = normal(tensor, 0.3)
        if name.endswith("positional_embedding"):
            tensor.data = normal(tensor, 1.0)
    return model


def authors_name(name):
    """The name of a tensor in the authors' files."""
    rules = [
        (r"^shared_image_embedding\.positional_embedding$", "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"),
        (r"^vision_encoder\.layers\.", "image_encoder.blocks."),
        (r"^vision_encoder\.", "image_encoder."),
        (r"patch_embed\.projection", "patch_embed.proj"),
        (r"neck\.conv1", "neck.0"), (r"neck\.layer_norm1", "neck.1"),
        (r"neck\.conv2", "neck.2"), (r"neck\.layer_norm2", "neck.3"),
        (r"mask_embed\.conv1", "mask_downscaling.0"), (r"mask_embed\.layer_norm1", "mask_downscaling.1"),
        (r"mask_embed\.conv2", "mask_downscaling.3"), (r"mask_embed\.layer_norm2", "mask_downscaling.4"),
        (r"mask_embed\.conv3", "mask_downscaling.6"),
        (r"upscale_conv1", "output_upscaling.0"), (r"upscale_layer_norm", "output_upscaling.1"),
        (r"upscale_conv2", "output_upscaling.3"),
        (r"layer_norm_final_attn", "norm_final_attn"), (r"\.layer_norm(\d)", r".norm\1"),
        (r"\.point_embed\.", ".point_embeddings."),
        (r"(iou_prediction_head|mlps\.\d)\.layers\.0", r"\1.layers.1"),
        (r"(iou_prediction_head|mlps\.\d)\.proj_in", r"\1.layers.0"),
        (r"(iou_prediction_head|mlps\.\d)\.proj_out", r"\1.layers.2"),
    ]
    for old, new in rules:
        name = re.sub(old, new, name)
    return name


def prompts(processor, size):
    """Prompts of all kinds for a picture of this height and width, as the processor hands them to the model."""
    scaled = lambda points: torch.from_numpy(SamProcessor._normalize_coordinates(
        SimpleNamespace(image_processor=processor), processor.size["longest_edge"], np.array(points), size)).float()
    points = scaled(POINTS).reshape(1, 1, 2, 2)
    labels = torch.tensor(LABELS).reshape(1, 1, 2)
    box = scaled([BOX[:2], BOX[2:]]).reshape(1, 1, 4)
    return {
        "point": dict(input_points=points[:, :, :1], input_labels=labels[:, :, :1]),
        "points": dict(input_points=points, input_labels=labels),
        "box": dict(input_boxes=box),
        "both": dict(input_points=points[:, :, :1], input_labels=labels[:, :, :1], input_boxes=box),
    }


def answers(model, features, prompts, mask=None):
    """Masks and expected IoU for every prompt."""
    out = {}
    with torch.no_grad():
        for name, prompt in prompts.items():
            got = model(image_embeddings=features, **prompt)
            out |= {f"{name}.masks": got.pred_masks[0, 0], f"{name}.iou": got.iou_scores[0, 0]}
        if mask is not None:
            got = model(image_embeddings=features, input_masks=mask, **prompts["point"])
            out |= {"mask.masks": got.pred_masks[0, 0], "mask.iou": got.iou_scores[0, 0]}
    return out


def picture(width, height, seed):
    """A picture with something to see in it."""
    noise = np.random.default_rng(seed).integers(0, 60, (height, width, 3))
    y, x = np.mgrid[:height, :width]
    disc = ((x - width / 2) ** 2 + (y - height / 3) ** 2 < (height / 4) ** 2)[..., None]
    return np.clip(noise + 150 * disc + (x * 40 // width)[..., None], 0, 255).astype(np.uint8)


def small():
    folder = DATA / "sam"
    shutil.rmtree(folder, ignore_errors=True)
    model = round_to(random_sam(CONFIG, 5), torch.float16)
    shown = picture(40, 28, 6)
    processor = SamImageProcessorPil(size={"longest_edge": SIDE}, pad_size={"height": SIDE, "width": SIDE})
    inputs = processor(Image.fromarray(shown), return_tensors="pt")
    mask = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        features = model.get_image_embeddings(inputs["pixel_values"])
    tensors = {"picture": torch.from_numpy(shown).float(), "pixels": inputs["pixel_values"].permute(0, 2, 3, 1),
               "features": features.permute(0, 2, 3, 1), "mask": mask[0, 0]}
    tensors |= answers(model, features, prompts(processor, (28, 40)), mask)
    scaled = processor.post_process_masks(
        [tensors["point.masks"][None]], inputs["original_sizes"], inputs["reshaped_input_sizes"], binarize=False)
    tensors["point.scaled"] = scaled[0][0]
    save(folder, model.to(torch.float16), processor, tensors)
    weights = {name: tensor for name, tensor in model.state_dict().items() if "prompt_encoder.shared" not in name}
    save_file({authors_name(name): t.clone().contiguous() for name, t in weights.items()}, folder / "authors.safetensors")


def pillow():
    """A picture of 5 × 4 pixels in other sizes."""
    shown = Image.fromarray((37 * np.arange(60) % 256).astype(np.uint8).reshape(4, 5, 3))
    cases = []
    for name, kind in (("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC)):
        for size in ((8, 8), (3, 2), (5, 7), (2, 4)):
            cases.append({"filter": name, "size": size, "bytes": np.asarray(shown.resize(size, kind)).ravel().tolist()})
    (DATA / "pillow.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    torch.set_num_threads(1)
    small()
    pillow()
    print({str(p.relative_to(DATA)): p.stat().st_size for p in [*(DATA / "sam").iterdir(), DATA / "pillow.json"]})
