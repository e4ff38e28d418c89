"""lmd and its peers side by side, each a process of its own: the parts of a model, then the whole methods.

    cargo build --release --workspace --bins --examples
    pip install -r bench/parity/requirements.txt
    python bench/run.py --lmd target/release/lmd --model assets/model

The first table times the parts (bench/peers/speed.py and lmd's example `speed` say what runs): medians of
`--runs` rounds of `--part-runs` runs each, 0 for no such table.

For the second every contestant draws the same layouts with the same weights, seed and settings; the order
changes from round to round; printed are medians. `whole` is what a user waits for, from the
start of the process to its end; `drawing` leaves loading out (lmd tells it to 0.1 s);
`processor` is the processor time of all threads while drawing (of lmd's whole process, whose
loading is short), which a machine shared with others disturbs least; `peak` is the largest
resident memory, weights mapped from disk included. Ratios are to lmd with its faithful preset:
above 1, lmd is faster or smaller.

`units` is the work done in forwards of batch 1, a guidance iteration counting 3
(docs/method.md, section L); `50 steps` is the drawing time that this model of the cost gives
for 50 steps when guidance never ends early.

`--control` also draws PyTorch's pictures once more with its tensors channels first: the same
sums in another order. As far apart as those two are, rounding alone can drive a picture.

`--growth` adds steps and resolutions, `--presets` lmd's own two faster ones. MODEL may be the
folder that bench/parity/full_size.py makes: parts it lacks (tokenizer, scheduler) are borrowed
from the bundled model. `--steps 1 --plain-steps 1 --boxes 1 --runs 1` takes long enough there;
`--side 256` shortens it further.

Runs with the standard library, so that the children's memory is not this process's; the peers
run under `--python`, which needs PyTorch.
"""

import argparse
import dataclasses
import importlib.metadata
import json
import math
import os
import pathlib
import re
import statistics
import sys
import tempfile

from parts import print_parts
from processes import run

BENCH = pathlib.Path(__file__).resolve().parent
BUNDLED = BENCH.parent / "assets/model"
PEERS = BENCH / "peers"
LMD, TORCH, COMMUNITY, PLAIN = "lmd", "PyTorch, section B", "diffusers community", "diffusers plain"
CONTROL = "channels first"
SCRIPTS = {TORCH: "lmd_torch.py", COMMUNITY: "community.py", PLAIN: "plain.py"}


@dataclasses.dataclass(frozen=True)
class Task:
    """One row group of the table."""

    boxes: int
    steps: int
    side: int = 0  # pixels; 0 is the model's own
    plain: bool = False

    def __str__(self):
        side = f", {self.side}²" if self.side else ""
        what = "plain sampling" if self.plain else f"{self.boxes} box{'es' * (self.boxes > 1)}"
        return f"{what}, {self.steps} step{'s' * (self.steps != 1)}{side}"

    @property
    def layout(self):
        return PEERS / f"layouts/{self.boxes}.json"


@dataclasses.dataclass
class Measured:
    whole: float
    drawing: float
    processor: float
    peak: float  # MB
    units: float
    at_50: float


# --- What is run ---

def tasks(given):
    side = given.side
    listed = [Task(1, given.plain_steps, side, plain=True)] if given.plain_steps else []
    listed += [Task(boxes, given.steps, side) for boxes in given.boxes]
    if given.growth:
        listed += [Task(1, steps, side) for steps in (max(1, given.steps // 2), given.steps * 2)]
        listed += [Task(1, given.steps, side) for side in given.sides]
    return listed


def contestants(task, given):
    if task.plain:
        chosen = [LMD, PLAIN]
    else:
        chosen = [LMD, TORCH, COMMUNITY]
        if given.presets and (task.steps, task.side) == (given.steps, given.side):
            chosen += ["lmd fast", "lmd balanced"]
    return [who for who in chosen if who in given.only or who.startswith(LMD)]


def lmd_command(who, task, given, output):
    preset = who.split(" ")[1] if " " in who else "faithful"
    command = [given.lmd, "draw", task.layout, "--config", given.scratch / "lmd.toml", "--model", given.model,
               "--method", "plain" if task.plain else "lmd", "--preset", preset, "--cfg-scale", 7.5, "--preview", "none",
               "--seed", given.seed, "--output", output, "--overwrite", "--device", given.lmd_device, "--dtype", given.lmd_dtype]
    if preset == "faithful":
        command += ["--steps", task.steps]
    return command + (["--width", task.side, "--height", task.side] if task.side else [])


def peer_command(who, task, given, output):
    command = [given.python, PEERS / SCRIPTS[who], "--model", given.model, "--layout", task.layout,
               "--seed", given.seed, "--steps", task.steps, "--output", output, "--threads", given.threads,
               "--batch", given.batch, "--device", given.device, "--dtype", given.dtype]
    return command + (["--width", task.side, "--height", task.side] if task.side else [])


# --- Measuring ---

def measure(who, task, given):
    output = given.scratch / f"{who} {task}.png".replace(",", "")
    mine = who.startswith(LMD)
    command = (lmd_command if mine else peer_command)(who, task, given, output)
    whole, processor, peak, out, err = run(command, given)
    if mine:
        drawing = float(re.findall(r", ([0-9.]+) s$", err.strip())[-1])
        recipe = json.loads(run([given.lmd, "show", output, "--json"], given)[3])
        iterations = iterations_of(recipe)
    else:
        report = json.loads(out.strip().splitlines()[-1])
        drawing, processor = report["drawing"], report["drawing_processor"]
        iterations = report["guidance_iterations"]
    if who not in (LMD, *SCRIPTS):  # a preset has steps of its own
        return Measured(whole, drawing, processor, peak, float("nan"), float("nan"))
    runs = 1 if task.plain or who == COMMUNITY else task.boxes + 1
    units = 2 * task.steps * runs + 3 * iterations
    guided = 0 if task.plain else 30 if who == COMMUNITY else 65 * runs
    at_50 = drawing / units * (100 * runs + 3 * guided)
    return Measured(whole, drawing, processor, peak, units, at_50)


def iterations_of(recipe):
    runs = [recipe["energies"], *(box["energies"] for box in recipe["boxes"])]
    return sum(len(step["energies"]) for steps in runs for step in steps)


def medians(rounds):
    fields = [field.name for field in dataclasses.fields(Measured)]
    return Measured(*(statistics.median(getattr(one, field) for one in rounds) for field in fields))


def measure_all(given):
    results = {(task, who): [] for task in tasks(given) for who in contestants(task, given)}
    for turn in range(given.runs):
        for task in tasks(given):
            order = contestants(task, given)
            turned = order[turn % len(order):] + order[: turn % len(order)]
            for who in turned:
                measured = measure(who, task, given)
                results[task, who].append(measured)
                keep_raw(results, given)
                print(f"{turn + 1}/{given.runs} {task}, {who}: {measured.whole:.1f} s", file=sys.stderr, flush=True)
    return results


def keep_raw(results, given):
    """What has been measured so far, so that an interrupted run is not lost."""
    if given.raw:
        fields = lambda one: {name: None if math.isnan(value) else value for name, value in vars(one).items()}
        rows = [dict(task=str(task), who=who, rounds=[fields(one) for one in rounds])
                for (task, who), rounds in results.items()]
        given.raw.write_text(json.dumps(rows, indent=1) + "\n")


# --- Printing ---

def machine(given):
    cpu = pathlib.Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", cpu.read_text()) if cpu.exists() else []
    version = run([given.lmd, "--version"], given)[3].strip()
    packages = [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "diffusers")] \
        if given.python == sys.executable else []
    return (f"{(names or ['unknown processor'])[0]}, {os.cpu_count()} cores, {given.threads} threads each; "
            f"{', '.join([version, *packages])}; {given.device} {given.dtype}; model `{given.name}`; "
            f"medians of {given.runs}")


def table(results):
    print("| task | who | whole s | drawing s | processor s | peak MB | ratio to lmd: whole | drawing | processor "
          "| peak | units | 50 steps, s |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for (task, who), rounds in results.items():
        one, ours = medians(rounds), medians(results[task, LMD])
        ratios = ["" if who == LMD else f"{getattr(one, part) / getattr(ours, part):.2f}"
                  for part in ("whole", "drawing", "processor", "peak")]
        model = ["", ""] if math.isnan(one.units) else [f"{one.units:.0f}", f"{one.at_50:.1f}"]
        cells = [task, who, f"{one.whole:.1f}", f"{one.drawing:.1f}", f"{one.processor:.1f}", f"{one.peak:.0f}",
                 *ratios, *model]
        print("| " + " | ".join(str(cell) for cell in cells) + " |")


def pictures(results, given):
    """How far lmd's pictures are from those of the peers that must draw the same, beyond what rounding explains."""
    import numpy as np
    from PIL import Image

    def pixels(who, task):
        file = given.scratch / f"{who} {task}.png".replace(",", "")
        return np.asarray(Image.open(file).convert("RGB")).astype(np.float64)

    worst = 0.0
    print("\n| same picture? | mean difference, 1/255 | largest |\n|---|--:|--:|")
    for task, who in results:
        if who in (TORCH, PLAIN):
            apart = np.abs(pixels(LMD, task) - pixels(who, task))
            print(f"| {task}: {who} | {apart.mean():.4f} | {apart.max():.0f} |")
            explained = 1.0
            if who == TORCH and given.control:
                output = given.scratch / f"{CONTROL} {task}.png".replace(",", "")
                run([*peer_command(who, task, given, output), "--contiguous"], given)
                itself = np.abs(pixels(CONTROL, task) - pixels(who, task))
                print(f"| {task}: {who} and itself, channels first | {itself.mean():.4f} | {itself.max():.0f} |")
                explained = max(explained, 2 * itself.mean())
            worst = max(worst, apart.mean() / explained)
    return worst


# --- The model and the flags ---

def complete(folder, scratch):
    """The folder itself, or one of links to it with what it lacks from the bundled model."""
    parts = ["unet", "vae", "text_encoder", "tokenizer", "scheduler", "model_index.json"]
    if all((folder / part).exists() for part in parts):
        return folder
    whole = scratch / "model"
    whole.mkdir()
    for part in parts[:-1]:
        (whole / part).symlink_to(folder / part if (folder / part).exists() else BUNDLED / part)
    index = json.loads((BUNDLED / "model_index.json").read_text())
    index["vae"][1] = json.loads((folder / "vae/config.json").read_text())["_class_name"]
    (whole / "model_index.json").write_text(json.dumps(index))
    return whole


def flags():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(number) for number in text.split(",") if number]
    parser.add_argument("--lmd", type=pathlib.Path, default=pathlib.Path("target/release/lmd"))
    parser.add_argument("--model", type=pathlib.Path, default=BUNDLED, help="a diffusers folder")
    parser.add_argument("--python", default=sys.executable, help="runs the peers")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--part-runs", type=int, default=5, help="of each part in a round; 0 leaves parts out")
    parser.add_argument("--steps", type=int, default=50, help="of the whole method")
    parser.add_argument("--plain-steps", type=int, default=20, help="of plain sampling; 0 leaves it out")
    parser.add_argument("--boxes", type=numbers, default=[1, 3, 6], help="of 1,3,6")
    parser.add_argument("--side", type=int, default=0, help="pixels; 0 is the model's own size")
    parser.add_argument("--sides", type=numbers, default=[128, 512], help="pixels, for --growth")
    parser.add_argument("--growth", action="store_true", help="half and twice the steps, other sizes")
    parser.add_argument("--control", action="store_true", help="draw PyTorch's pictures in two ways")
    parser.add_argument("--presets", action="store_true", help="lmd's fast and balanced as well")
    parser.add_argument("--only", nargs="*", choices=list(SCRIPTS), default=list(SCRIPTS), help="these peers")
    parser.add_argument("--batch", type=int, default=1, help="boxes drawn at once by lmd and PyTorch")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--shared", action="store_true",
                        help="others use this machine: PyTorch's threads sleep instead of spinning")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="of the peers")
    parser.add_argument("--dtype", default="float32", help="of the peers")
    parser.add_argument("--lmd-device", default="cpu")
    parser.add_argument("--lmd-dtype", default="f32")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--raw", type=pathlib.Path, help="write every single measurement here, JSON")
    return parser.parse_args()


def main():
    given = flags()
    with tempfile.TemporaryDirectory() as scratch:
        given.scratch, given.name = pathlib.Path(scratch), given.model.resolve().name
        given.lmd = given.lmd.resolve()
        given.model = complete(given.model.resolve(), given.scratch)
        (given.scratch / "lmd.toml").write_text(f"[draw.lmd]\nbatch = {given.batch}\n")
        before = os.getloadavg()[0]
        if given.part_runs:
            print_parts(given)
        results = measure_all(given)
        print(machine(given) + f"; load average {before:.1f} before, {os.getloadavg()[0]:.1f} after\n")
        table(results)
        worst = pictures(results, given)
    raise SystemExit(int(worst > 1))


if __name__ == "__main__":
    main()
