# SPDX-License-Identifier: MIT
"""What a board's folder says, read once for everything that draws, tabulates or checks it."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chips import CHIPS, Chip

BOARDS = Path(__file__).resolve().parents[1]

DRIVES = ("UNLOCK", "LOCK", "TRUNK", "DRIVE")  # outputs that something moves by
LAMPS = ("LED", "BUZZER")
BUTTON = "BUTTON"
BUSES = {"hsu": ("TX", "RX"), "spi": ("SCK", "MOSI", "MISO", "CS"), "i2c": ("SDA", "SCL")}
READER_MORE = ("IRQ", "RESET")
SERIAL = ("SERIAL_TX", "SERIAL_RX")

MEANING = {
    "UNLOCK": "high for one pulse: unlock",
    "LOCK": "high for one pulse: lock",
    "TRUNK": "high for one pulse: open the trunk",
    "DRIVE": "high while the car may be started",
    "BUTTON": "claim button to ground, pulled up within the chip",
    "LED": "status light, high is on",
    "BUZZER": "buzzer, high is on",
    "READER_TX": "to RX of the reader",
    "READER_RX": "from TX of the reader",
    "READER_SCK": "SPI clock of the reader",
    "READER_MOSI": "to MOSI of the reader",
    "READER_MISO": "from MISO of the reader",
    "READER_CS": "to SS of the reader, low is selected",
    "READER_SDA": "I2C data of the reader",
    "READER_SCL": "I2C clock of the reader",
    "READER_IRQ": "from IRQ of the reader, low when it has an answer",
    "READER_RESET": "to RSTPDN of the reader, low is reset",
    "SERIAL_TX": "to RX of the technician's cable",
    "SERIAL_RX": "from TX of the technician's cable",
}
_GPIO = re.compile(r"GPIO(\d{1,2})\Z")


@dataclass(frozen=True)
class Board:
    """One folder. `roles` is in the order of pins.csv; a pin that is no GPIO of the chip has a name and no number."""

    folder: Path
    data: dict[str, Any]
    roles: dict[str, str]

    @property
    def name(self) -> str:
        """The folder's name is the board's."""
        return self.folder.name

    @property
    def ours(self) -> dict[str, Any]:
        """The agent's part of board.json."""
        found: dict[str, Any] = self.data["nightlatch"]
        return found

    @property
    def chip(self) -> Chip:
        """See chips.py."""
        return CHIPS[self.ours["chip"]]

    def number(self, role: str) -> int | None:
        """GPIO number of a role; None when the pin is not the chip's own."""
        match = _GPIO.match(self.roles[role])
        return int(match[1]) if match else None

    def taken(self) -> frozenset[int]:
        """Pins of the chip that carry no role on this board."""
        return self.chip.taken() | (self.chip.radio if self.ours["radio"] == "native" else frozenset())

    def drawn(self) -> bool:
        """Whether there is something to wire: a chip with pins, and a reader to show."""
        return bool(self.chip.pins and "reader" in self.ours)

    def needed(self) -> set[str]:
        """The roles that a board with pins must have."""
        reader, serial = self.ours.get("reader"), self.ours["serial"]
        bus = {f"READER_{line}" for line in BUSES[reader["bus"]]} if reader else set()
        return {*DRIVES, BUTTON, "LED", *bus, *(SERIAL if serial["kind"] == "uart" else ())}


def rows(path: Path) -> Iterator[tuple[str, ...]]:
    """The rows of one of MicroPython's or ESP-IDF's tables, without comments and blanks around the cells."""
    with path.open(newline="") as table:
        for row in csv.reader(table):
            if row and not row[0].lstrip().startswith("#"):
                yield tuple(cell.strip() for cell in row)


def roles(folder: Path) -> dict[str, str]:
    """Role to pin, of pins.csv; other names in it are MicroPython's. ValueError when a role comes twice."""
    found: dict[str, str] = {}
    if (folder / "pins.csv").is_file():
        for name, pin in rows(folder / "pins.csv"):
            if name in MEANING:
                if name in found:
                    raise ValueError(f"{folder.name}/pins.csv: {name} comes twice")
                found[name] = pin
    return found


def read(folder: Path) -> Board:
    """A board. Raises OSError, ValueError or KeyError when a file is missing or malformed."""
    return Board(folder, json.loads((folder / "board.json").read_text()), roles(folder))


def every(root: Path = BOARDS) -> list[Board]:
    """All boards of the agent, by name."""
    return [read(path.parent) for path in sorted(root.glob("*/board.json"))]
