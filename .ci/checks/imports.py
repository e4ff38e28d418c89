"""Circles among the files of a crate. (Who may depend on whom among the crates is tested in `crates/lmd/tests/rules.rs`.)

A file knows another when it imports something that is defined there (`use crate::…`, `super::…`, `self::…`), or
names it by such a path. A re-export (`pub use child::Name`) is no edge of its own: who imports `Name` from there
knows the child; a file that re-exports a name and uses it itself knows the child, too. Tests count for nothing:
they may look anywhere.

Two kinds are told apart: circles that remain when no edge from a module to its own parents is counted (siblings that
know one another), and circles through a parent that both dispatches to its children and holds what they share.
Neither may be; `--edges CRATE` prints the graph of one crate.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import source

USE = re.compile(r"\b(?P<pub>pub(?:\s*\([^)]*\))?\s+)?use\s+(?P<tree>[^;]+);")
PATH = re.compile(r"(?<![\w:])(?:[A-Za-z_]\w*)(?:::[A-Za-z_]\w*)+")
ITEM = re.compile(r"\b(?:fn|struct|enum|union|trait|type|const|static|mod|macro_rules!)\s+(?:mut\s+)?([A-Za-z_]\w*)")
GRAPH_ROOTS = {"lib.rs", "main.rs"}


@dataclass
class File:
    """One source file: a module of its crate."""

    path: Path
    module: tuple
    code: str
    items: set = field(default_factory=set)
    # Name here → the path it was imported from; the second map holds those that are passed on.
    imports: dict = field(default_factory=dict)
    exports: dict = field(default_factory=dict)
    globs: list = field(default_factory=list)
    exported_globs: list = field(default_factory=list)


def read_crate(src):
    """The files of a crate by module path; `main.rs` beside a `lib.rs` is a crate of its own and left out."""
    files = {}
    for path in sorted(src.rglob("*.rs")):
        inner = path.relative_to(src)
        if source.is_test_file(path) if source.ROOT in path.parents else path.stem == "tests":
            continue
        if inner.name == "main.rs" and (src / "lib.rs").exists():
            continue
        parts = inner.with_suffix("").parts
        if inner.name in GRAPH_ROOTS and len(parts) == 1:
            parts = ()
        elif parts[-1] == "mod":
            parts = parts[:-1]
        code = source.without_test_modules(source.code(path.read_text(encoding="utf-8")))
        files[parts] = File(path, parts, code)
    for file in files.values():
        _read_imports(file)
    return files


def _read_imports(file):
    file.items = {m[1] for m in ITEM.finditer(file.code)}
    for use in USE.finditer(file.code):
        for path, name in _leaves(" ".join(use["tree"].split())):
            absolute = _absolute(path, file)
            if absolute is None:
                continue
            if name == "*":
                file.globs.append(absolute)
                if use["pub"]:
                    file.exported_globs.append(absolute)
                continue
            file.imports[name] = absolute
            if use["pub"]:
                file.exports[name] = absolute


def _leaves(tree):
    """The paths of a `use` tree, each with the name it gets here."""
    tree = tree.strip()
    if (brace := tree.find("{")) >= 0:
        prefix = tree[:brace].strip().removesuffix("::")
        for branch in _split(tree[brace + 1 : tree.rindex("}")]):
            for path, name in _leaves(branch):
                joined = [part for part in (prefix.split("::") if prefix else [])] + path
                if joined and joined[-1] == "self" and len(joined) > 1:
                    joined = joined[:-1]
                    name = joined[-1] if name == "self" else name
                yield joined, name
        return
    if not tree:
        return
    path, _, alias = tree.partition(" as ")
    parts = [part.strip() for part in path.split("::") if part.strip()]
    if parts[-1] == "*":
        yield parts[:-1], "*"
    else:
        yield parts, alias.strip() or parts[-1]


def _split(branches):
    depth, last = 0, 0
    for at, c in enumerate(branches):
        depth += {"{": 1, "}": -1}.get(c, 0)
        if c == "," and depth == 0:
            yield branches[last:at]
            last = at + 1
    if branches[last:].strip():
        yield branches[last:]


def _absolute(path, file):
    """A path from the crate's root, or None where it leads out of the crate."""
    here = list(file.module)
    if not path:
        return None
    first, rest = path[0], path[1:]
    if first == "crate":
        return tuple(rest)
    if first == "self":
        return tuple(here + rest)
    if first == "super":
        here.pop() if here else None
        while rest and rest[0] == "super":
            here.pop() if here else None
            rest = rest[1:]
        return tuple(here + rest)
    # A child module, or an item of this file (an enum whose variants are imported).
    if re.search(rf"\bmod\s+{re.escape(first)}\s*[;{{]", file.code) or first in file.items:
        return tuple(here + path)
    return None


def definition(files, path, seen=()):
    """The module that defines what a path names, or None."""
    if path in seen:
        return None
    seen = (*seen, path)
    for cut in range(len(path), -1, -1):
        if path[:cut] not in files:
            continue
        file, rest = files[path[:cut]], path[cut:]
        if not rest:
            return file.module
        name = rest[0]
        if name in file.exports or (name in file.imports and name not in file.items):
            target = file.exports.get(name) or file.imports[name]
            return definition(files, target + rest[1:], seen)
        if name in file.items:
            return file.module
        for glob in file.globs:
            if (found := definition(files, glob + rest, seen)) is not None:
                return found
        return file.module
    return None


def edges(files):
    """Module → {module it knows: the line and path of the first mention}."""
    graph = {}
    for module, file in files.items():
        known = graph.setdefault(module, {})
        for at, path in _mentions(file):
            target = definition(files, path)
            if target is not None and target != module:
                known.setdefault(target, (source.line_of(file.code, at), "::".join(path)))
    return graph


def _mentions(file):
    body = USE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), file.code)
    for use in USE.finditer(file.code):
        for path, name in _leaves(" ".join(use["tree"].split())):
            absolute = _absolute(path, file)
            used_here = name != "*" and re.search(rf"\b{re.escape(name)}\b", body)
            if absolute is not None and (not use["pub"] or used_here):
                yield use.start(), absolute
    for match in PATH.finditer(body):
        path = match[0].split("::")
        if path[0] in file.imports:
            yield match.start(), file.imports[path[0]] + tuple(path[1:])
        elif (absolute := _absolute(path, file)) is not None:
            yield match.start(), absolute


def components(graph):
    """The strongly connected components of more than one module (Tarjan)."""
    index, low, stack, on, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for other in graph.get(node, {}):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while True:
                last = stack.pop()
                on.discard(last)
                part.append(last)
                if last == node:
                    break
            if len(part) > 1:
                found.append(sorted(part))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def without_parents(graph):
    """The graph without edges from a module to the modules around it."""
    around = lambda module, other: module[: len(other)] == other
    return {module: {o: at for o, at in known.items() if not around(module, o)} for module, known in graph.items()}


def describe(graph, part):
    """A component as text: its files, and every edge inside it."""
    name = lambda module: "::".join(module) or "(root)"
    inside = [
        f"{name(a)} → {name(b)} (line {line}: {path})"
        for a in part
        for b, (line, path) in sorted(graph[a].items())
        if b in part
    ]
    return (
        f"{', '.join(map(name, part))}\n      " + "\n      ".join(inside) + f"\n      cut best: {_best_cuts(graph, part, name)}"
    )


def _best_cuts(graph, part, name):
    """The edges of a component without which the fewest of its files stay in circles."""
    cuts = []
    for a in part:
        for b in graph[a].keys() & set(part):
            rest = {node: {o: at for o, at in graph[node].items() if o in part and (node, o) != (a, b)} for node in part}
            cuts.append((sum(map(len, components(rest))), f"{name(a)} → {name(b)}"))
    return "; ".join(f"{edge} (leaves {left})" for left, edge in sorted(cuts)[:3])


def main():
    siblings, parents = [], []
    for name, folder in source.crates().items():
        files = read_crate(folder / "src")
        graph = edges(files)
        if sys.argv[-2:-1] == ["--edges"] and sys.argv[-1] == name:
            for module, known in graph.items():
                print("::".join(module) or "(root)", "→", ", ".join("::".join(k) or "(root)" for k in known) or "nothing")
        flat = without_parents(graph)
        hard, all_circles = components(flat), components(graph)
        soft = [part for part in all_circles if not any(set(inner) <= set(part) for inner in hard)]
        print(f"{name}: {len(files)} files, {sum(map(len, graph.values()))} edges; "
              f"circles: {len(hard)} of siblings, {len(soft)} more through parents")
        siblings += [f"{name}: {describe(flat, part)}" for part in hard]
        parents += [f"{name}: through a parent: {describe(graph, part)}" for part in soft]
    source.finish(siblings + parents, what="circles of imports")


if __name__ == "__main__":
    main()
