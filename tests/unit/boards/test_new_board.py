# SPDX-License-Identifier: MIT
"""A board is data: a new one is a new folder, and nothing else changes for it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import boardfiles
import pytest
from boardfiles import Board

import docs
from nightlatch.link.boards import usb_ids
from nightlatch.micropython import ROOT, micropython
from tests.kit.sample import parts

ALL = boardfiles.every()
MADE = [board for board in ALL if (board.folder / "manifest.py").is_file()]
each_made = pytest.mark.parametrize("board", MADE, ids=lambda board: board.name)
CHECKS = ("boards/test_boards.py", "boards/test_docs.py", "boards/test_new_board.py", "link/test_discovery.py")
SLOW = ("lock_down", "sixteen_steps")  # of their tests
# What the simulator runs is a board of its own, and knows it; nothing else does.
SIMULATOR = ROOT / "host_tools" / "nightlatch" / "sim"


def manifest(board: Board) -> list[tuple[str, str, Path | None]]:
    """What a manifest freezes: verb, name, and the folder it is found in where that is one of this project's."""
    found: list[tuple[str, str, Path | None]] = []

    def folder(base: str | None) -> Path | None:
        return None if base and base.startswith("$(") else (board.folder / (base or ".")).resolve()

    def take(verb: str) -> Callable[..., None]:
        def taken(name: str, base_path: str | None = None, *_: object) -> None:
            found.append((verb, name, folder(base_path)))

        return taken

    verbs = ("freeze", "include", "module", "package", "require")
    exec((board.folder / "manifest.py").read_text(), {verb: take(verb) for verb in verbs})
    return found


@each_made
def test_a_manifest_freezes_what_is_there(board: Board) -> None:
    found = manifest(board)
    for verb, name, base in found:
        if base is not None and verb in ("freeze", "module", "package"):
            assert (base / name).exists(), f"{verb}({name!r})"
    named = {(verb, name) for verb, name, _ in found}
    assert {("package", "agent"), ("package", "wire"), ("module", "main.py")} <= named
    if board.chip.pins:
        assert ("module", "wiring.py", None) in found
        assert (board.folder / "modules" / "_boot.py").is_file()  # the port's own mounts a file system


@pytest.mark.parametrize("folder", ["firmware", "host_tools"])
def test_no_source_names_a_board(folder: str) -> None:
    names = re.compile("|".join(rf"\b{board.name}\b" for board in ALL if board.name != "UNIX"))
    for file in (ROOT / folder).rglob("*.py"):
        assert SIMULATOR in file.parents or not names.search(file.read_text()), file


def made_up(root: Path, like: str, name: str) -> Path:
    """A new board in a copy of the tree: another's chip, other pins, its own USB id."""
    folder = root / "boards" / name
    shutil.copytree(root / "boards" / like, folder)
    data = json.loads((folder / "board.json").read_text())
    data["product"] = "Made up"
    data["nightlatch"]["usb"] = [{"vid": "1209", "pid": "0001"}]
    (folder / "board.json").write_text(json.dumps(data))
    pins = (folder / "pins.csv").read_text()
    (folder / "pins.csv").write_text(pins.replace("UNLOCK,GPIO4\n", "UNLOCK,GPIO15\n"))
    assert docs.main(root / "boards") == [folder / "deploy.md", folder / "wiring.svg"]
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the checks read, copied."""
    for name in ("boards", "firmware", "host_tools", "docs", "tests/kit", "tests/unit"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("part", parts(len(SLOW)))
def test_a_new_board_is_one_new_folder(copy: Path, part: tuple[int, int]) -> None:
    folder = made_up(copy, "ESP32_S3", "MADE_UP")
    board = boardfiles.read(folder)
    assert "| `UNLOCK` | GPIO15 |" in (folder / "deploy.md").read_text()
    assert "GPIO15  UNLOCK" in (folder / "wiring.svg").read_text()
    assert usb_ids(copy / "boards")[(0x1209, 1)] == ["MADE_UP"]
    assert board.needed() <= board.roles.keys()
    checks = [copy / "tests" / "unit" / name for name in CHECKS]
    left_out = " or ".join(["a_new_board", *(name for at, name in enumerate(SLOW) if at % part[1] != part[0])])
    choose = ["-k", f"(MADE_UP or test_no_source or well_formed) and not ({left_out})"]
    run = [sys.executable, "-m", "pytest", "-q", *map(str, checks), *choose]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{copy / 'host_tools'}", "MICROPYTHON": str(micropython())}
    done = subprocess.run(run, cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 10
