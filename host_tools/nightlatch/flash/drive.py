# SPDX-License-Identifier: MIT
"""The boot ROM's drive: found by its INFO_UF2.TXT, identified, written to, and watched until it is gone."""

import os
import re
import string
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import HostError, NoDevice, PortUnavailable, SeveralDevices
from .board import Board
from .errors import cut_short, wrong_board
from .uf2 import BLOCK

INFO = "INFO_UF2.TXT"
TARGET = "NIGHTLCH.UF2"
CHUNK = 32 * 1024
BOARD_IDS = {"RPI-RP2": "rp2040", "RP2350": "rp2350"}
_INFO_MOST = 4096
_POLL_S = 0.05
_HINT = "hold BOOTSEL while you plug the board in, wait for the drive, or name it with --drive"


@dataclass(frozen=True)
class Drive:
    """`board_id` and `model` are what the boot ROM says of itself."""

    path: Path
    board_id: str
    model: str

    @property
    def chip(self) -> str:
        """rp2040, rp2350, or the id itself where it is another's."""
        return BOARD_IDS.get(self.board_id, self.board_id)

    def here(self) -> bool:
        """Whether it is still mounted."""
        return _read(self.path) is not None


def find(path: Path | None = None, places: Iterable[Path] | None = None) -> Drive:
    """The drive at `path`, or the only one that is mounted; NoDevice, SeveralDevices."""
    if path is not None:
        drive = _read(path)
        if drive is None:
            raise NoDevice(f"{path} is not the drive of a boot ROM: it has no {INFO}", _HINT)
        return drive
    found = [drive for place in (mounts() if places is None else places) if (drive := _read(place))]
    if not found:
        raise NoDevice("no boot ROM's drive was found", _HINT)
    if len(found) > 1:
        listed = [str(one.path) for one in found]
        raise SeveralDevices(
            f"{len(found)} drives are there: {', '.join(listed)}", "name one with --drive", data={"drives": listed}
        )
    return found[0]


def check(drive: Drive, board: Board) -> None:
    """Raises Mismatch unless the drive is that of the board's chip."""
    if drive.chip != board.chip:
        raise wrong_board(f"{drive.path} is the drive of an {drive.chip}, {board.name} has an {board.chip}")


def mounts() -> list[Path]:
    """Where drives are mounted on this machine."""
    if sys.platform == "win32":
        return [Path(f"{letter}:\\") for letter in string.ascii_uppercase[2:]]
    if sys.platform == "darwin":
        return sorted(Path("/Volumes").glob("*"))
    try:
        lines = Path("/proc/self/mounts").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    fields = [line.split(" ") for line in lines]
    places = [one[1] for one in fields if len(one) > 2 and one[2] in ("vfat", "msdos")]
    return [Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place)) for place in places]


def copy(
    drive: Drive, data: bytes, tell: Callable[[str, int, int], None], sync: Callable[[int], None] = os.fsync
) -> None:
    """Write the file through to the device. Interrupted if the drive is lost before all of it was handed over."""
    path = drive.path / TARGET
    sent, last = 0, len(data) - BLOCK
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    except PermissionError:
        raise PortUnavailable(f"no permission to write to {drive.path}", "mount it as yourself") from None
    except OSError as error:
        raise HostError(f"cannot write to {drive.path}: {error.strerror}", "plug it in again", code="drive") from None
    try:
        try:
            for end in [*range(CHUNK, last, CHUNK), last, len(data)]:
                while sent < end:
                    sent += os.write(handle, data[sent:end])
                sync(handle)
                tell("copying", sent, len(data))
        finally:
            os.close(handle)
    except OSError as error:
        # With the last block the ROM restarts, and may take the drive away before the file is closed: whether that was
        # the restart or the cable, only the agent can say.
        if sent <= last:
            text = f"the drive was lost after {sent} of {len(data)} bytes ({error.strerror})"
            raise cut_short(text, str(drive.path)) from None


def wait_gone(drive: Drive, patience: float) -> None:
    """Returns when the drive is gone. Interrupted if it stays: the ROM still waits for blocks."""
    end = time.monotonic() + patience
    while drive.here():
        if time.monotonic() > end:
            raise cut_short("the boot ROM still waits: it did not take all blocks", str(drive.path))
        time.sleep(_POLL_S)


def _read(path: Path) -> Drive | None:
    try:
        with (path / INFO).open("rb") as file:
            text = file.read(_INFO_MOST).decode("ascii", "replace")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return Drive(path, fields.get("Board-ID", "").strip(), fields.get("Model", "").strip())
