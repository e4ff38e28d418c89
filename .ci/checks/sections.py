"""Every section like `B.9` that code, scripts or pages cite must be a section of `docs/method.md`."""

import re

import source

PAGE = source.ROOT / "docs" / "method.md"
# A letter of the page, a dot, a number; not part of a version, a name or a decimal number.
CITED = re.compile(r"(?<![\w./`-])([A-M])\.(\d{1,2})(?![\w-]|\.\d)")
FOLDERS = ("crates", "fuzz", "bench", "training", "docs")
KINDS = {".rs", ".py", ".md", ".toml", ".txt"}


def existing(page):
    """The sections of the page: headings `### B.9 …`, letters `## C. …`, and the numbered items of a lettered section."""
    sections, letter = set(), None
    for line in page.splitlines():
        if heading := re.match(r"#+ ([A-Z])\.(\d*)", line):
            letter = heading[1]
            sections.add(letter + (f".{heading[2]}" if heading[2] else ""))
        elif (item := re.match(r"(\d+)\. ", line)) and letter:
            sections.add(f"{letter}.{item[1]}")
    return sections


def files():
    """The files that may cite a section."""
    for folder in FOLDERS:
        for path in sorted((source.ROOT / folder).rglob("*")):
            parts = path.relative_to(source.ROOT).parts
            if path.suffix in KINDS and path.is_file() and not {"target", "data", "corpus", "runs"} & set(parts):
                yield path


def main():
    sections = existing(PAGE.read_text(encoding="utf-8"))
    letters = {section[0] for section in sections}
    findings, cited = [], 0
    for path in files():
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in CITED.finditer(text):
            # Other capital letters with a number are names of their own ("V.3"): the page has no such chapter.
            if match[1] not in letters and path.suffix != ".rs":
                continue
            cited += 1
            if f"{match[1]}.{match[2]}" not in sections:
                where = f"{source.short(path)}:{source.line_of(text, match.start())}"
                findings.append(f"{where} cites {match[0]}, which {source.short(PAGE)} does not have")
    print(f"{cited} citations of {len(sections)} sections")
    source.finish(findings, what="citations of sections that do not exist")


if __name__ == "__main__":
    main()
