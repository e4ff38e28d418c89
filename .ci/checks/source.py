"""Rust sources as these checks see them: files by crate, with comments and strings blanked out."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# In this order: a comment may hold quotes, a string may hold comment signs.
_TOKEN = re.compile(
    r"""
      (?P<line>//[^\n]*)
    | (?P<block>/\*)
    | (?P<raw>\b(?:br|cr|r)(?P<hashes>\#*)"(?:.*?)"(?P=hashes))
    | (?P<string>\b[bc]?"(?:\\.|[^"\\])*"|"(?:\\.|[^"\\])*")
    | (?P<char>b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.)|[^'\\\n])')
    """,
    re.VERBOSE | re.DOTALL,
)


def rust_files(*, tests=True):
    """All Rust files of the workspace's crates, in order; without `tests` only those under `src`."""
    found = [p for p in (ROOT / "crates").rglob("*.rs") if "target" not in p.relative_to(ROOT).parts]
    if not tests:
        found = [p for p in found if "src" in p.relative_to(ROOT).parts]
    return sorted(found)


def crates():
    """Crate name to crate folder, for every folder with a manifest under `crates/`."""
    return {p.parent.name: p.parent for p in sorted((ROOT / "crates").rglob("Cargo.toml")) if "target" not in p.parts}


def code(text):
    """The text with comments and the inside of strings and characters replaced by spaces, line breaks kept."""
    out, at = [], 0
    while match := _TOKEN.search(text, at):
        out.append(text[at : match.start()])
        end = match.end()
        if match["block"]:
            end = _end_of_block(text, match.end())
        piece = text[match.start() : end]
        out.append(_blank(piece))
        at = end
    out.append(text[at:])
    return "".join(out)


def without_test_modules(blanked):
    """Code, as `code` gives it, without the bodies of `#[cfg(test)] mod … { … }`."""
    pattern = re.compile(r"#\[cfg\((?:test|all\(test\b[^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{")
    while match := pattern.search(blanked):
        end = closing(blanked, match.end() - 1)
        blanked = blanked[: match.start()] + _blank(blanked[match.start() : end]) + blanked[end:]
    return blanked


def closing(blanked, opening):
    """The place after the brace that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(blanked)):
        depth += {"{": 1, "}": -1}.get(blanked[at], 0)
        if depth == 0:
            return at + 1
    return len(blanked)


def is_test_file(path):
    """Whether a file holds tests alone: below `tests/` or `benches/`, or a module named for tests."""
    parts = path.relative_to(ROOT).parts
    return any(part in {"tests", "benches", "examples"} for part in parts) or path.stem in {"tests", "test_support"}


def line_of(text, at):
    """The number of the line of a place in a text."""
    return text.count("\n", 0, at) + 1


def short(path):
    """A path as people read it, from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def finish(findings, *, what):
    """Prints what was found and ends the process, with 1 where something was."""
    for finding in findings:
        print(f"  {finding}")
    print(f"{what}: {len(findings)} found")
    sys.exit(1 if findings else 0)


def _end_of_block(text, at):
    depth = 1
    while depth and (match := re.compile(r"/\*|\*/").search(text, at)):
        depth += 1 if match[0] == "/*" else -1
        at = match.end()
    return at if depth == 0 else len(text)


def _blank(piece):
    return "".join("\n" if c == "\n" else " " for c in piece)
