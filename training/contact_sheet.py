"""`python -m training.contact_sheet --lmd target/release/lmd --out sheet.png`: 24 fixed prompts, drawn by lmd."""

import argparse
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

PROMPTS = [
    "a red car on a beach", "a blue cat in a forest", "two dogs in a meadow", "a green bottle on a table",
    "a yellow house in a desert", "a purple backpack in a room", "three red apples in a kitchen", "a boat on the sea",
    "a black cat to the left of a white dog", "a pink chair to the right of a blue book", "an orange cup above a green bowl",
    "two yellow birds at sunset", "a laptop on the left and a cup on the right", "a brown dog and a red ball in the snow",
    "a tree to the left of a house", "four blue balls", "a white bowl below a red bottle", "a gray cat on a street",
    "two red cars to the left of a green bottle on a beach", "a green tree and a yellow bird in the mountains",
    "three purple cups in a room", "a red book, a blue book and a green book", "a night sky with a boat", "a house without a tree",
]
COLUMNS, SIDE, LINE = 6, 192, 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lmd", default="target/release/lmd")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("extra", nargs="*", help="more arguments for lmd, after --")
    arguments = parser.parse_args()
    rows = -(-len(PROMPTS) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * SIDE, rows * (SIDE + LINE)), "white")
    pen = ImageDraw.Draw(sheet)
    with tempfile.TemporaryDirectory() as folder:
        for index, prompt in enumerate(PROMPTS):
            out = Path(folder, "picture.png")
            subprocess.run([arguments.lmd, "generate", prompt, "-q", "--planner", "offline", "--seed", str(arguments.seed), "-o", out, "--overwrite", *arguments.extra],
                           check=True, stdout=subprocess.DEVNULL)
            x, y = index % COLUMNS * SIDE, index // COLUMNS * (SIDE + LINE)
            sheet.paste(Image.open(out).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS), (x, y))
            half = prompt.rfind(" ", 0, 33) if len(prompt) > 33 else len(prompt)
            pen.multiline_text((x + 3, y + SIDE + 2), f"{prompt[:half]}\n{prompt[half + 1:]}".rstrip(), fill="black", spacing=1)
    sheet.quantize(256).save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()
