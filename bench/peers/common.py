"""What the peers share: arguments, layouts, prompts, loading and the report.

A peer prints one line of JSON: seconds by part, without and with loading, processor seconds of
the drawing, peak memory in MB, and how many iterations of guidance it took.
"""

import time

STARTED = time.perf_counter()  # before the imports below, which a user waits for as well

import argparse
import json
import pathlib
import resource
import sys

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parity"))

from method import NEGATIVE, NEGATIVE_ALONE, group, prompt_of  # noqa: E402


def arguments(description):
    """Parsed flags, threads and messages set up."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True, help="a diffusers folder")
    parser.add_argument("--layout", type=pathlib.Path, required=True, help="a layout, JSON as lmd writes it")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the picture, a .png")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--cfg-scale", type=float, default=7.5)
    parser.add_argument("--width", type=int, help="pixels; default: the model's own")
    parser.add_argument("--height", type=int, help="pixels; default: the model's own")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float16", "bfloat16"])
    parser.add_argument("--contiguous", action="store_true", help="convolutions channels first, not last")
    parser.add_argument("--batch", type=int, default=1, help="boxes drawn at once (lmd_torch only)")
    given = parser.parse_args()
    given.dtype = getattr(torch, given.dtype)
    torch.set_num_threads(given.threads)
    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    return given


class Layout:
    """Captioned boxes with everything the method makes of them in words."""

    def __init__(self, path, model):
        content = json.loads(path.read_text())
        # method.py reads boxes on a canvas of 512; the factor is exact in binary.
        on_512 = lambda box: [value * 512 for value in box]
        objects = [(thing["caption"], on_512(thing["box"])) for thing in content["objects"]]
        self.objects = sorted(objects, key=lambda thing: thing[0])
        self.background = content.get("background", "")
        self.things = group(self.objects)
        self.prompt = self.with_background([thing.phrase for thing in self.things])
        own, hints = content.get("negative", ""), model / "lmd.json"
        hints = json.loads(hints.read_text()) if hints.is_file() else {}
        set_by_model = hints.get("negative_prompt")
        self.guidance_strength = hints.get("guidance_strength", 1.0)
        join = lambda papers: ", ".join(
            part for part in (own, papers if set_by_model is None else set_by_model) if part)
        self.negative, self.negative_alone = join(NEGATIVE), join(NEGATIVE_ALONE)

    def with_background(self, phrases):
        if not self.background or not phrases:
            return self.background or ", ".join(phrases)
        return prompt_of(self.background, phrases)


def pictures_size(given, unet, factor):
    """Width and height in pixels."""
    native = unet.config.sample_size * factor
    return given.width or native, given.height or native


def channels_last(given, *networks):
    if not given.contiguous:
        for network in networks:
            network.to(memory_format=torch.channels_last)


class Clock:
    """Seconds by part."""

    def __init__(self, device):
        self.device, self.seconds, self.last, self.processor = device, {}, STARTED, 0.0

    def part(self, name):
        """Ends a part."""
        if self.device != "cpu":
            torch.cuda.synchronize()
        now = time.perf_counter()
        self.seconds[name] = now - self.last
        self.last = now
        if name == "load":
            self.processor = time.process_time()

    def report(self, iterations=0):
        drawing = sum(seconds for part, seconds in self.seconds.items() if part != "load")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        line = dict(seconds=self.seconds, drawing=drawing, with_load=drawing + self.seconds["load"],
                    drawing_processor=time.process_time() - self.processor, peak_rss_mb=peak, guidance_iterations=iterations)
        if self.device != "cpu":
            line["peak_device_mb"] = torch.cuda.max_memory_allocated() / 2**20
        rounded = lambda x: {k: rounded(v) for k, v in x.items()} if isinstance(x, dict) else round(x, 4)
        print(json.dumps(rounded(line)))
