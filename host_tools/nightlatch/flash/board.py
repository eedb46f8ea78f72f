# SPDX-License-Identifier: MIT
"""A board as its folder describes it: chip, flash, regions, USB ids, and the partition table of an ESP32."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import HostError, UsageError
from ..link.boards import boards_dir

SECTOR = 4096
STORE = "store"
FIRMWARE = "firmware"


@dataclass(frozen=True)
class Region:
    """A stretch of flash, in bytes from its start."""

    name: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size

    def meets(self, offset: int, size: int) -> bool:
        """Whether the two share a byte."""
        return self.offset < offset + size and offset < self.end


@dataclass(frozen=True)
class Board:
    """`method` is esptool, uf2 or none; `family` the id of its UF2 files; `table` the text of partitions.csv."""

    name: str
    chip: str
    method: str
    flash_size: int
    regions: tuple[Region, ...]
    usb: tuple[tuple[int, int], ...] = ()
    family: int | None = None
    table: str | None = None
    folder: Path = Path()

    def region(self, name: str) -> Region:
        """The region of that name. Raises UsageError where the board has none."""
        for one in self.regions:
            if one.name == name:
                return one
        raise UsageError(f"{self.name} has no region {name}", f"it has {', '.join(one.name for one in self.regions)}")


def names(folder: Path | None = None) -> list[str]:
    """Boards that can be flashed, by name."""
    found = []
    for path in sorted((folder or boards_dir()).glob("*/board.json")):
        described = _read(path)
        if described is not None and described.get("flash", {}).get("method") in ("esptool", "uf2"):
            found.append(path.parent.name)
    return found


def load(name: str, folder: Path | None = None) -> Board:
    """One board. UsageError for a name that is none, HostError (code `board`) for a folder that makes no sense."""
    known = names(folder)
    if name not in known:
        raise UsageError(f"{name!r} is not a board that can be flashed", f"known are {', '.join(known) or 'none'}")
    path = (folder or boards_dir()) / name
    described = _read(path / "board.json")
    try:
        board = _board(name, described or {}, path)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise _broken(name, f"{type(error).__name__} {error}") from None
    _check(board)
    return board


def _board(name: str, described: dict[str, Any], path: Path) -> Board:
    flash = described["flash"]
    csv = path / "partitions.csv"
    return Board(
        name,
        str(described["chip"]),
        str(flash["method"]),
        int(flash["size"]),
        tuple(Region(str(one["name"]), int(one["offset"]), int(one["size"])) for one in described["regions"]),
        tuple((int(one["vid"], 16), int(one["pid"], 16)) for one in described["usb"]),
        int(flash["family"], 16) if "family" in flash else None,
        csv.read_text("utf-8") if csv.is_file() else None,
        path,
    )


def _check(board: Board) -> None:
    end = 0
    for region in sorted(board.regions, key=lambda one: one.offset):
        if region.size <= 0 or region.offset % SECTOR or region.size % SECTOR:
            raise _broken(board.name, f"region {region.name} is not made of whole sectors")
        if region.offset < end or region.end > board.flash_size:
            raise _broken(board.name, f"region {region.name} overlaps another one or leaves the flash")
        end = region.end
    if not {FIRMWARE, STORE} <= {one.name for one in board.regions}:
        raise _broken(board.name, "it has no firmware or no store")
    if board.method == "uf2" and board.family is None:
        raise _broken(board.name, "it names no UF2 family")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        described = json.loads(path.read_text("utf-8")).get("nightlatch")
    except (OSError, ValueError, AttributeError):
        raise _broken(path.parent.name, "it is not JSON of a board") from None
    return described if isinstance(described, dict) else None


def _broken(name: str, why: str) -> HostError:
    return HostError(f"boards/{name} cannot be used: {why}", "see boards/board.schema.json", code="board")
