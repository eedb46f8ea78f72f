# SPDX-License-Identifier: MIT
"""An agent for a stock MicroPython image of an ESP32: the file system that such an image mounts and starts from.

It is littlefs 2 as extmod/vfs_lfsx.c opens it, with the agent's modules compiled for the chip, the board's
wiring, and boot.py and main.py, which MicroPython wants as sources. The same sources give the same bytes.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Mapping
from pathlib import PurePosixPath

from littlefs import LittleFS, LittleFSError

from .. import micropython
from ..errors import Mismatch, Refused
from ..flash.board import SECTOR, Board
from ..flash.errors import BadImage, wrong_board
from ..flash.espplan import FILES, Agent
from . import romfs, versions
from .build import MACHINES, PACKAGES, compile_, compiled
from .bundle import Bundle

_MAKER = micropython.ROOT / "boards" / "setup" / "wiring.py"
_SCRIPTS = ("boot.py", "main.py")
# main.py starts with it: while the modules load, for a second, no byte of a frame may lead to the prompt.
_DEAF = b"import micropython\n\nmicropython.kbd_intr(-1)\n"
_VERSION = re.compile(r'(?m)^FIRMWARE = "([^"]+)"')
# The defaults of vfs.VfsLfs2: a file is kept within its folder's blocks only where the reader's cache can hold it.
_IO, _CACHE = 32, 128
_DISK = 0x00020000  # read by every littlefs 2


def agent(board: Board, bundle: Bundle | None = None) -> Agent:
    """The agent of this release, or the one of an update; both start by this release's start.py.

    Raises what files() does, and BadImage when it has no room.
    """
    content = files(board, bundle)
    if bundle is None:
        found = _VERSION.search((micropython.FIRMWARE / "agent" / "version.py").read_text())
        assert found is not None, "agent/version.py names the version"
        version = found[1]
    else:
        version = versions.text(bundle.version)
    return Agent(version, image(content, board.region(FILES).size))


def files(board: Board, bundle: Bundle | None = None) -> dict[str, bytes]:
    """All that is in the file system, by path. Mismatch for an update of another board.

    Refused where the sources are not there: they are no part of an installed package.
    """
    if bundle is not None and bundle.board != board.name:
        raise wrong_board(f"the update is for {bundle.board}, not for {board.name}")
    if not _MAKER.is_file():
        raise Refused("the agent's sources are not here", "run it in a checkout", code="no_sources")
    target = MACHINES[board.chip]
    found = {name: (micropython.FIRMWARE / name).read_bytes() for name in _SCRIPTS}
    found["main.py"] = _DEAF + found["main.py"]
    found["start.mpy"] = compile_("start.py", (micropython.FIRMWARE / "start.py").read_bytes(), target)
    wiring: str = runpy.run_path(str(_MAKER))["source"](board.folder, board.name)
    found["wiring.mpy"] = compile_("wiring.py", wiring.encode(), target)
    found |= compiled(target, ("slots",))
    if bundle is None:
        return found | compiled(target, PACKAGES)
    try:
        theirs = romfs.files(bundle.image)
    except ValueError as error:
        raise Mismatch(f"the update's image is no file system ({error})", "build it again", code="bad_image") from None
    return found | {name: data for name, data in theirs.items() if name.partition("/")[0] in PACKAGES}


def image(content: Mapping[str, bytes], size: int) -> bytes:
    """A file system of `size` bytes with these files; blank sectors at its end are left out. BadImage when full."""
    fs = LittleFS(
        block_size=SECTOR, block_count=size // SECTOR, read_size=_IO, prog_size=_IO, cache_size=_CACHE,
        lookahead_size=_IO, disk_version=_DISK,
    )  # fmt: skip
    try:
        for folder in sorted({str(parent) for path in content for parent in PurePosixPath(path).parents} - {"."}):
            fs.mkdir(folder)
        for path in sorted(content):
            with fs.open(path, "wb") as file:
                file.write(content[path])
    except LittleFSError as error:
        raise BadImage(f"the agent has no room in {FILES}: {error}") from None
    fs.unmount()
    data = bytes(fs.context.buffer).rstrip(b"\xff")
    return data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\xff")
