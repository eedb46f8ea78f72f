# SPDX-License-Identifier: MIT
"""docs/where.md is true: one of each, added to a copy of the checkout inside the folder that the page names, runs.

Host tools run as processes on the copy, the firmware under MicroPython with the copy's sources before all others.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from nightlatch.micropython import ROOT, micropython
from tests.conftest import Upy
from tests.unit.house import dummies

PAGE = ROOT / "docs" / "where.md"
FOLDERS = dict(re.findall(r"^\| an? (.+?) \| `(.+?)/?` \|$", PAGE.read_text(), re.M))


class Copy:
    """A copy of what runs, laid out like an installed package: the wire and the boards are found inside nightlatch."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("boards", "firmware", "host_tools"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        shutil.copy(ROOT / "README.md", root)
        (root / "host_tools" / "nightlatch" / "wire").symlink_to(root / "firmware" / "wire")

    def add(self, what: str, **files: str | tuple[str, str]) -> None:
        """Writes new files, or replaces (old, new) in those that are there, in the page's folder for it alone."""
        for name, change in files.items():
            file = self.root / FOLDERS[what] / f"{name}.py"
            if isinstance(change, str):
                assert not file.exists()
                file.write_text(change)
            else:
                text = file.read_text()
                assert text.count(change[0]) == 1, f"{file} has changed: {change[0]}"
                file.write_text(text.replace(*change))

    def python(self, *words: str) -> str:
        """What CPython says when it runs these words on the copy."""
        env = {**os.environ, "PYTHONPATH": str(self.root / "host_tools"), "MICROPYTHON": str(micropython())}
        done = subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def upy(self, upy: Upy, script: str, *words: str, path: tuple[Path, ...] = ()) -> str:
        """What MicroPython says."""
        return upy(script, *words, heap="1M", path=(*path, self.root / "firmware", ROOT)).stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """See Copy."""
    return Copy(tmp_path / "copy")


def test_the_page_names_folders_that_are_there() -> None:
    assert len(FOLDERS) == 5
    assert [name for name in FOLDERS.values() if not (ROOT / name).is_dir()] == []
    heads = re.findall(r"^## An? (.+)$", PAGE.read_text(), re.M)
    assert heads == list(FOLDERS)


def test_places_that_the_page_names_are_there() -> None:
    named = set(re.findall(r"`([\w/.]+/[\w.]+)`", PAGE.read_text()))
    inside = ROOT / "host_tools" / "nightlatch"
    assert len(named) > 10
    assert [name for name in sorted(named) if not ((ROOT / name).exists() or (inside / name).exists())] == []


def test_a_board_is_one_folder(copy: Copy, upy: Upy) -> None:
    boards = copy.root / FOLDERS["board"]
    folder = boards / "DUMMY"
    shutil.copytree(boards / "RPI_PICO", folder)
    data = json.loads((folder / "board.json").read_text())
    data["nightlatch"]["usb"] = [{"vid": "1209", "pid": "0001"}]
    data["nightlatch"]["reader"]["chip"] = "dummy"
    jsonschema.validate(data, json.loads((boards / "board.schema.json").read_text()))
    (folder / "board.json").write_text(json.dumps(data))
    pins = (folder / "pins.csv").read_text()
    (folder / "pins.csv").write_text(pins.replace("UNLOCK,GPIO2\n", "UNLOCK,GPIO12\n"))
    assert copy.python("-c", dummies.BOARD_HOST).split() == ["DUMMY", "rp2040", "4617", "1"]
    copy.python(str(boards / "setup" / "docs.py"))  # its page and drawing
    assert "GPIO12" in (folder / "deploy.md").read_text()
    made = copy.root / "made"  # what `make image` freezes
    copy.python(str(boards / "setup" / "wiring.py"), "DUMMY", str(made))
    (made / "machine.py").write_text(dummies.MACHINE)
    said = copy.upy(upy, dummies.BOARD_TARGET, path=(made,))
    assert said == "DUMMY unlock 12 store 64 reader dummy baud 4000000\n"


def test_a_credential_kind_is_one_folder(copy: Copy, upy: Upy) -> None:
    copy.add("credential kind", dummy=dummies.KIND, kinds=dummies.KIND_IMPORT)
    copy.add("credential kind", kinds=dummies.KIND_LINE)
    said = copy.upy(upy, dummies.KIND_TARGET).splitlines()
    assert said == [
        "known True b'dummy opened it.' ['unlock 1']",
        "stranger False 16 []",
        "phone's False 16 []",
        "rolling None []",
    ]


def test_a_verb_is_one_folder(copy: Copy) -> None:
    what = "verb of the command line"
    copy.add(what, dummy=dummies.NOUN, __init__=dummies.NOUN_LINE)
    run = ("-m", "nightlatch.cli.main")
    assert copy.python(*run, "dummy", "greet", "Ada") == "hello, Ada\n"
    assert json.loads(copy.python(*run, "--json", "dummy", "greet", "Ada"))["data"]["greeting"] == "hello, Ada"
    assert dummies.NOUN_TEXT in copy.python(*run, "--help")


def test_another_verb_of_a_noun_is_one_file(copy: Copy) -> None:
    copy.add("verb of the command line", vault=dummies.VERB)
    assert copy.python("-m", "nightlatch.cli.main", "vault", "where", "--vault", "/x/y") == "/x/y\n"


def test_a_reader_chip_is_one_folder(copy: Copy, upy: Upy) -> None:
    copy.add("reader chip", dummy=dummies.CHIP, chips=dummies.CHIP_LINE)
    assert copy.upy(upy, dummies.CHIP_TARGET) == "['unlock 1'] ['start', 'field off'] bus reset\n"


def test_a_message_is_one_folder(copy: Copy, upy: Upy) -> None:
    copy.add("message of the wire", messages=dummies.MESSAGE, numbers=dummies.MESSAGE_NUMBER)
    packed = copy.python("-c", dummies.MESSAGE_HOST).strip()
    assert packed == "63000705c3a9657374"
    assert copy.upy(upy, dummies.MESSAGE_TARGET, packed) == "99 7 \xe9est\n"
