# SPDX-License-Identifier: MIT
"""Read what a Python source imports, without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path


def imported(source: str, package: str = "") -> Iterator[str]:
    """Absolute names that a module of `package` imports, wherever in it. `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = parts[: len(parts) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def package_of(file: Path, root: Path) -> str:
    """Dotted name of the package that a file under `root` belongs to; empty at the root."""
    return ".".join(file.relative_to(root).parent.parts)


def bare_excepts(source: str) -> list[int]:
    """Lines of `except:` with no class."""
    tree = ast.parse(source)
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.type is None]
