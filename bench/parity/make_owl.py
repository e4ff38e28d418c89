"""Makes the golden files of crates/lmd-nn/tests/data/owlvit and owlv2: small random detectors and what transformers computes
with them. The texts are read with the small vocabulary of tests/data/tokenizer (make_tokenizer.py).

    pip install scipy
    python bench/parity/make_owl.py
"""

import json
import pathlib
import shutil

import torch
from PIL import Image
from transformers import (
    CLIPTokenizer, Owlv2Config, Owlv2ForObjectDetection, OwlViTConfig, OwlViTForObjectDetection,
)
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil

from make_sam import picture
from reference import jitter, round_to, save

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-nn/tests/data"
QUERIES = ["a gray cat", "two dogs on the table", "it"]
LENGTH = 16
KINDS = {
    "owlvit": (OwlViTConfig, OwlViTForObjectDetection, OwlViTImageProcessorPil, dict(patch_size=16)),
    "owlv2": (Owlv2Config, Owlv2ForObjectDetection, Owlv2ImageProcessorPil, dict(patch_size=8, hidden_act="gelu")),
}


def tokenizer():
    folder = DATA / "tokenizer"
    vocab = json.loads((folder / "vocab.json").read_text())
    merges = [tuple(line.split(" ")) for line in (folder / "merges.txt").read_text().splitlines()[1:]]
    return CLIPTokenizer(vocab=vocab, merges=merges, pad_token="!"), len(vocab)


def small_config(kind, vocabulary):
    vision = dict(hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=3, image_size=48)
    text = dict(hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, vocab_size=vocabulary)
    return kind[0](projection_dim=16, vision_config=vision | kind[3], text_config=text)


def random_owl(kind, config, seed):
    """A detector whose weights are random, and whose features have the size of trained ones."""
    model = jitter(kind[1](config), seed)
    generator = torch.Generator().manual_seed(seed + 1)
    for name, tensor in model.named_parameters():
        if name.endswith(("class_embedding", "position_embedding.weight", "token_embedding.weight")):
            tensor.data = 0.5 * torch.randn(tensor.shape, generator=generator)
    return model


def answers(model, pixels, ids):
    with torch.no_grad():
        out = model(input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids))
    tensors = {"logits": out.logits[0], "boxes": out.pred_boxes[0]}
    if "objectness_logits" in out:
        tensors["objectness"] = out.objectness_logits[0]
    return out, tensors


def make(name, seed):
    kind, folder = KINDS[name], DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    tokens, vocabulary = tokenizer()
    model = round_to(random_owl(kind, small_config(kind, vocabulary), seed), torch.float16)
    processor = kind[2](size={"height": 48, "width": 48})
    large, small = picture(80, 56, 8), picture(20, 28, 9)
    pixels = lambda shown: torch.as_tensor(processor(Image.fromarray(shown), return_tensors="pt")["pixel_values"]).float()
    ids = torch.tensor(tokens(QUERIES, padding="max_length", max_length=LENGTH)["input_ids"])
    out, tensors = answers(model, pixels(large), ids)
    found = processor.post_process_object_detection(out, threshold=-1.0, target_sizes=torch.tensor([[56, 80]]))[0]
    tensors |= {
        "picture": torch.from_numpy(large).float(), "pixels": pixels(large).permute(0, 2, 3, 1),
        "small.picture": torch.from_numpy(small).float(), "small.pixels": pixels(small).permute(0, 2, 3, 1),
        "ids": ids.to(torch.int32), "scores": found["scores"], "labels": found["labels"].float(), "corners": found["boxes"],
    }
    save(folder, model.to(torch.float16), processor, tensors)
    print({str(p.relative_to(DATA)): p.stat().st_size for p in folder.iterdir()})


if __name__ == "__main__":
    torch.set_num_threads(1)
    make("owlvit", 31)
    make("owlv2", 32)
