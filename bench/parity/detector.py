"""The bundled world's detector in Rust against the one in Python, on composed scenes nobody trained on.

    python bench/parity/detector.py --art emoji/package/assets --lmd target/release/lmd --scenes 400

composes scenes, looks at each with `training/detector.py` and with `lmd detect`, and prints the largest difference of the
boxes in pixels and of the scores, and how many scenes each sees without a fault. `--small` makes the golden files of
`crates/lmd-nn/tests/data/detector` (a small random network), `--golden 4` those of `crates/lmd/tests/data/scenes`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from training.detector import Detector, Found, detect, intersection_over_union  # noqa: E402
from training.scenes.compose import Composer  # noqa: E402

THRESHOLD = 0.35


def corners(box):
    x, y, w, h = box
    return [x, y, x + w, y + h]


def paint_word(config, paint):
    word = config["paints"][paint]
    return "" if word == "natural" else word


def label(config, found: Found) -> str:
    return f"{paint_word(config, found.paint)} {config['nouns'][found.noun]}".strip()


def faultless(truth, seen) -> bool:
    """Everything is found with noun and colour, its box shares at least half, and nothing else is seen."""
    def best(box):
        return max(seen, key=lambda one: intersection_over_union(one["box"], box), default=None)

    def right(thing):
        one = best(thing["box"])
        return one is not None and intersection_over_union(one["box"], thing["box"]) >= 0.5 and one["label"] == thing["label"]

    return len(seen) == len(truth) and all(map(right, truth))


def by_python(judge, config, pixels) -> list[dict]:
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    found = detect(judge, picture, THRESHOLD)[0]
    return [{"label": label(config, one), "score": one.score, "box": one.box} for one in found]


def by_rust(lmd, detector, path) -> list[dict]:
    command = [lmd, "detect", str(path), "--json", "-q", "--threshold", str(THRESHOLD), "--detector", str(detector)]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    found = sorted(told["detections"], key=lambda one: -one["score"])
    return [{"label": one["label"], "score": one["score"],
             "box": [one["corners_px"][0], one["corners_px"][1], one["corners_px"][2] - one["corners_px"][0],
                     one["corners_px"][3] - one["corners_px"][1]]} for one in found]


def scenes(arguments, judge, config):
    composer = Composer(arguments.art, len(config["nouns"]), seed=77)
    left = arguments.golden or arguments.scenes
    while left:
        made = composer.batch(min(16, left))
        left -= len(made.scenes)
        pictures = ((made.pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
        for scene, pixels in zip(made.scenes, pictures):
            truth = [{"label": label(config, Found(1, thing.noun, thing.paint, thing.box)), "box": thing.box}
                     for thing in scene.things]
            yield truth, np.ascontiguousarray(pixels)


def compare(arguments, judge, config) -> None:
    total = same = 0
    box_error = score_error = 0.0
    right = {"python": 0, "rust": 0}
    with tempfile.TemporaryDirectory() as folder:
        for truth, pixels in scenes(arguments, judge, config):
            path = Path(folder) / "scene.png"
            Image.fromarray(pixels).save(path)
            ours, theirs = by_rust(arguments.lmd, arguments.detector, path), by_python(judge, config, pixels)
            total += 1
            right["python"] += faultless(truth, theirs)
            right["rust"] += faultless(truth, ours)
            agree = [one["label"] for one in ours] == [one["label"] for one in theirs]
            same += agree
            if agree:
                for a, b in zip(ours, theirs):
                    clipped = np.clip(corners(b["box"]), 0, 256)
                    box_error = max(box_error, float(np.abs(np.array(corners(a["box"])) - clipped).max()))
                    score_error = max(score_error, abs(a["score"] - b["score"]))
            else:
                print("differs:", ours, theirs)
    print(f"{total} scenes, {same} with the same labels; boxes differ by at most {box_error:.4f} pixels, scores by {score_error:.2e}")
    print(f"without a fault: Python {right['python']}, lmd {right['rust']}")


def golden(arguments, judge, config) -> None:
    """Some scenes as PNG with what is on them and what Python sees."""
    folder = ROOT / "crates/lmd/tests/data/scenes"
    folder.mkdir(parents=True, exist_ok=True)
    told = []
    for number, (truth, pixels) in enumerate(scenes(arguments, judge, config)):
        Image.fromarray(pixels).save(folder / f"{number}.png", optimize=True)
        seen = [{**one, "corners_px": np.clip(corners(one["box"]), 0, 256).tolist()} for one in by_python(judge, config, pixels)]
        told.append({"picture": f"{number}.png", "things": [{**one, "corners_px": corners(one["box"])} for one in truth], "python": seen})
        for one in told[-1]["things"] + seen:
            del one["box"]
    (folder / "scenes.json").write_text(json.dumps(told, indent=1) + "\n")


def small() -> None:
    """A small random network with what PyTorch computes with it: random pixels of 64x64, and all that is seen."""
    torch.manual_seed(7)
    folder = ROOT / "crates/lmd-nn/tests/data/detector"
    config = {"nouns": ["car", "dog", "hot dog"], "paints": ["natural", "red", "blue"], "widths": [8, 16, 24], "groups": 8, "size": 64}
    import training.detector as module
    module.PAINTS = len(config["paints"])
    net = Detector(len(config["nouns"]), config["widths"])
    for parameter in net.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    net.head.bias.data[0] = 0.0
    for name, value in net.state_dict().items():
        value.copy_(value.half().float())
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in net.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    pixels = torch.randint(0, 256, (64, 64, 3), dtype=torch.uint8)
    pixels[16:40, 8:48] = pixels[16:40, 8:48] // 4 + torch.tensor([180, 20, 20], dtype=torch.uint8)
    with torch.no_grad():
        seen = detect(net, pixels.permute(2, 0, 1)[None].float() / 127.5 - 1, 0.05)[0]
    rows = torch.tensor([[one.score, one.noun, one.paint, *corners(one.box)] for one in seen])
    print(len(seen), "things:", rows)
    save_file({"pixels": pixels.flatten().float(), "seen": rows},
              folder / "golden.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--art", type=Path, help="folder of @lobehub/fluent-emoji-3d's pictures (package/assets)")
    parser.add_argument("--detector", type=Path, default=ROOT / "assets/model/detector")
    parser.add_argument("--lmd", default=str(ROOT / "target/release/lmd"))
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--golden", type=int, help="write so many scenes for the tests, instead of comparing")
    parser.add_argument("--small", action="store_true", help="write the small network for the tests, instead of comparing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.small:
        return small()
    config = json.loads((arguments.detector / "config.json").read_text())
    judge = Detector.open(arguments.detector).to(memory_format=torch.channels_last)
    (golden if arguments.golden else compare)(arguments, judge, config)


if __name__ == "__main__":
    main()
