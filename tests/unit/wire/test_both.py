# SPDX-License-Identifier: MIT
"""The wire under CPython and under MicroPython: one script per module, and the same output byte for byte."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nightlatch.micropython import FIRMWARE, ROOT
from tests.unit.house.imports import imported

HERE = Path(__file__).parent


def host(script: Path) -> str:
    """What CPython prints with the firmware's own folder on its path."""
    env = {**os.environ, "PYTHONPATH": str(FIRMWARE), "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "pyc")}
    done = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def said(name: str, upy: Any) -> list[str]:
    """The lines that both interpreters print."""
    script = HERE / f"upy_{name}.py"
    here, device = host(script), upy(script, path=(ROOT,), heap="1M")
    assert device.stderr == "" and device.stdout == here
    return here.splitlines()


def test_frames(upy: Any) -> None:
    lines = said("frame", upy)
    sizes = [line.split() for line in lines if line.startswith("size ")]
    assert len(sizes) == 57 and all(row[-3:] == ["True"] * 3 for row in sizes)
    assert [line for line in lines if line.startswith("refused")] == [
        f"refused {size} payload must hold 1 to 1024 bytes" for size in (0, 1025, 5000)
    ]
    # a flip that makes a zero splits the frame: two bad ones, where one was
    flips = next(line.split() for line in lines if line.startswith("flips"))
    assert flips[2] == "0" and int(flips[3]) >= int(flips[1]) and flips[4] == "True"
    assert "chunks 1 True 0" in lines and sum(line.startswith("chunks") for line in lines) == 6
    assert not [line for line in lines if line.startswith("cut passed")]
    assert next(line for line in lines if line.startswith("noise")).startswith("noise 200 ")
    limits = [line for line in lines if line.startswith("limit")]
    assert len(limits) == 16 and all(line.endswith(" [b'!'] True") for line in limits)
    assert lines[-1] == "flood 0 [] 1 [b'!'] True"


def test_records(upy: Any) -> None:
    lines = said("record", upy)
    assert all(
        "WireError" in line for line in lines if line.split()[0] in ("pack", "set", "missing", "cut", "long")
    )
    assert sum(line.startswith("pack ") for line in lines) == 18
    assert sum(line.startswith("cut ") for line in lines) == 21
    assert all(line.endswith("True") for line in lines if line.startswith("edge"))
    assert sum("t is not UTF-8" in line for line in lines if line.startswith("text")) == 9
    assert "cut 0 WireError: small is cut off" in lines and "long 2 WireError: 2 bytes too many" in lines
    assert "bent 0 4 WireError: small must be 1 to 3" in lines
    assert "bent 11 7 WireError: name must hold 1 to 6 bytes" in lines
    assert lines[-1] == "buffers [True, True, True]"


def test_messages_and_tokens(upy: Any) -> None:
    lines = said("messages", upy)
    rows = [line.split() for line in lines if line.startswith("layout")]
    assert len(rows) >= 40 and all(row[-2:] == ["True", "True"] for row in rows)
    assert "entry True" in lines and "record True" in lines and lines[-1] == "distinct 24"
    assert [line for line in lines if line.startswith("action")] == [
        f"action {number}" for number in range(16)
    ]


def test_caveats(upy: Any) -> None:
    lines = said("caveats", upy)
    rows = [line for line in lines if line.startswith("judged")]
    assert len(rows) > 100 and len(set(rows)) == len(rows) and lines[-1] == "body True"
    assert "bent an unknown critical caveat" in lines


def test_every_module_of_the_wire_is_run() -> None:
    used = {name for script in HERE.glob("upy_*.py") for name in imported(script.read_text())}
    modules = {f"wire.{file.stem}" for file in (FIRMWARE / "wire").glob("*.py")} - {"wire.__init__"}
    assert modules <= used
