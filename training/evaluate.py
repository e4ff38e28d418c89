"""`python -m training.evaluate`: how often plain sampling draws what was asked, as the detector sees it.

Single objects: first the ten nouns of the benchmark in eleven colours, then other nouns.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F

from .detector import Detector, detect
from .diffusion import sample
from .folder import Folder
from .runs import channels_last, sheet
from .scenes import art, captions
from .scenes.captions import Group


def wishes(count: int, nouns: int) -> list[Group]:
    """Which single objects to ask for: the benchmark's ten nouns in all colours, then the others."""
    first = [Group(n, p, 1) for n in range(min(10, nouns)) for p in range(1, len(art.PAINTS))]
    rest = [Group(n, p, 1) for p in [0, *range(1, len(art.PAINTS))] for n in range(10, nouns)]
    if count < len(first):  # fewer pictures: spread over the first list
        return [first[i * len(first) // count] for i in range(count)]
    return (first + rest + [Group(n, 0, 1) for n in range(min(10, nouns))])[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/model"))
    parser.add_argument("--detector", type=Path, help="folder of the detector, if not the model's own")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--guidance", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seen", type=int, default=0, help="training pictures of the model, for the record")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, help="write the numbers here (JSON), and a contact sheet beside it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = Folder(arguments.model).to(arguments.device)
    judge = Detector.open(arguments.detector or arguments.model / "detector").to(arguments.device, memory_format=torch.channels_last)
    nouns = art.load_nouns(judge.nouns)
    asked = wishes(arguments.pictures, judge.nouns)
    prompts = [f"a realistic scene with {captions.phrase(group, nouns)}" for group in asked]
    begun = time.time()
    with torch.no_grad():
        ids = model.words.batch(prompts).to(arguments.device)
        empty = model.words.batch([""]).to(arguments.device)
        pictures = sample(model, model.vae, ids, empty, arguments.steps, arguments.guidance, arguments.seed, scheduler=model.scheduler)
        seen = [found for part in pictures.split(16) for found in detect(judge, channels_last(part), 0.2)]
    noun = [bool(found) and found[0].noun == group.noun for found, group in zip(seen, asked)]
    paint = [bool(found) and found[0].paint == group.paint for found, group in zip(seen, asked)]
    by_noun = Counter(nouns[g.noun].singular for g, ok in zip(asked, noun) if ok)
    result = {"pictures": len(asked), "steps": arguments.steps, "guidance": arguments.guidance, "seed": arguments.seed,
              "seen": arguments.seen, "noun": sum(noun) / len(noun), "paint": sum(paint) / len(paint),
              "both": sum(a and b for a, b in zip(noun, paint)) / len(noun),
              "nothing_found": sum(not found for found in seen) / len(seen),
              "right_by_noun": dict(by_noun), "seconds": time.time() - begun}
    print(json.dumps(result, indent=2))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2))
        sheet(F.avg_pool2d(pictures, 2), arguments.out.with_suffix(".png"), 20)


if __name__ == "__main__":
    main()
