# SPDX-License-Identifier: MIT
"""Make the frozen module `wiring` of a board: one dict of what board.json and pins.csv say (see firmware/agent/hal).

By hand, for a build outside of this project: `.venv/bin/python boards/setup/wiring.py BOARD FOLDER`.
"""

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

OUTPUTS = ("UNLOCK", "LOCK", "TRUNK", "DRIVE")
ROLES = (*OUTPUTS, "BUTTON", "LED", "BUZZER")
LINES = ("TX", "RX", "SCK", "MOSI", "MISO", "CS", "SDA", "SCL", "IRQ", "RESET")
_ROLE = re.compile(rf"({'|'.join(ROLES)}|READER_({'|'.join(LINES)})|SERIAL_(TX|RX))\Z")
_NUMBER = re.compile(r"GPIO(\d+)\Z")


def pins(board: Path) -> dict[str, int | str]:
    """Role to the number of its GPIO. What is no GPIO of the chip goes by its role, which is a name of the board's."""
    with (board / "pins.csv").open(newline="") as table:
        rows = [row for row in csv.reader(table) if len(row) == 2 and not row[0].startswith("#")]
    found: dict[str, int | str] = {}
    for role, pin in rows:
        if _ROLE.match(role):
            number = _NUMBER.match(pin)
            found[role] = int(number[1]) if number else role
    return found


def wiring(board: Path, name: str, debug: bool = False) -> dict[str, Any]:
    """The table of a board, under the name that HELLO tells. KeyError names what board.json leaves out.

    debug: the image keeps MicroPython's prompt.
    """
    ours = json.loads((board / "board.json").read_text())["nightlatch"]
    table = {
        "board": name,
        "pins": pins(board),
        "serial": ours["serial"],
        "flash": ours["flash"]["size"],
        "regions": {region["name"]: (region["offset"], region["size"]) for region in ours["regions"]},
        "radio": ours["radio"],
        "debug": debug,
    }
    return {**table, "reader": ours["reader"]} if "reader" in ours else table


def source(board: Path, name: str, debug: bool = False) -> str:
    """The module as a text."""
    return (
        "# SPDX-License-Identifier: MIT\n"
        f'"""How {name} is wired. Made by boards/setup/wiring.py."""\n\n'
        f"WIRING = {wiring(board, name, debug)!r}\n"
    )


def write(board: Path, folder: Path, name: str | None = None, debug: bool = False) -> Path:
    """Write wiring.py into a folder, unless the same is there already; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file, text = folder / "wiring.py", source(board, name or board.name, debug)
    if not file.is_file() or file.read_text() != text:
        file.write_text(text)
    return file


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[1] / sys.argv[1], Path(sys.argv[2]))
