"""The parts of a model side by side: `speed` of lmd and of PyTorch in turns, one table."""

import pathlib
import re
import statistics
import sys

from processes import run

PEER = pathlib.Path(__file__).resolve().parent / "peers/speed.py"
PARTS = {
    "unet-1": "U-Net forward",
    "unet-2": "U-Net forward, two prompts",
    "guided": "guided iteration",
    "decode": "decoding",
    "text": "text encoding, two prompts",
    "load": "loading",
}
LINE = re.compile(r"(\S+) +median +([\d.]+) ms, least +([\d.]+) ms, processor time +([\d.]+) ms")
ROOFLINE = re.compile(r"roofline ([\d.]+) GFLOP .* at (\d+) GFLOP/s")


def commands(given):
    speed = given.lmd.parent / "examples/speed"
    if not speed.exists():
        raise SystemExit(f"{speed} is not there: `cargo build --release --workspace --bins --examples` makes it "
                         "(or leave the parts out with --part-runs 0)")
    runs = ["--runs", given.part_runs]
    return {
        "lmd": [speed, given.model, *runs, "--device", given.lmd_device, "--dtype", given.lmd_dtype],
        "PyTorch": [given.python, PEER, given.model, *runs, "--threads", given.threads, "--device", given.device,
                    "--dtype", given.dtype],
    }


def measure_parts(given):
    """Of each part and program the median, the least and the processor time of every round; and the roofline."""
    found, roofline, listed = {}, None, commands(given)
    for turn in range(given.runs):
        for who in sorted(listed, reverse=turn % 2):
            text = run(listed[who], given)[3]
            for part, *numbers in LINE.findall(text):
                found.setdefault((part, who), []).append([float(number) for number in numbers])
            roofline = ROOFLINE.search(text) or roofline
            print(f"{turn + 1}/{given.runs} parts, {who}", file=sys.stderr, flush=True)
    return found, [float(number) for number in roofline.groups()]


def print_parts(given):
    found, (operations, rate) = measure_parts(given)
    print("| part | lmd, ms | least | processor | PyTorch, ms | least | processor | PyTorch / lmd | of the least |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    least = {}
    for part, title in PARTS.items():
        cells, ours_and_theirs = [], []
        for who in ("lmd", "PyTorch"):
            medians, leasts, processor = zip(*found[part, who], strict=True)
            numbers = statistics.median(medians), min(leasts), statistics.median(processor)
            least[part, who] = min(leasts)
            ours_and_theirs.append(numbers)
            cells += [f"{number:.1f}" for number in numbers]
        ours, theirs = ours_and_theirs
        cells += [f"{theirs[i] / ours[i]:.2f}" for i in (0, 1)]
        print(f"| {title} | " + " | ".join(cells) + " |")
    fastest = 1e3 * operations / rate
    share = lambda who: f"{100 * fastest / least['unet-1', who]:.0f} %"
    print(f"\nRoofline: a forward counts {operations:.2f} GFLOP with every convolution multiplied out, and this machine "
          f"multiplies matrices at {rate:.0f} GFLOP/s: {fastest:.1f} ms. lmd's least forward reaches {share('lmd')} "
          f"of that rate, PyTorch's {share('PyTorch')}.\n")
