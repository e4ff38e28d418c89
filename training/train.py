"""`python -m training.train --size smoke|cpu|full [--stage all|ae|...]`: every stage, resumable.

A stage that is already done is skipped; one that was interrupted goes on from its checkpoint.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from . import networks
from .runs import Run

STAGES = ["ae", "text", "unet", "decoder", "detector", "adapters", "export"]
# Stages that are run only by their names.
BESIDE = ["segmenter"]


def run_stage(stage: str, run: Run, size: networks.Size, arguments) -> None:
    if stage == "ae":
        from . import autoencoder
        autoencoder.train(run, size, arguments.steps)
    elif stage == "decoder":
        from . import decoder
        decoder.train(run, size, arguments.steps)
    elif stage == "text":
        from . import text
        text.train(run, size)
    elif stage == "unet":
        from . import diffusion
        diffusion.train(run, size, arguments.resume_from, arguments.steps, arguments.cooldown, arguments.rate,
                        arguments.compile, arguments.only, arguments.close)
    elif stage == "detector":
        from . import detector
        detector.train(run, size, arguments.steps, arguments.resume_from, arguments.painter, arguments.reworked,
                       arguments.drawn, arguments.struck)
    elif stage == "segmenter":
        from . import segmenter
        segmenter.train(run, size, arguments.steps)
    elif stage == "adapters":
        from . import adapters
        adapters.train(run, size, arguments.steps, arguments.compile, arguments.resume_from)
    else:
        from . import export
        export.export(run, size, arguments.size, arguments.out or run.path("model"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=networks.SIZES, default="smoke")
    parser.add_argument("--stage", default="all", choices=["all", *STAGES, *BESIDE])
    parser.add_argument("--art", type=Path, required=True, help="folder of @lobehub/fluent-emoji-3d's pictures (package/assets)")
    parser.add_argument("--runs", type=Path, default=Path("training/runs"), help="where checkpoints and logs go")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minutes", type=float, help="stop with a checkpoint after so long")
    parser.add_argument("--resume-from", type=Path, help="start the U-Net, the detector or the adapters from an exported folder")
    parser.add_argument("--painter", type=Path, help="detector: learn also from what the model of this exported folder makes of scenes")
    parser.add_argument("--drawn", type=Path, help="detector: learn also from these pictures of a model (python -m training.drawn)")
    parser.add_argument("--struck", type=Path, help="detector: the numbers of those that do not show what they should")
    parser.add_argument("--reworked", type=int, default=1536, help="detector: how many such pictures")
    parser.add_argument("--steps", type=int, help="steps of the stage, if not the size's own")
    parser.add_argument("--cooldown", type=int, help="U-Net: over how many of the last steps the rate falls")
    parser.add_argument("--out", type=Path, help="export: the folder to write")
    parser.add_argument("--batch", type=int, help="U-Net and adapters: pictures a step, if not the size's own")
    parser.add_argument("--rate", type=float, help="U-Net: learning rate")
    parser.add_argument("--only", default="", help="U-Net: train only what has this in its name, and the text encoder, "
                        "for instance .attentions.")
    parser.add_argument("--close", action="store_true", help="U-Net: learn from crops around single things, at a quarter of the cost")
    parser.add_argument("--compile", action="store_true", help="U-Net and adapters: compile first (minutes), then 1.4 times as fast")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run = Run(arguments.runs, arguments.size, arguments.art, arguments.device, arguments.threads, arguments.minutes)
    size = networks.SIZES[arguments.size]
    size = replace(size, unet_batch=arguments.batch or size.unet_batch)
    for stage in STAGES if arguments.stage == "all" else [arguments.stage]:
        if run.should_stop():
            break
        run_stage(stage, run, size, arguments)


if __name__ == "__main__":
    main()
