# SPDX-License-Identifier: MIT
"""The module that is made of a board's folder says what its board.json and its pins.csv say."""

import json
import runpy
from pathlib import Path

import wiring

BOARD = {
    "mcu": "rp2040",
    "nightlatch": {
        "chip": "rp2040",
        "flash": {"size": 2097152, "method": "uf2"},
        "regions": [
            {"name": "firmware", "offset": 0, "size": 4096},
            {"name": "store", "offset": 4096, "size": 8192},
        ],
        "reader": {"bus": "hsu", "id": 1, "baud": 115200},
        "serial": {"kind": "usb"},
        "radio": "none",
    },
}


def board(folder: Path, pins: str, **ours: object) -> Path:
    told = {**BOARD, "nightlatch": {**BOARD["nightlatch"], **ours}}  # type: ignore[dict-item]
    (folder / "board.json").write_text(json.dumps(told))
    (folder / "pins.csv").write_text(pins)
    return folder


def test_roles_become_numbers_and_the_rest_is_left_out(tmp_path: Path) -> None:
    table = "# ours\nGP10,GPIO10\nUNLOCK,GPIO10\nREADER_TX,GPIO4\nLED,EXT_GPIO0\nLEDS,GPIO3\nREADER_LED,GPIO2\n\n"
    assert wiring.pins(board(tmp_path, table)) == {"UNLOCK": 10, "READER_TX": 4, "LED": "LED"}


def test_the_module_holds_the_table(tmp_path: Path) -> None:
    file = wiring.write(board(tmp_path, "UNLOCK,GPIO10\n"), tmp_path / "made", "PICO")
    table = runpy.run_path(str(file))["WIRING"]
    assert table == wiring.wiring(tmp_path, "PICO")
    assert table["board"] == "PICO" and table["flash"] == 2097152 and table["reader"]["bus"] == "hsu"
    assert table["regions"] == {"firmware": (0, 4096), "store": (4096, 8192)}


def test_a_board_without_a_reader_has_none(tmp_path: Path) -> None:
    folder = board(tmp_path, "UNLOCK,GPIO10\n")
    told = json.loads((folder / "board.json").read_text())
    del told["nightlatch"]["reader"]
    (folder / "board.json").write_text(json.dumps(told))
    assert "reader" not in wiring.wiring(folder, "PICO")


def test_a_file_that_says_the_same_is_left_alone(tmp_path: Path) -> None:
    folder = board(tmp_path, "UNLOCK,GPIO10\n")
    file = wiring.write(folder, tmp_path / "made")
    assert f"How {tmp_path.name} is wired" in file.read_text()
    then = file.stat().st_mtime_ns
    assert wiring.write(folder, tmp_path / "made").stat().st_mtime_ns == then
    (folder / "pins.csv").write_text("UNLOCK,GPIO11\n")
    assert "'UNLOCK': 11" in wiring.write(folder, tmp_path / "made").read_text()
