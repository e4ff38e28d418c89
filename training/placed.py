"""`python -m training.placed`: how many things the adapters put into their boxes, as the detector sees it.

Scenes of the composer, of one to four things, drawn from their captions and boxes alone; beside it the same without boxes.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from .adapters import Grounded, gated, slots
from .detector import Detector, detect, found_at
from .diffusion import sample
from .folder import Folder
from .runs import channels_last
from .scenes.compose import Composer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/model"))
    parser.add_argument("--art", type=Path, required=True, help="folder of @lobehub/fluent-emoji-3d's pictures (package/assets)")
    parser.add_argument("--detector", type=Path, help="folder of the detector, if not the model's own")
    parser.add_argument("--gligen", type=Path, help="file of the adapters, if not the model's own")
    parser.add_argument("--scenes", type=int, default=64)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--guidance", type=float, default=5.0)
    parser.add_argument("--share", type=float, default=0.3, help="share of the steps with open gates")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = Folder(arguments.model)
    judge = Detector.open(arguments.detector or arguments.model / "detector").to(memory_format=torch.channels_last)
    plain = model.unet
    unet = gated(plain).eval().requires_grad_(False)
    unet.load_state_dict(load_file(arguments.gligen or arguments.model / "gligen/diffusion_pytorch_model.safetensors"), strict=False)
    unet.float().to(memory_format=torch.channels_last)
    composer = Composer(arguments.art, judge.nouns, seed=900 + arguments.seed, only_plan=True)
    scenes = [scene for scene in (composer.plan() for _ in range(4 * arguments.scenes)) if 1 <= len(scene.things) <= 4][: arguments.scenes]
    begun = time.time()
    result = {"scenes": len(scenes), "things": sum(len(scene.things) for scene in scenes), "share": arguments.share}
    with torch.no_grad():
        ids = torch.tensor([model.words.encode(scene.caption)[0] for scene in scenes])
        empty = model.words.batch([""])
        boxes = slots(scenes, composer, model.words, model, "cpu", blind=0.0)
        for name, network, more in [("with_boxes", unet, Grounded(unet, boxes, arguments.steps, arguments.share)), ("without", plain, None)]:
            model.unet = network
            pictures = sample(model, model.vae, ids, empty, arguments.steps, arguments.guidance, arguments.seed, grounded=more, scheduler=model.scheduler)
            seen = [found for part in pictures.split(16) for found in detect(judge, channels_last(part), 0.2)]
            pairs = [(thing, found_at(thing.box, found)) for scene, found in zip(scenes, seen) for thing in scene.things]
            result[name] = {"something_there": sum(best is not None for _, best in pairs) / len(pairs),
                            "right_noun_there": sum(best is not None and best.noun == thing.noun for thing, best in pairs) / len(pairs)}
    print(json.dumps(result | {"seconds": time.time() - begun}, indent=2))


if __name__ == "__main__":
    main()
