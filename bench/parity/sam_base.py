"""Segment Anything in the true shapes of ViT-B with random weights, and what transformers computes with it;
`cargo run --release --example looking -- FOLDER` loads the same files and prints the errors.

    python bench/parity/sam_base.py FOLDER

Needs about 4 GB of memory and 0.4 GB of disk.
"""

import argparse
import pathlib
import time

import torch
from PIL import Image
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil

from make_sam import answers, picture, prompts, random_sam
from reference import save


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    model = random_sam({}, 41)
    shown = picture(512, 384, 42)
    processor = SamImageProcessorPil()
    inputs = processor(Image.fromarray(shown), return_tensors="pt")
    pixels = torch.as_tensor(inputs["pixel_values"]).float()
    with torch.no_grad():
        started = time.time()
        features = model.get_image_embeddings(pixels)
        print(f"image encoder {time.time() - started:.1f} s")
    tensors = {"picture": torch.from_numpy(shown).float(), "features": features.permute(0, 2, 3, 1)}
    tensors |= answers(model, features, prompts(processor, (384, 512)))
    save(folder, model, processor, tensors)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    main(parser.parse_args().folder)
