# SPDX-License-Identifier: MIT
"""Draws who needs whom from the sources: imports of Python, includes and symbols of C. Nothing is run or compiled."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.unit.house.imports import imported

Graph = dict[str, set[str]]
SOURCES = {".c", ".h", ".mjs", ".py", ".pyi", ".sh"}
_NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)
_FUNCTION = re.compile(r"^(?!static\b|typedef\b|extern\b)[A-Za-z_][\w *]*?\b(\w+)\([^;{}]*\)\s*\{", re.M)
_VARIABLE = re.compile(r"^(?!static\b|typedef\b|extern\b)[A-Za-z_][\w *]*\b(\w+)(?:\[[^\]]*\])?\s*(?:=|;)", re.M)
_OBJECT = re.compile(r"^MP_DEFINE_CONST_OBJ_TYPE\(\s*(\w+)", re.M)


def python(*trees: tuple[Path, str]) -> Graph:
    """Module by module. A tree is a folder and the dotted name of what lies in it, empty for modules of their own.

    Imports inside functions and under TYPE_CHECKING count. `from package import module` is an import of the module
    alone: that a package's __init__ runs before its modules says nothing of which needs which.
    """
    files = {_module(file, *tree): file for tree in trees for file in sorted(tree[0].rglob("*.py"))}
    drawn: Graph = {}
    for name, file in files.items():
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        drawn[name] = {found for found in _exact(imported(file.read_text(), package), files) if found != name}
    return drawn


def _module(file: Path, folder: Path, name: str) -> str:
    parts = [*([name] if name else []), *file.relative_to(folder).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _exact(names: Iterable[str], files: Mapping[str, Path]) -> set[str]:
    """`from a import b` was told as `a` and `a.b`: of the two the module is meant, and `a` where b is a name in it."""
    told = list(names)
    inner = {name.rpartition(".")[0] for name in told if name in files}
    outer = {name.rpartition(".")[0] for name in told if name not in files}
    return {name for name in told if name in files and (name not in inner or name in outer)}


def c(folder: Path) -> Graph:
    """File by file: who includes whom, and who uses a function or an object that another file defines."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".c", ".h"))
    text = {file: file.read_text() for file in files}
    code = {file: _NOISE.sub(" ", text[file]) for file in files}
    makers: dict[str, set[Path]] = {}
    own: dict[Path, set[str]] = {}
    for file in files:
        own[file] = set(re.findall(r"^static\b[^\n(=;]*?\b(\w+)\s*(?=[(\[=;])", code[file], re.M))
        if file.suffix == ".c":
            for form in (_FUNCTION, _VARIABLE, _OBJECT):
                for symbol in form.findall(code[file]):
                    makers.setdefault(symbol, set()).add(file)
    drawn: Graph = {}
    for file in files:
        found = {other for name in _INCLUDE.findall(text[file]) for other in files if _meant(name, file, other)}
        if file.suffix == ".c":
            words = set(re.findall(r"\w+", code[file])) - own[file]
            found |= {maker for word in words & makers.keys() if file not in makers[word] for maker in makers[word]}
        drawn[str(file.relative_to(folder))] = {str(one.relative_to(folder)) for one in found - {file}}
    return drawn


def _meant(name: str, file: Path, other: Path) -> bool:
    beside = (file.parent / name).resolve()
    return other.resolve() == beside if beside.is_file() else other.name == name


def circles(graph: Graph) -> list[list[str]]:
    """Every set of two or more that need one another, directly or not (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph.get(name, ())):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return sorted(found)


def upward(graph: Graph, rings: Sequence[Sequence[str]]) -> list[str]:
    """Imports from a ring into a higher one, as `who > whom`; the lowest ring first. What has no ring is named alone.

    A ring lists dotted names; each stands for itself and what lies in it, unless a longer name is listed as well.
    """
    places = {name: number for number, ring in enumerate(rings) for name in ring}

    def ring(name: str) -> int | None:
        while name not in places:
            name, dot, _ = name.rpartition(".")
            if not dot:
                return None
        return places[name]

    said = [name for name in graph if ring(name) is None]
    for name, others in graph.items():
        for other in others:
            mine, theirs = ring(name), ring(other)
            if mine is not None and theirs is not None and mine < theirs:
                said.append(f"{name} > {other}")
    return sorted(said)


def crowded(root: Path, folders: Iterable[str], most: int) -> dict[str, int]:
    """Folders that hold more source files than `most`, themselves and not counting those inside of them."""
    counts: dict[str, int] = {}
    for top in folders:
        for file in (root / top).rglob("*"):
            if file.suffix in SOURCES and file.is_file():
                name = str(file.parent.relative_to(root))
                counts[name] = counts.get(name, 0) + 1
    return {name: count for name, count in sorted(counts.items()) if count > most}
