# SPDX-License-Identifier: MIT
"""The shape of the repository: licence lines, sizes, the list of packages, no loose ends."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from nightlatch.micropython import ROOT

FOLDERS = ("firmware", "host_tools", "tests", "boards")
PYTHON = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))
TAILS = {".c", ".cmake", ".h", ".ini", ".mjs", ".mk", ".pyi", ".sh"}
OTHERS = [
    ROOT / "Makefile",
    ROOT / ".ci" / "run",
    *sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in TAILS),
]
LICENCE = "SPDX-License-Identifier: MIT"
LINES_MOST = 350
# Written in halves, so that this file is no hit.
LOOSE_ENDS = re.compile("|".join(a + b for a, b in (("TO", "DO"), ("FIX", "ME"), ("X", "XX"), ("NotImpl", "emented"))))


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", PYTHON, ids=name)
def test_a_module_says_its_licence_and_what_it_is_for(file: Path) -> None:
    text = file.read_text()
    assert text.startswith(f"# {LICENCE}\n")
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("file", PYTHON + OTHERS, ids=name)
def test_a_file_is_small_and_done(file: Path) -> None:
    text = file.read_text()
    assert text.count("\n") <= LINES_MOST
    assert not LOOSE_ENDS.search(text)


@pytest.mark.parametrize("file", OTHERS, ids=name)
def test_every_source_says_its_licence(file: Path) -> None:
    assert LICENCE in "".join(file.read_text().splitlines(keepends=True)[:2])


def test_every_package_is_listed() -> None:
    base = ROOT / "host_tools"
    found = {".".join(init.parent.relative_to(base).parts) for init in base.rglob("__init__.py")}
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert sorted({*found, "nightlatch.boards", "nightlatch.wire"}) == listed


def test_the_lock_names_no_place_and_covers_all_that_is_declared() -> None:
    text = (ROOT / "boards" / "setup" / "requirements.txt").read_text()
    assert not re.search(r"//|--index|--find-links", text)
    entries = text.replace(" \\\n", " ").splitlines()[1:]
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", entry) for entry in entries)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = {re.split("[=<>~]", entry)[0].lower() for entry in declared}
    assert wanted <= {entry.partition("==")[0] for entry in entries}


@pytest.mark.xdist_group("grouped")
def test_groups_are_kept(request: pytest.FixtureRequest) -> None:
    """Where tests run side by side, those of one group run on one worker: they share what takes long to make."""
    if hasattr(request.config, "workerinput"):
        assert request.node.nodeid.endswith("@grouped")
