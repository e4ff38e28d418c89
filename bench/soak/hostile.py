"""Hostile inputs for every command: no panic, no hang, no memory without bound, no exit code 0 where something is wrong.

    python3 bench/soak/hostile.py target/release/lmd assets/model [--rounds 5] [--seed 1]

Each round makes some 170 inputs from a random seed: texts, instructions, layouts and pictures that were damaged, settings and
variables of the wrong kind, numbers at and beyond the ends of their ranges, models, adapters and detectors whose files were cut,
swapped or spoiled with NaN. What must be refused has to end with a code from 1 to 6 and say why, what is doubtful
has to be warned of; everything else may also succeed, with a whole PNG where one was asked for. Needs Python 3.9 or newer on Linux, nothing else.
"""

import argparse
import json
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path

PATIENCE_S = 90
MEMORY = 6 << 30
LAYOUT = {"objects": [{"caption": "a red car", "box": [0.1, 0.4, 0.5, 0.4]}, {"caption": "a dog", "box": [0.65, 0.5, 0.3, 0.4]}],
          "background": "a beach", "negative": "fog"}
SMALL = ["--method", "plain", "--steps", "1", "-W", "64", "-H", "64"]
ODD_TEXTS = ["", " ", "\t\n", "\u202e\u202d cat", "a\u0301" * 300, "🐈" * 200, "\ufeffa cat", "a cat" * 900, "x" * 4001, "((((a cat:9e999))))",
             "a {cat|", "<lora:../../etc/passwd:1>", "BREAK BREAK", "-1 cats", "10000000000 cats", "no no no cats without no", "a cat\x1b[31m",
             "'; rm -rf /", "%s%n%p", "$(reboot)", "a cat [0, 0, NaN, 1]", "]]>", "a" + " very" * 900 + " big cat", "of of of of", "and, and; and."]
ODD_NUMBERS = ["0", "-1", "1e309", "nan", "inf", "-inf", "18446744073709551616", "9223372036854775808", "0.0000001", "1_000", "0x10", "", "٣", "1e-320"]
ODD_VALUES = ["true", "-1", "0", "1e400", "nan", "inf", "\"\"", "\"x\"", "[]", "[1, 2]", "{}", "9223372036854775807", "1979-05-27", "\"../../x\""]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("lmd", type=Path)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lmd-hostile-") as folder:
        hostile = Hostile(arguments.lmd.resolve(), arguments.model.resolve(), Path(folder))
        for number in range(arguments.rounds):
            hostile.round(random.Random(arguments.seed * 1000 + number))
    for finding in hostile.findings:
        print(f"WRONG: {finding}")
    for kind, count in sorted(hostile.kinds.items()):
        codes = ", ".join(f"{code}: {times}" for (of, code), times in sorted(hostile.codes.items()) if of == kind)
        print(f"{kind:24} {count:4} inputs; exit codes {codes}")
    print(f"{sum(hostile.kinds.values())} inputs")
    print(f"{len(hostile.findings)} findings in {time.monotonic() - start:.0f} s")
    sys.exit(1 if hostile.findings else 0)


def small(without):
    """The flags of a small picture, without one of them."""
    pairs = [SMALL[at : at + 2] for at in range(0, len(SMALL), 2)]
    return [word for pair in pairs if pair[0] != without for word in pair]


class Hostile:
    """A folder of its own, the program, and what was found wrong."""

    def __init__(self, lmd, model, folder):
        self.lmd, self.model, self.folder = lmd, model, folder
        self.findings, self.kinds, self.codes = [], Counter(), Counter()
        (folder / "home").mkdir()
        (folder / "l.json").write_text(json.dumps(LAYOUT))
        self.try_one("good", ["draw", "l.json", *SMALL, "-o", "good.png"], picture="good.png", right=True)
        self.good = (folder / "good.png").read_bytes()

    def try_one(self, kind, arguments, *, text=None, picture=None, wrong=False, right=False, doubtful=False, variables=None):
        """Runs the program. `wrong` inputs must be refused, `doubtful` ones at least warned of, `right` ones drawn; others may be either."""
        self.kinds[kind] += 1
        environment = {"HOME": str(self.folder / "home"), "PATH": os.environ["PATH"], **(variables or {})}
        if picture:
            (self.folder / picture).unlink(missing_ok=True)
        shown = f"{kind}: {' '.join(arguments)[:160]!r} {str(variables or '')[:120]} {(text or b'')[:120]!r}"
        try:
            done = subprocess.run([self.lmd, *arguments], cwd=self.folder, input=text or b"", capture_output=True, timeout=PATIENCE_S,
                                  env=environment, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)))
        except subprocess.TimeoutExpired:
            self.findings.append(f"no end after {PATIENCE_S} s: {shown}")
            return
        except ValueError:
            # Python itself refuses a NUL among the arguments.
            return
        self.codes[kind, done.returncode] += 1
        told = done.stderr.decode(errors="replace")
        if done.returncode not in range(7) or "panicked" in told or "a fault of lmd" in told:
            self.findings.append(f"code {done.returncode}: {shown}: {told[-300:]!r}")
        elif done.returncode and not told.strip():
            self.findings.append(f"code {done.returncode} without a word: {shown}")
        elif len(told) > 20_000:
            self.findings.append(f"{len(told)} characters on stderr: {shown}")
        elif wrong and done.returncode == 0:
            self.findings.append(f"not refused: {shown}")
        elif doubtful and done.returncode == 0 and "warning" not in told:
            self.findings.append(f"not a word of warning: {shown}")
        elif right and done.returncode:
            self.findings.append(f"refused: {shown}: {told[-300:]!r}")
        elif done.returncode and picture and (self.folder / picture).exists():
            self.findings.append(f"code {done.returncode} and a picture: {shown}")
        elif not done.returncode and picture and not is_whole(self.folder / picture):
            self.findings.append(f"no whole picture: {shown}")

    def round(self, dice):
        self.texts(dice)
        self.layouts(dice)
        self.settings(dice)
        self.flags(dice)
        self.pictures(dice)
        self.models(dice)
        self.adapters(dice)
        self.detectors(dice)

    def texts(self, dice):
        for text in dice.sample(ODD_TEXTS, 12):
            mixed = text + dice.choice(["", " on a beach", "\n", " and two dogs", "\u200b", "." * 50])
            self.try_one("sentence", ["layout", mixed.replace("\0", "")])
            self.try_one("instruction", ["chat", "--quiet"], text=f"a cat and a dog\n{mixed}\nundo\n/draw\n/quit\n".encode(errors="replace")[:100_000],
                         variables={"LMD_DRAW_METHOD": "plain", "LMD_DRAW_STEPS": "1", "LMD_DRAW_WIDTH": "64", "LMD_DRAW_HEIGHT": "64"})
        raw = bytes(dice.randrange(256) for _ in range(300))
        self.try_one("instruction", ["chat"], text=raw)
        self.try_one("sentence", ["layout", "-"], text=raw)

    def layouts(self, dice):
        for _ in range(14):
            text = damaged_json(LAYOUT, dice)
            self.try_one("layout", ["draw", "-", *SMALL, "-o", "p.png"], text=text, picture="p.png")
        for box in [[0, 0, 0, 0], [0.5, 0.5, 1, 1], [-1, 0, 0.5, 0.5], [0, 0, 1e-300, 0.5], [1e308, 1, 1, 1], [0.1, 0.1, 0.2], ["a", 0, 1, 1]]:
            layout = {"objects": [{"caption": "a cat", "box": box}]}
            self.try_one("layout", ["draw", "-", *SMALL, "-o", "p.png"], text=json.dumps(layout).encode(), picture="p.png", doubtful=True)
        answer = "Objects: [('a cat', [10, 10, 100, 100]), ('a dog', [200, 200, 100, 100])]\nBackground prompt: a room\nNegative prompt: "
        (self.folder / "answer.txt").write_bytes(damage(answer.encode(), dice))
        self.try_one("layout", ["layout", "--from-answer", "answer.txt"])
        self.try_one("layout", ["draw", "-", *SMALL, "-o", "p.png"], text=damage(answer.encode(), dice), picture="p.png")

    def settings(self, dice):
        keys = ["preset", "model", "device", "dtype", "planner", "draw.steps", "draw.cfg_scale", "draw.sampler", "draw.method", "draw.width",
                "draw.lmd.objects", "draw.lmd.frozen_step_ratio", "llm.url", "llm.timeout_s", "serve.port", "cache.dir", "threads", "no.such.key"]
        for key in dice.sample(keys, 9):
            value = dice.choice(ODD_VALUES)
            *table, name = key.split(".")
            text = (f"[{'.'.join(table)}]\n" if table else "") + f"{name} = {value}\n"
            (self.folder / "odd.toml").write_text(text)
            self.try_one("settings", ["--config", "odd.toml", "draw", "l.json", *SMALL, "-o", "p.png"], picture="p.png")
            variable = "LMD_" + key.upper().replace(".", "_")
            self.try_one("variable", ["draw", "l.json", *SMALL, "-o", "p.png"], picture="p.png", variables={variable: dice.choice(ODD_NUMBERS + ODD_VALUES)})
        (self.folder / "odd.toml").write_bytes(damage(b"preset = \"fast\"\n[draw]\nsteps = 3\n", dice))
        self.try_one("settings", ["--config", "odd.toml", "config", "show"])
        (self.folder / "odd.toml").write_text("[" * 20_000)
        self.try_one("settings", ["--config", "odd.toml", "config", "show"], wrong=True)

    def flags(self, dice):
        for flag in ["--method", "--steps", "-W", "-H", "--seed", "--cfg-scale", "--count", "--sampler", "--negative-prompt", "--prompt"]:
            self.try_one("flag", ["draw", "l.json", *small(flag), f"{flag}={dice.choice(ODD_NUMBERS)}", "-o", "p.png"], picture="p.png")
        for command in [["layout", "a cat", "--variant"], ["layout", "a cat", "--lock"], ["detect", "good.png", "a cat", "--threshold"],
                        ["detect", "good.png", "a cat", "--nms"], ["bench", "layouts", "--limit"], ["serve", "--port"], ["serve", "--max-n"]]:
            # A server that starts would not end.
            odd = dice.choice([number for number in ODD_NUMBERS if command[0] != "serve" or number not in ("0", "")])
            self.try_one("flag", [*command[:-1], f"{command[-1]}={odd}"], wrong=command[0] == "serve")
        for arguments in [["-W", "63"], ["-W", "65536"], ["--steps", "0"], ["--steps", "100000"], ["--method", "nothing"], ["--sampler", "nothing"],
                          ["--lora", "nothing"], ["--model", "/dev/zero"], ["--model", "/proc/self/mem"], ["-o", "/dev/full"], ["-o", "/proc/x.png"],
                          ["--negative-prompt", "x" * 100_000], ["--seed", "1.5"], ["--from", "l.json"]]:
            output = [] if arguments[0] == "-o" else ["-o", "p.png"]
            self.try_one("flag", ["draw", "l.json", *small(arguments[0]), *output, *arguments], wrong=True)

    def pictures(self, dice):
        for _ in range(10):
            (self.folder / "odd.png").write_bytes(damaged_png(self.good, dice))
            self.try_one("picture", ["show", "odd.png"])
            self.try_one("picture", ["draw", "--from", "odd.png", *SMALL, "-o", "p.png"], picture="p.png")
        (self.folder / "odd.png").write_bytes(self.good[: dice.randrange(len(self.good) // 2)])
        # The recipe stands before the pixels, so that a picture that was cut may still show it.
        self.try_one("picture", ["show", "odd.png"])
        self.try_one("picture", ["detect", "odd.png", "a cat"], wrong=True)
        (self.folder / "odd.png").write_bytes(bomb())
        self.try_one("picture", ["detect", "odd.png", "a cat"], wrong=True)

    def models(self, dice):
        weights = [path.relative_to(self.model) for path in self.model.rglob("*.safetensors") if "detector" not in path.parts and "gligen" not in path.parts]
        settings = [Path(name) for name in ["unet/config.json", "vae/config.json", "text_encoder/config.json", "scheduler/scheduler_config.json",
                                            "lmd.json", "tokenizer/vocab.json", "unet/diffusion_pytorch_model.safetensors.index.json"]]
        draw = ["draw", "l.json", "--model", "m", *SMALL, "-o", "p.png"]
        for name in dice.sample(settings, 5):
            with self.copy(name) as path:
                content = json.loads(path.read_text())
                path.write_bytes(damaged_json(content, dice))
                self.try_one("model settings", draw, picture="p.png")
        for spoil in (cut, spoil_header, spoil_shape, nan):
            name = dice.choice(weights)
            with self.copy(name) as path:
                path.write_bytes(spoil(path.read_bytes(), dice))
                self.try_one(f"weights ({spoil.__name__})", draw, picture="p.png", wrong=True)
        with self.copy(weights[0]) as path:
            path.unlink()
            self.try_one("weights (gone)", draw, picture="p.png", wrong=True)
        with self.copy(weights[0]) as path:
            path.unlink()
            path.symlink_to("/dev/zero")
            self.try_one("weights (a device)", draw, picture="p.png", wrong=True)

    def adapters(self, dice):
        name = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_q"
        down, up = f"{name}.lora_down.weight", f"{name}.lora_up.weight"
        good = {down: ([1, 256], [0.1] * 256), up: ([256, 1], [0.1] * 256)}
        draw = ["draw", "l.json", "--lora", "a.safetensors", *SMALL, "-o", "p.png"]
        odd = {
            "half": {down: good[down]}, "shape": {down: ([1, 255], [0.1] * 255), up: good[up]}, "rank": {down: good[down], up: ([256, 2], [0.1] * 512)},
            "nan": {down: ([1, 256], [float("nan")] * 256), up: good[up]}, "inf": {down: ([1, 256], [3e38] * 256), up: ([256, 1], [3e38] * 256)},
            "name": {"x": ([1], [1.0])}, "none": {}, "alpha": {**good, f"{name}.alpha": ([1], [float("inf")])},
        }
        (self.folder / "a.safetensors").write_bytes(safetensors(good))
        self.try_one("adapter", draw, picture="p.png", right=True)
        for tensors in odd.values():
            (self.folder / "a.safetensors").write_bytes(safetensors(tensors))
            self.try_one("adapter", draw, picture="p.png", wrong=True)
        (self.folder / "a.safetensors").write_bytes(damage(safetensors(good)[:400], dice))
        self.try_one("adapter", draw, picture="p.png", wrong=True)

    def detectors(self, dice):
        for spoil in (cut, spoil_header, spoil_shape, nan):
            folder = self.folder / "d"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.model / "detector", folder)
            path = folder / "model.safetensors"
            path.write_bytes(spoil(path.read_bytes(), dice))
            self.try_one("detector", ["detect", "good.png", "a red car", "--detector", "d"], wrong=True)
        for words in ["", ",", "," * 500, "x" * 10_000, "猫", "a cat, a cat", "\u202e"]:
            self.try_one("detector", ["detect", "good.png", words])

    def copy(self, name):
        return Copy(self.model, self.folder / "m", name)


class Copy:
    """A model of links, in which one file is a copy of its own that can be spoiled."""

    def __init__(self, model, folder, name):
        self.model, self.folder, self.name = model, folder, name

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in self.model.rglob("*"):
            if path.is_file():
                there = self.folder / path.relative_to(self.model)
                there.parent.mkdir(parents=True, exist_ok=True)
                there.symlink_to(path)
        own = self.folder / self.name
        content = own.read_bytes()
        own.unlink()
        own.write_bytes(content)
        return own

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def damage(content, dice):
    """Some bytes changed, cut out or put in."""
    content = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(content) + 1)
        kind = dice.randrange(4)
        if kind == 0 and at < len(content):
            content[at] = dice.randrange(256)
        elif kind == 1:
            del content[at : at + dice.randint(1, 30)]
        elif kind == 2:
            content[at:at] = bytes(dice.choice(b"[]{}\",:0159-eE\\ \x00\xff") for _ in range(dice.randint(1, 20)))
        else:
            content[at:at] = content[max(0, at - 40) : at] * dice.randint(1, 20)
        if not content:
            break
    return bytes(content)


def damaged_json(value, dice):
    """A JSON text of another kind somewhere, or damaged as text."""
    if dice.random() < 0.4:
        return damage(json.dumps(value).encode(), dice)
    odd = [None, True, -1, 0, 1e308, 2**63, 10**400, "", "x" * 5000, [], {}, [[[]]], [1] * 1000, float("nan"), float("-inf"), "\u0000", -0.0]
    return json.dumps(replaced(value, dice, dice.choice(odd))).encode()


def replaced(value, dice, odd):
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(sorted(value))
        if dice.random() < 0.15:
            return {(k + "x" if k == key else k): v for k, v in value.items()}
        return {**value, key: replaced(value[key], dice, odd)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        at = dice.randrange(len(value))
        return [replaced(one, dice, odd) if place == at else one for place, one in enumerate(value)]
    return odd


def chunks(png):
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def png_of(parts):
    def packed(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + b"".join(packed(kind, data) for kind, data in parts)


def damaged_png(png, dice):
    """Damage inside a chunk whose checksum is made right again, so that it reaches whoever reads the chunk; or to the file."""
    if dice.random() < 0.2:
        return damage(png, dice)
    parts = list(chunks(png))
    at = dice.randrange(len(parts))
    texts = [place for place, (kind, _) in enumerate(parts) if kind in (b"iTXt", b"tEXt", b"zTXt")]
    if texts and dice.random() < 0.7:
        at = dice.choice(texts)
    kind, data = parts[at]
    parts[at] = (kind, damage(data, dice) if data else data)
    return png_of(parts)


def bomb():
    """A picture that says it is huge."""
    return png_of([(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(1 << 20))), (b"IEND", b"")])


def is_whole(path):
    """Whether a file is a PNG whose pixels can be unpacked."""
    try:
        parts = dict(chunks(path.read_bytes()))
        width, height = struct.unpack(">II", parts[b"IHDR"][:8])
        return len(zlib.decompress(parts[b"IDAT"])) == height * (3 * width + 1) and b"IEND" in parts
    except (OSError, KeyError, zlib.error, struct.error):
        return False


def safetensors(tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        more = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(more)]}
        data += more
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def header_of(content):
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(header, data):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def cut(content, dice):
    return content[: dice.randrange(len(content))]


def spoil_header(content, dice):
    length = struct.unpack("<Q", content[:8])[0]
    kind = dice.randrange(4)
    if kind == 0:
        return struct.pack("<Q", 2**63) + content[8:]
    if kind == 1:
        return struct.pack("<Q", length + dice.randint(1, 99)) + content[8:]
    if kind == 2:
        return content[:8] + b"[" * length + content[8 + length :]
    return content[:8] + b"\xff" * 20 + content[28:]


def spoil_shape(content, dice):
    header, data = header_of(content)
    name = dice.choice(sorted(set(header) - {"__metadata__"}))
    entry = header[name]
    kind = dice.randrange(4)
    if kind == 0:
        entry["shape"] = entry["shape"] + [2]
    elif kind == 1:
        entry["shape"] = [2**32, 2**32]
    elif kind == 2:
        entry["data_offsets"] = [entry["data_offsets"][0], entry["data_offsets"][1] + 10**12]
    else:
        header[name + "x"] = header.pop(name)
    return with_header(header, data)


def nan(content, dice):
    """One number of one tensor is NaN, or infinite."""
    header, data = header_of(content)
    floats = [one for name, one in header.items() if name != "__metadata__" and one["dtype"] in ("F32", "F16", "BF16") and one["data_offsets"][1] > one["data_offsets"][0]]
    entry = dice.choice(floats)
    pattern = {"F32": [b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f"], "F16": [b"\x00\x7e", b"\x00\x7c"], "BF16": [b"\xc0\x7f", b"\x80\x7f"]}[entry["dtype"]]
    spoiled = dice.choice(pattern)
    begin, end = entry["data_offsets"]
    at = begin + dice.randrange((end - begin) // len(spoiled)) * len(spoiled)
    return with_header(header, data[:at] + spoiled + data[at + len(spoiled) :])


if __name__ == "__main__":
    main()
