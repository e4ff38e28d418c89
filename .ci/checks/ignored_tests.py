"""Ignored tests: each says what it needs, and each runs where that is at hand.

A test that needs something a checkout does not have is `#[ignore = "needs …"]`. This reads the reasons, says what this
machine has, runs the tests whose needs are met, and fails where one of them fails or did not run: a test that is
counted here was executed. Those left out are listed with their reasons. `--list` only lists.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import source

IGNORED = re.compile(r"#\[ignore(?P<rest>[^\]]*)\]")


def _flags():
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return set(line.split())


def _data():
    folder = os.environ.get("LMD_TEST_DATA")
    if not folder:
        return False
    if not os.path.isabs(folder):
        sys.exit(f"LMD_TEST_DATA is {folder}: name an absolute folder, since tests run in the folders of their crates")
    if not os.path.isdir(folder):
        sys.exit(f"LMD_TEST_DATA is {folder}, which is no folder")
    return True


# What a reason begins with, and whether this machine has it. A reason that begins otherwise is an error.
NEEDS = {
    "needs LMD_TEST_DATA": _data,
    "needs AVX2": lambda: {"avx2", "fma"} <= _flags(),
    "needs AVX-512": lambda: {"avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd"} <= _flags(),
    # Minutes of work and no need: run by hand or with LMD_LONG_TESTS=1.
    "takes": lambda: bool(os.environ.get("LMD_LONG_TESTS")),
}


@dataclass(frozen=True)
class Ignored:
    """One ignored test."""

    crate: str
    name: str
    reason: str
    where: str

    def need(self):
        return next((need for need in NEEDS if self.reason.startswith(need)), None)


def ignored():
    """Every ignored test of the workspace."""
    for path in source.rust_files():
        text = path.read_text(encoding="utf-8")
        code = source.code(text)
        for match in IGNORED.finditer(code):
            # Inside strings the code is blank: the reason is read from the text.
            reason = re.search(r'=\s*"((?:\\.|[^"\\])*)"', text[match.start() : match.end()])
            function = re.compile(r"\bfn\s+(\w+)").search(code, match.end())
            where = f"{source.short(path)}:{source.line_of(code, match.start())}"
            crate = path.relative_to(source.ROOT / "crates").parts[0]
            yield Ignored(crate, function[1], reason[1] if reason else "", where)


def run(tests):
    """Runs tests by their names; returns what went wrong."""
    if not tests:
        return []
    names = sorted({test.name for test in tests})
    # The same packages as in `cargo test --workspace`, so that nothing is built with other features. `--tests` leaves out
    # those of the documentation.
    command = ["cargo", "test", "--release", "--workspace", "--tests", "--", "--ignored", *names]
    print(" ".join(command), flush=True)
    done = subprocess.run(command, cwd=source.ROOT, stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    results = re.findall(r"^test (\S+) \.\.\. (\w+)", done.stdout, re.MULTILINE)
    ok = {name.rsplit("::", 1)[-1] for name, result in results if result == "ok"}
    wrong = [f"{test.crate}: {test.name} did not pass ({test.where})" for test in tests if test.name not in ok]
    if done.returncode:
        print(done.stdout)
        wrong.append(f"cargo test ended with {done.returncode}")
    for test in tests:
        print(f"  {test.crate}: {test.name}: {'ok' if test.name in ok else 'WRONG'} ({test.reason})")
    return wrong


def main():
    tests = list(ignored())
    wrong = [f"{t.where}: {t.name} is ignored without a reason this script knows ({', '.join(NEEDS)} …)"
             for t in tests if t.need() is None]
    at_hand = {need for need in {t.need() for t in tests} - {None} if NEEDS[need]()}
    ready = [t for t in tests if t.need() in at_hand]
    left = [t for t in tests if t.need() is not None and t.need() not in at_hand]
    if "--list" not in sys.argv:
        wrong += run(ready)
    for t in left:
        print(f"  not run here: {t.crate} {t.name}: {t.reason}")
    print(f"ignored tests: {len(ready)} with what they need at hand, {len(left)} left out")
    source.finish(wrong, what="ignored tests that failed, did not run or have no reason")


if __name__ == "__main__":
    main()
