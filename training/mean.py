"""`python -m training.mean ONE OTHER --share 0.3 --out FOLDER`: the mean of two detectors' weights, `share` of the other.

One that was trained on from the other keeps, so averaged, what each does better (WiSE-FT, Wortsman et al., 2022,
https://arxiv.org/abs/2109.01903).
"""

import argparse
from pathlib import Path

from .detector import Detector


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path, help="folder of a detector")
    parser.add_argument("other", type=Path, help="folder of another of the same size")
    parser.add_argument("--share", type=float, default=0.5, help="of the other, in 0 to 1")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    arguments = parser.parse_args()
    if not 0 <= arguments.share <= 1:
        parser.error(f"--share is {arguments.share}, it must be in 0 to 1")
    one, other = Detector.open(arguments.one), Detector.open(arguments.other)
    if (one.nouns, one.widths) != (other.nouns, other.widths):
        parser.error("the detectors are not of the same size")
    theirs = other.state_dict()
    one.load_state_dict({name: (1 - arguments.share) * value + arguments.share * theirs[name] for name, value in one.state_dict().items()})
    one.save(arguments.out)


if __name__ == "__main__":
    main()
