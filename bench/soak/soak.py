"""A soak of the command: many pictures in one process, some of them again alone, and kills at random moments.

    python3 bench/soak/soak.py target/release/lmd [--pictures 300] [--kills 200] [--seed 1]

Checked are: every picture is a whole PNG; picture k of a series has the bytes of its seed drawn alone, with other
numbers of threads; the memory of a series does not grow; a killed command leaves whole pictures with the right bytes or none,
and nothing else when it was asked to end (SIGINT, SIGTERM). What SIGKILL leaves is counted: no program can tidy up after it.
Needs Python 3.9 or newer on Linux, nothing else.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

LAYOUT = {"objects": [{"caption": "a red car", "box": [0.1, 0.4, 0.5, 0.4]}], "background": "a beach"}
# The smallest pictures, few steps: what is tried is the program, not the picture.
DRAWING = ["--method", "lmd", "--preset", "fast", "--steps", "3", "-W", "64", "-H", "64", "--no-metadata"]
# A series may grow by this much after its first tenth.
MOST_GROWTH_MB = 20
PATIENCE_S = 600


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("lmd", type=Path)
    arguments.add_argument("--pictures", type=int, default=300)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lmd-soak-") as folder:
        soak = Soak(arguments.lmd.resolve(), Path(folder), random.Random(arguments.seed))
        digests = soak.series(arguments.pictures)
        soak.alone(digests, max(1, arguments.pictures // 10))
        soak.kills(arguments.kills, digests)
        soak.after()
    for finding in soak.findings:
        print(f"WRONG: {finding}")
    print(f"{len(soak.findings)} findings in {time.monotonic() - start:.0f} s")
    sys.exit(1 if soak.findings else 0)


class Soak:
    """One soak: a folder of its own, the program, and what was found wrong."""

    def __init__(self, lmd, folder, dice):
        self.lmd, self.folder, self.dice, self.findings = lmd, folder, dice, []
        self.home = folder / "home"
        self.home.mkdir()
        self.layout = folder / "layout.json"
        self.layout.write_text(json.dumps(LAYOUT), encoding="utf-8")
        self.base = 1000

    def start(self, where, *arguments, threads=2):
        """Starts the program in a folder, with nothing of this user's configuration."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "RAYON_NUM_THREADS": str(threads),
        }
        return subprocess.Popen(
            [self.lmd, "-q", *arguments], cwd=where, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )

    def draw(self, where, seed, count, **more):
        series = ["-n", str(count)] if count > 1 else []
        return self.start(where, "draw", str(self.layout), *DRAWING, "-s", str(seed), *series, "-o", "p.png", "--overwrite", **more)

    def wrong(self, what):
        self.findings.append(what)

    def ended(self, process, what):
        """Waits, and notes an end that is not success."""
        try:
            said = process.communicate(timeout=PATIENCE_S)[1].decode(errors="replace").strip()
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return self.wrong(f"{what} did not end within {PATIENCE_S} s")
        if process.returncode:
            self.wrong(f"{what} ended with {process.returncode}: {said[-300:]}")

    def series(self, count):
        """Many pictures in one process; returns their digests by seed."""
        where = self.folder / "series"
        where.mkdir()
        start, process = time.monotonic(), self.draw(where, self.base, count)
        memory = []
        while process.poll() is None:
            if (resident := resident_mb(process.pid)) is not None:
                memory.append((len(list(where.glob("p-*.png"))), resident))
            time.sleep(0.1)
            if time.monotonic() - start > PATIENCE_S + 20 * count:
                process.kill()
                self.wrong("the series did not end")
        self.ended(process, f"a series of {count}")
        settled = [mb for done, mb in memory if done >= max(1, count // 10)]
        grown = settled[-1] - settled[0] if settled else 0.0
        if grown > MOST_GROWTH_MB:
            self.wrong(f"the series grew by {grown:.0f} MB")
        digests = {}
        for path in where.iterdir():
            number = path.stem.removeprefix("p-") if path.suffix == ".png" else ""
            if not number.isdigit() or not is_whole_png(path.read_bytes()):
                self.wrong(f"{path.name} of the series is not a whole picture")
            else:
                digests[self.base + int(number) - 1] = digest(path)
        if len(digests) != count:
            self.wrong(f"{len(digests)} of {count} pictures are there")
        seconds = time.monotonic() - start
        print(f"{len(digests)} pictures in one process: {seconds:.0f} s, at most "
              f"{max((mb for _, mb in memory), default=0):.0f} MB, grown by {grown:.1f} MB after the first tenth", flush=True)
        return digests

    def alone(self, digests, count):
        """Some of them again, each in a process of its own, with one to four threads."""
        where = self.folder / "alone"
        where.mkdir()
        same = 0
        for seed in self.dice.sample(sorted(digests), min(count, len(digests))):
            threads = self.dice.randint(1, 4)
            (where / "p.png").unlink(missing_ok=True)
            self.ended(self.draw(where, seed, 1, threads=threads), f"seed {seed} alone")
            if not (where / "p.png").exists() or digest(where / "p.png") != digests[seed]:
                self.wrong(f"seed {seed} alone with {threads} threads is another picture than in the series")
            else:
                same += 1
        print(f"{same} of {min(count, len(digests))} drawn alone, with 1 to 4 threads: the same bytes", flush=True)

    def kills(self, count, digests):
        """Ends drawings and imports at random moments and looks at what they leave."""
        import_ms, draw_ms = self.typical(import_=True), self.typical(import_=False)
        left, whole, early = {"SIGKILL": 0, "SIGTERM": 0, "SIGINT": 0}, 0, 0
        for turn in range(count):
            name = self.dice.choices(list(left), [2, 1, 1])[0]
            imports = turn % 8 == 7
            where = self.folder / f"kill-{turn}"
            where.mkdir()
            process = self.import_model(where) if imports else self.draw(where, self.base, 2)
            time.sleep(self.dice.uniform(0.0, 1.1) * (import_ms if imports else draw_ms) / 1000)
            process.send_signal(getattr(signal, name))
            try:
                process.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                self.wrong(f"turn {turn}: {name} did not end it")
            early += process.returncode == 0
            good, strange = self.look(where, digests)
            whole += good
            strange += self.leftovers(where) if imports else []
            left[name] += bool(strange)
            if strange and name != "SIGKILL":
                self.wrong(f"turn {turn}: after {name} there is {', '.join(strange)}")
        print(f"{count} kills ({early} came too late): {whole} whole pictures, all with the right bytes; "
              f"runs that left something else: " + ", ".join(f"{name} {n}" for name, n in left.items()), flush=True)

    def typical(self, *, import_):
        """Milliseconds of one whole run."""
        where = self.folder / ("typical-import" if import_ else "typical")
        where.mkdir()
        start = time.monotonic()
        process = self.import_model(where) if import_ else self.draw(where, self.base, 2)
        self.ended(process, "a run to the end")
        return 1000 * (time.monotonic() - start)

    def import_model(self, where):
        """Imports a small model into a folder of models below `where`."""
        small = Path(__file__).resolve().parents[2] / "assets" / "model"
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(where), "XDG_DATA_HOME": str(where / "data")}
        return subprocess.Popen(
            [self.lmd, "-q", "models", "import", str(small), "--name", "soak"], cwd=where, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )

    def leftovers(self, where):
        """Folders of half an import."""
        return [p.name for p in where.rglob("*") if p.is_dir() and p.name.startswith((".import", ".tmp", ".lmd-"))]

    def look(self, where, digests):
        """How many whole pictures a killed run left, and what else."""
        good, strange = 0, []
        for path in where.iterdir():
            if path.is_dir():
                continue
            number = path.stem.removeprefix("p-")
            if path.suffix != ".png" or not number.isdigit():
                strange.append(path.name)
            elif not is_whole_png(path.read_bytes()):
                self.wrong(f"{where.name}: {path.name} is torn")
            elif digest(path) != digests.get(self.base + int(number) - 1):
                self.wrong(f"{where.name}: {path.name} has other bytes than in the series")
            else:
                good += 1
        return good, strange

    def after(self):
        """The program is well after all that, and left nothing in the home folder that looks unfinished."""
        self.ended(self.start(self.folder, "doctor"), "lmd doctor afterwards")
        unfinished = [p for p in self.home.rglob("*") if p.name.startswith((".tmp", ".lmd-")) or p.suffix == ".partial"]
        if unfinished:
            self.wrong(f"unfinished files in the home folder: {', '.join(map(str, unfinished))}")


def resident_mb(pid):
    """The resident memory of a process in MB, without its file mappings; None when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    anonymous = [line for line in lines if line.startswith("RssAnon:")]
    return int(anonymous[0].split()[1]) / 1024 if anonymous else None


def is_whole_png(data):
    """Whether all chunks are there with the right check sums, to the end."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return False
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if at + 12 + length > len(data):
            return False
        if zlib.crc32(data[at + 4 : at + 8 + length]) != struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0]:
            return False
        at += 12 + length
        if kind == b"IEND":
            return at == len(data)
    return False


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
