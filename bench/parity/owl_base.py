"""OWL-ViT in the true shapes of base/32 and OWLv2 in those of base/16 (960 pixels) with random weights, and what transformers
computes with them; `cargo run --release --example looking -- FOLDER/owlvit FOLDER/owlv2` loads the same files and prints
the errors.

    pip install scipy
    python bench/parity/owl_base.py FOLDER [--part owlvit|owlv2]

Needs about 4 GB of memory and 1.3 GB of disk.
"""

import argparse
import pathlib
import time

import torch
from PIL import Image

from make_owl import KINDS, answers, random_owl
from make_sam import picture
from reference import save

SIZES = {"owlvit": dict(image_size=768, patch_size=32), "owlv2": dict(image_size=960, patch_size=16)}


def make(folder, name, seed):
    folder.mkdir(parents=True, exist_ok=True)
    kind = KINDS[name]
    model = random_owl(kind, kind[0](vision_config=SIZES[name]), seed)
    side = SIZES[name]["image_size"]
    processor = kind[2](size={"height": side, "width": side})
    shown = picture(512, 384, seed)
    pixels = torch.as_tensor(processor(Image.fromarray(shown), return_tensors="pt")["pixel_values"]).float()
    ids = torch.zeros(3, 16, dtype=torch.long)
    for row, words in enumerate(([320, 1125, 539, 320, 2368], [320, 2368], [320, 736, 1615])):
        ids[row, : len(words) + 2] = torch.tensor([49406, *words, 49407])
    started = time.time()
    _, tensors = answers(model, pixels, ids)
    print(f"{name} {time.time() - started:.1f} s")
    tensors |= {"picture": torch.from_numpy(shown).float(), "pixels": pixels.permute(0, 2, 3, 1), "ids": ids.to(torch.int32)}
    save(folder, model, processor, tensors)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--part", choices=KINDS, help="only this one")
    arguments = parser.parse_args()
    for seed, name in enumerate(KINDS):
        if arguments.part in (None, name):
            make(arguments.folder / name, name, 51 + seed)
