"""Every `unsafe` of the workspace with its reason, as the table `docs/unsafe.md`.

A block, an `unsafe impl`, an `unsafe extern` and an attribute `#[unsafe(…)]` need a comment `// SAFETY: …` above them (the same comment may cover
lines between it and the block when nothing but attributes or the beginning of the statement stands there);
an `unsafe fn` needs a section `# Safety` in its documentation. Without arguments this fails where a reason is
missing or the table differs from the sources; `--write` writes the table.
"""

import difflib
import re
import sys

import source

TABLE = source.ROOT / "docs" / "unsafe.md"
UNSAFE = re.compile(r"\bunsafe\b(?:\s+(fn|impl|extern|trait))?")
ITEM = re.compile(r"\b(?:fn|static(?:\s+mut)?)\s+(\w+)")
HEAD = """# Unsafe code, with its reasons

Written by `.ci/checks/unsafe_blocks.py --write`, and held against the sources by `.ci/run`. The reasons are the
comments that stand at the places.

| file | in | kind | why it is sound |
|---|---|---|---|
"""


def places():
    """Each `unsafe` as (file, name of the function around it, kind, reason or None, line)."""
    for path in source.rust_files():
        text = path.read_text(encoding="utf-8")
        code = source.code(text)
        lines = text.splitlines()
        for match in UNSAFE.finditer(code):
            if _is_type(code, match):
                continue
            number = source.line_of(code, match.start())
            kind = f"unsafe {match[1]}" if match[1] else "attribute" if _is_attribute(code, match) else "block"
            mark = "# Safety" if match[1] in {"fn", "trait"} else "SAFETY:"
            yield source.short(path), _around(code, match), kind, _reason(lines, number - 1, mark), number


def _is_type(code, match):
    """Whether it is that of a function pointer."""
    return match[1] == "fn" and re.match(r"\s*\(", code[match.end() :]) is not None


def _is_attribute(code, match):
    return code[: match.start()].rstrip().endswith("#[")


def _around(code, match):
    """The function that holds a block, or what an `unsafe` item or one with such an attribute is called."""
    if _is_attribute(code, match):
        return ITEM.search(code, match.end())[1]
    if match[1] in {"fn", "trait"}:
        return re.match(r"\s*(\w+)", code[match.end() :])[1]
    if match[1]:
        return " ".join(code[match.start() : code.index("{", match.start())].split())
    before = [m[1] for m in re.finditer(r"\bfn\s+(\w+)", code[: match.start()])]
    return before[-1] if before else "the file"


def _reason(lines, at, mark):
    """The comment with `mark` above a line, as one line of text."""
    above, statement = at - 1, 0
    while above >= 0:
        line = lines[above].strip()
        comment = line.startswith("//")
        if not comment and not line.startswith("#"):
            # The beginning of the same statement, or of the function's head, may stand between.
            statement += 1
            if statement > 2 or not line or line.endswith((";", "{", "}")):
                return _same_line(lines[at], mark)
        if comment and mark in line:
            return _comment_from(lines, above, mark)
        above -= 1
    return None


def _same_line(line, mark):
    return line.split(mark, 1)[1].strip() if mark in line else None


def _comment_from(lines, at, mark):
    words = [lines[at].split(mark, 1)[1]]
    for line in lines[at + 1 :]:
        stripped = line.strip()
        if not stripped.startswith("//"):
            break
        words.append(stripped.lstrip("/!"))
    return " ".join(" ".join(words).split()) or None


def table(found):
    """The page, in the order of files."""
    rows = [f"| `{file}` | `{around}` | {kind} | {reason} |" for file, around, kind, reason, _ in found]
    return HEAD + "\n".join(row.replace("||", "| |") for row in rows) + "\n"


def main():
    found = list(places())
    missing = [f"{file}:{line}: `unsafe` in {around} has no reason" for file, around, _, reason, line in found if not reason]
    page = table(found)
    if "--write" in sys.argv:
        TABLE.write_text(page, encoding="utf-8")
    written = TABLE.read_text(encoding="utf-8") if TABLE.exists() else ""
    stale = list(difflib.unified_diff(written.splitlines(), page.splitlines(), "docs/unsafe.md", "sources", "", "", 0))
    if stale:
        print("\n".join(stale))
        missing.append("docs/unsafe.md differs from the sources: run python3 .ci/checks/unsafe_blocks.py --write and read it")
    print(f"{len(found)} places of unsafe code")
    source.finish(missing, what="unsafe code without a listed reason")


if __name__ == "__main__":
    main()
