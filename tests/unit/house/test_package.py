# SPDX-License-Identifier: MIT
"""The wheel: what is installed from it finds the boards, and has of their folders the data alone."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from nightlatch.micropython import ROOT

PARTS = ("boards", "firmware", "host_tools", "LICENSE", "README.md", "pyproject.toml")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
BOARDS = "(p.parent.name for p in boards_dir().glob('*/board.json'))"
ASK = f"from nightlatch.link.boards import boards_dir; print(*{BOARDS})"


def test_an_installed_package_finds_the_boards(tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    tree.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, tree)
    subprocess.run([sys.executable, "-W", "ignore", "-c", BUILD, str(out)], cwd=tree, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path / "site")
    site = tmp_path / "site" / "nightlatch"
    kinds = {path.name for path in (site / "boards").rglob("*") if path.is_file()}
    assert kinds <= {"board.json", "partitions.csv"}
    # -I keeps the sources of this tree out; the search path is set by hand
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {ASK}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.json"))
