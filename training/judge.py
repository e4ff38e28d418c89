"""`python -m training.judge --art ART`: the other networks of an exported folder, on scenes nobody trained on.

The detector and the autoencoder on composed scenes; and, where the folder has adapters, how many things stand in their boxes
when scenes are drawn from captions and boxes, without the adapters and with them, as the detector sees it.
"""

import argparse
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file

from .adapters import Grounded, gated, slots
from .detector import Detector, detect, found_at, score
from .diffusion import sample
from .evaluate import Folder
from .runs import channels_last, sheet
from .scenes.compose import Composer, Scene

SHARE = 0.4  # of the steps with open gates, as LMD+ has it


@torch.no_grad()
def fidelity(vae, composer: Composer, scenes: int = 32) -> dict:
    """How near the autoencoder comes to pictures: the PSNR of all of them together."""
    pictures = composer.batch(scenes).pictures
    again = torch.cat([vae.decoder(vae.encoder(channels_last(part))) for part in pictures.split(8)]).clamp(-1, 1)
    return {"scenes": scenes, "psnr_db": -10 * math.log10((again - pictures).square().mean().item() / 4)}


def with_adapters(folder: Path, model: Folder) -> UNet2DConditionModel:
    """The folder's U-Net with its adapters."""
    unet = gated(model.unet)
    adapters = load_file(folder / "gligen/diffusion_pytorch_model.safetensors")
    unet.load_state_dict(model.unet.state_dict() | {name: value.float() for name, value in adapters.items()})
    return unet.to(memory_format=torch.channels_last).eval().requires_grad_(False)


def in_place(scenes: list[Scene], judge: Detector, pictures: torch.Tensor) -> dict:
    """Shares of the things that were found where they belong, and with the right noun."""
    seen = [found for part in pictures.split(16) for found in detect(judge, part, 0.2)]
    best = [(thing, found_at(thing.box, found)) for scene, found in zip(scenes, seen) for thing in scene.things]
    there = [(thing, found) for thing, found in best if found]
    named = sum(found.noun == thing.noun for thing, found in there)
    return {"things": len(best), "in_place": len(there) / len(best), "in_place_with_noun": named / len(best)}


def compare(arguments, model: Folder, judge: Detector) -> dict:
    """The same captions and noise without the adapters and with them."""
    composer = Composer(arguments.art, judge.nouns, seed=78)
    scenes: list[Scene] = []
    while len(scenes) < arguments.pictures:
        scene = composer.plan()
        scenes += [scene] if scene.things else []
    ids = torch.tensor([model.words.encode(scene.caption)[0] for scene in scenes])
    empty = model.words.batch([""])
    given = slots(scenes, composer, model.words, model, "cpu", blind=0.0)
    draw = lambda grounded=None: sample(model, model.vae, ids, empty, arguments.steps, seed=1, grounded=grounded, scheduler=model.scheduler)
    without = draw()
    model.unet = with_adapters(arguments.model, model)
    pictures = draw(Grounded(model.unet, given, arguments.steps, SHARE))
    if arguments.out:
        pairs = torch.stack([without, pictures], 1).flatten(0, 1)[:48]
        sheet(F.avg_pool2d(pairs, 2), arguments.out.with_suffix(".png"), 8)
    return {"steps": arguments.steps, "without": in_place(scenes, judge, without), "with": in_place(scenes, judge, pictures)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/model"))
    parser.add_argument("--art", type=Path, required=True, help="folder of @lobehub/fluent-emoji-3d's pictures (package/assets)")
    parser.add_argument("--scenes", type=int, default=400, help="for the detector")
    parser.add_argument("--pictures", type=int, default=96, help="for the adapters")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write the numbers here (JSON), and pictures beside it: without, with, without ...")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    judge = Detector.open(arguments.model / "detector").to(memory_format=torch.channels_last)
    result = {"detector": score(judge, Composer(arguments.art, judge.nouns, seed=77), arguments.scenes)}
    model = Folder(arguments.model)
    result["autoencoder"] = fidelity(model.vae, Composer(arguments.art, judge.nouns, seed=79))
    if (arguments.model / "gligen").exists():
        result["adapters"] = compare(arguments, model, judge)
    print(json.dumps(result, indent=2))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
