# SPDX-License-Identifier: MIT
"""The picture of the parts in the README is of this repository: every folder in it is there, every room is in it."""

import re
from pathlib import Path

from nightlatch.micropython import ROOT
from tests.unit.house.test_root import listed

# Folders all of whose rooms the picture shows; of boards/ only those that are more than data.
WHOLE = ("", "firmware", "firmware/agent", "host_tools", "host_tools/nightlatch", "host_tools/nightlatch/sim", "tests")
_LINE = re.compile(r"^ {4}((?: {2})*)((?:\w+/ ?)+)(?:  |$)")


def pictured(text: str) -> list[str]:
    """Paths of the folders in the picture; two spaces are one step inwards, names of one line stand side by side."""
    found: list[str] = []
    above: list[str] = []
    for line in text.partition("## The parts\n")[2].partition("\n## ")[0].splitlines():
        match = _LINE.match(line)
        if match:
            depth = len(match[1]) // 2
            names = [name.rstrip("/") for name in match[2].split()]
            found += ["/".join([*above[:depth], name]) for name in names]
            above[depth:] = [names[-1]]
    return found


def rooms(names: list[str], folder: str) -> set[str]:
    """Folders directly in this one that hold a file of git's list; hidden ones are no rooms."""
    front = f"{folder}/" if folder else ""
    inside = [name.removeprefix(front) for name in names if name.startswith(front)]
    return {front + name.partition("/")[0] for name in inside if "/" in name and name[0] != "."}


def missing(root: Path, text: str, names: list[str]) -> list[str]:
    """What is wrong: folders of the picture that are not there, and rooms that are not in the picture."""
    shown = pictured(text)
    gone = [f"{name} is not there" for name in shown if not (root / name).is_dir()]
    every = [room for folder in WHOLE for room in sorted(rooms(names, folder))]
    return gone + [f"{room} is not in the picture" for room in every if room not in shown]


def test_the_picture_is_of_this_repository() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(pictured(text)) > 40
    assert missing(ROOT, text, listed("--cached", "--others", "--exclude-standard")) == []


def test_what_is_wrong_with_a_picture_is_seen(tmp_path: Path) -> None:
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    text = "## The parts\n\n    tests/    all\n      unit/ old/   two\n    docs/\n    no picture\n\n## More\n    later/"
    assert pictured(text) == ["tests", "tests/unit", "tests/old", "docs"]
    names = ["README.md", ".ci/run", "tests/unit/a.py", "tests/new/b.py", "docs/c.md", "tools/d.py"]
    wrong = ["tests/old is not there", "tools is not in the picture", "tests/new is not in the picture"]
    assert missing(tmp_path, text, names) == wrong
