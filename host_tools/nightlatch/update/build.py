# SPDX-License-Identifier: MIT
"""Builds an update: the packages agent and wire of a firmware folder, compiled for a board, as one image.

The same sources and compiler give the same bytes, whenever and wherever.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

from .. import micropython
from ..errors import Refused, UsageError
from . import romfs, versions
from .bundle import Bundle, make

PACKAGES = ("agent", "wire")
_VERSION = "agent/version.py"
# what `mpy-cross -march` calls the machine code of a chip
MACHINES = {
    "esp32s3": "xtensawin",
    "esp32c3": "rv32imc",
    "rp2040": "armv6m",
    "rp2350": "armv7emsp",
    "mps2": "armv7m",
}


def build(board: str, version: str, firmware: Path = micropython.FIRMWARE) -> Bundle:
    """An unsigned update for a folder of boards/. UsageError: no such board; Refused: it does not compile."""
    target = machine(board)
    value = versions.number(version)
    files = compiled(target, PACKAGES, firmware, version)
    if _VERSION.replace(".py", ".mpy") not in files:
        raise UsageError(f"{firmware} holds no agent", "name a firmware folder")
    return make(board, value, store_layout(firmware), romfs.image(files))


def compiled(
    target: str, packages: tuple[str, ...], firmware: Path = micropython.FIRMWARE, version: str | None = None
) -> dict[str, bytes]:
    """The modules of packages by path ("agent/app.mpy"); with a version, the agent says that it is that one."""
    files: dict[str, bytes] = {}
    for package in packages:
        for source in sorted((firmware / package).rglob("*.py")):
            name = source.relative_to(firmware).as_posix()
            text = source.read_bytes()
            if name == _VERSION and version is not None:
                text = re.sub(rb'(?m)^FIRMWARE = .*$', f'FIRMWARE = "{version}"'.encode(), text)
            files[name.removesuffix(".py") + ".mpy"] = compile_(name, text, target)
    return files


def machine(board: str) -> str:
    """The machine code of a board, as the compiler calls it."""
    try:
        chip = json.loads((micropython.ROOT / "boards" / board / "board.json").read_text())["nightlatch"]["chip"]
    except (OSError, ValueError, KeyError):
        known = sorted(file.parent.name for file in (micropython.ROOT / "boards").glob("*/board.json"))
        raise UsageError(f"{board!r} is no board", f"known are {', '.join(known)}") from None
    if chip == "unix":
        return "x64" if micropython.wide() else "x86"
    return MACHINES[chip]


def store_layout(firmware: Path) -> int:
    """The layout of the store that this agent writes. UsageError where no agent is."""
    try:
        text = (firmware / "agent" / "store" / "ring" / "marks.py").read_text("utf-8")
    except (OSError, ValueError):
        text = ""
    found = re.search(r"(?m)^LAYOUT = (\d+)$", text)
    if found is None:
        raise UsageError(f"{firmware} holds no whole agent", "name a firmware folder")
    return int(found[1])


def compile_(name: str, source: bytes, target: str) -> bytes:
    """One module. The name is what a traceback shows."""
    with tempfile.TemporaryDirectory(prefix="nightlatch-") as folder:
        path, made = Path(folder, "module.py"), Path(folder, "module.mpy")
        path.write_bytes(source)
        argv = [str(micropython.mpy_cross()), f"-march={target}", "-s", name, "-o", str(made), str(path)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Refused(f"{name} does not compile: {last}", "mend it and build again", code="no_build")
        return made.read_bytes()
