"""No Rust file is longer than 500 lines, and `lmd-diffusion` has fewer than two `unwrap_or…` in 1000 lines.

`unwrap_or`, `unwrap_or_else` and `unwrap_or_default` turn something that "cannot happen" into a value; each is
looked at. Test code counts for neither rule's second half.
"""

import re

import source

LONGEST = 500
MOST_UNWRAPS = {"lmd-diffusion": 2.0}
UNWRAP_OR = re.compile(r"\.unwrap_or(?:_else|_default)?\s*\(")


def long_files():
    """Files over the limit, with their number of lines."""
    for path in source.rust_files():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LONGEST:
            yield f"{source.short(path)} has {lines} lines, more than {LONGEST}"


def unwraps():
    """Crates over their limit of `unwrap_or…`, with every place."""
    for name, folder in source.crates().items():
        lines, places = 0, []
        for path in sorted((folder / "src").rglob("*.rs")):
            if source.is_test_file(path):
                continue
            code = source.without_test_modules(source.code(path.read_text(encoding="utf-8")))
            # Lines of code and comments, without those of test modules, which are blank by now.
            lines += sum(1 for line in code.splitlines() if line.strip())
            places += [f"{source.short(path)}:{source.line_of(code, m.start())}" for m in UNWRAP_OR.finditer(code)]
        rate = 1000 * len(places) / max(lines, 1)
        limit = MOST_UNWRAPS.get(name)
        print(f"{name}: {len(places)} unwrap_or… in {lines} lines of code, {rate:.1f} per 1000")
        if limit is not None and rate >= limit:
            yield f"{name} has {rate:.1f} unwrap_or… per 1000 lines, not under {limit:g}: {', '.join(places)}"


def main():
    findings = [*long_files(), *unwraps()]
    source.finish(findings, what="files too long, crates with too many unwrap_or…")


if __name__ == "__main__":
    main()
