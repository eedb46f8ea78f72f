# SPDX-License-Identifier: MIT
"""Every board is what its folder says: data by the schema, roles on pins that can carry them, regions that fit."""

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boardfiles
import jsonschema
import pytest
from boardfiles import BOARDS, DRIVES, LAMPS, Board
from chips import CHIPS, SECTOR, Chip

from nightlatch.micropython import FIRMWARE

SCHEMA = json.loads((BOARDS / "board.schema.json").read_text())
ALL = boardfiles.every()
PINNED = [board for board in ALL if (board.folder / "pins.csv").is_file()]
ESP = [board for board in ALL if board.chip.table_at is not None]
OUTPUT_LINES = {"READER_TX", "READER_SCK", "READER_MOSI", "READER_CS", "READER_RESET", "SERIAL_TX"}
each = pytest.mark.parametrize("board", ALL, ids=lambda board: board.name)
each_pinned = pytest.mark.parametrize("board", PINNED, ids=lambda board: board.name)
each_esp = pytest.mark.parametrize("board", ESP, ids=lambda board: board.name)


def faults(board: Board) -> list[str]:
    """What is wrong with the roles of a board."""
    found = [f"{role} is needed" for role in sorted(board.needed() - board.roles.keys())]
    pins = list(board.roles.values())
    found += [f"{pin} has two roles" for pin in sorted({pin for pin in pins if pins.count(pin) > 1})]
    if board.chip.pins:
        for role in board.roles:
            number = board.number(role)
            if number is None or number not in board.chip.pins:
                found.append(f"{role}: no such pin")
            elif number in board.taken():
                found.append(f"{role}: pin {number} is taken")
            elif role in DRIVES and number in board.chip.unfit_to_drive():
                found.append(f"{role}: pin {number} moves at a reset")
            elif role in {*LAMPS, *OUTPUT_LINES} and number in board.chip.input_only:
                found.append(f"{role}: pin {number} is an input only")
    return found


def clashes(size: int, regions: list[dict[str, Any]]) -> list[str]:
    """Which regions overlap, lie outside the flash, are not of whole sectors, or come twice."""
    found, end = [], 0
    for region in sorted(regions, key=lambda one: (one["offset"], one["size"])):
        if region["offset"] < end:
            found.append(f"{region['name']} overlaps")
        if region["offset"] % SECTOR or region["size"] % SECTOR or region["size"] < SECTOR:
            found.append(f"{region['name']} is not of whole sectors")
        end = max(end, region["offset"] + region["size"])
    names = [region["name"] for region in regions]
    return found + ["too big"] * (end > size) + [f"{name} twice" for name in set(names) if names.count(name) > 1]


def refused(data: Any) -> bool:
    return not jsonschema.Draft202012Validator(SCHEMA).is_valid(data)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["nightlatch"]["properties"]["chip"]["enum"] == list(CHIPS)


@each
def test_a_board_keeps_to_the_schema(board: Board) -> None:
    jsonschema.validate(board.data, SCHEMA)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ours: ours.pop("usb"),
        lambda ours: ours.update(extra=1),
        lambda ours: ours.update(chip="esp8266"),
        lambda ours: ours["usb"].append({"vid": "0x2E8A", "pid": "0005"}),
        lambda ours: ours["usb"].append(ours["usb"][0]),
        lambda ours: ours["flash"].pop("family"),
        lambda ours: ours["flash"].update(method="esptool"),
        lambda ours: ours["regions"][-1].update(name="stores"),
        lambda ours: ours["regions"][-1].update(offset=100),
        lambda ours: ours["regions"].pop(),
        lambda ours: ours["reader"].update(bus="usb"),
        lambda ours: ours["serial"].pop("kind"),
    ],
)
def test_the_schema_refuses_what_is_wrong(spoil: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads((BOARDS / "RPI_PICO_W" / "board.json").read_text())
    assert not refused(data)
    spoil(data["nightlatch"])
    assert refused(data)


@each
def test_the_agent_knows_the_reader_s_chip(board: Board) -> None:
    spec = importlib.util.spec_from_file_location("chips_of_the_reader", FIRMWARE / "agent" / "reader" / "chips.py")
    assert spec is not None and spec.loader is not None
    known = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(known)
    assert board.ours.get("reader", {}).get("chip", known.USUAL) in known.CHIPS


@each_pinned
def test_roles_sit_on_pins_that_can_carry_them(board: Board) -> None:
    assert faults(board) == []


@each
def test_a_chip_with_pins_has_them_listed(board: Board) -> None:
    assert not board.chip.pins or board in PINNED


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"UNLOCK": None}, "UNLOCK is needed"),
        ({"READER_RX": None}, "READER_RX is needed"),
        ({"UNLOCK": "GPIO1"}, "GPIO1 has two roles"),
        ({"LED": "GPIO22"}, "LED: no such pin"),
        ({"LED": "EXT_GPIO0"}, "LED: no such pin"),
        ({"LED": "GPIO8"}, "LED: pin 8 is taken"),
        ({"BUTTON": "GPIO18"}, "BUTTON: pin 18 is taken"),
        ({"LED": "GPIO12"}, "LED: pin 12 is taken"),
        ({"UNLOCK": "GPIO20"}, "UNLOCK: pin 20 moves at a reset"),
    ],
)
def test_a_wrong_role_is_found(change: dict[str, str | None], fault: str) -> None:
    board = boardfiles.read(BOARDS / "ESP32_C3")
    changed = {role: pin for role, pin in {**board.roles, **change}.items() if pin}
    assert fault in faults(Board(board.folder, board.data, changed))


def test_an_input_and_a_pin_of_the_radio_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    board = boardfiles.read(BOARDS / "RPI_PICO_W")
    assert faults(Board(board.folder, board.data, {**board.roles, "LED": "GPIO25"})) == ["LED: pin 25 is taken"]
    chip = Chip(pins=board.chip.pins, input_only=frozenset({14, 2}))
    monkeypatch.setitem(CHIPS, "rp2040", chip)
    assert faults(board) == ["UNLOCK: pin 2 moves at a reset", "LED: pin 14 is an input only"]


def test_a_role_that_comes_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pins.csv").write_text("LOCK,GPIO1\nGP2,GPIO2\nLOCK,GPIO2\n")
    with pytest.raises(ValueError, match="LOCK comes twice"):
        boardfiles.roles(tmp_path)


@each
def test_regions_fit_the_flash(board: Board) -> None:
    assert clashes(board.ours["flash"]["size"], board.ours["regions"]) == []


def test_what_does_not_fit_is_found() -> None:
    def region(name: str, offset: int, size: int) -> dict[str, Any]:
        return {"name": name, "offset": offset, "size": size}

    good = [region("firmware", 0, 8192), region("store", 8192, 4096)]
    assert clashes(12288, good) == []
    assert clashes(8192, good) == ["too big"]
    odd = [region("firmware", 0, 8193), good[1]]
    assert clashes(12288, odd) == ["firmware is not of whole sectors", "store overlaps"]
    assert clashes(12288, [region("firmware", 0, 12288), good[1]]) == ["store overlaps"]
    assert clashes(12288, [good[0], region("firmware", 8192, 4096)]) == ["firmware twice"]


@each
def test_slots_are_of_one_size_and_the_store_holds_its_journal(board: Board) -> None:
    sizes = {region["name"]: region["size"] for region in board.ours["regions"]}
    assert sizes.get("slot_a") == sizes.get("slot_b")
    assert sizes["store"] == 64 * SECTOR  # what an adapter makes by default, and what the power tests cut


@each
def test_the_family_of_uf2_files_is_the_chips(board: Board) -> None:
    assert board.ours["flash"].get("family") == board.chip.family


@each_esp
def test_the_partition_table_says_what_board_json_says(board: Board) -> None:
    rows = list(boardfiles.rows(board.folder / "partitions.csv"))
    table: list[dict[str, Any]] = [{"name": row[0], "offset": int(row[3], 0), "size": int(row[4], 0)} for row in rows]
    assert clashes(board.ours["flash"]["size"], table) == []
    assert board.chip.table_at is not None and min(row["offset"] for row in table) == board.chip.table_at + SECTOR
    ours = {row["name"]: row for row in table}
    regions = {region["name"]: region for region in board.ours["regions"]}
    for name in ("firmware", "vfs", "store"):
        label = "factory" if name == "firmware" else name
        assert ours[label] == {**regions[name], "name": label}
    slots = [regions["slot_a"], regions["slot_b"]]  # the one partition that the port maps, to its last byte
    assert slots[0]["offset"] + slots[0]["size"] == slots[1]["offset"]
    both = sum(slot["size"] for slot in slots)
    assert ours["romfs"] == {"name": "romfs", "offset": slots[0]["offset"], "size": both}
    assert ours["romfs"]["offset"] % 0x10000 == 0  # a page of the cache
    kinds = {row[0]: (row[1], row[2]) for row in rows}
    assert kinds["factory"] == ("app", "factory") and ours["factory"]["offset"] % 0x10000 == 0
    assert 0x40 <= int(kinds["store"][1], 0) <= 0x7F  # none of ESP-IDF's or MicroPython's
    assert kinds["romfs"] == ("data", "0x8f")  # as in ports/esp32/partitions-4MiB-romfs.csv
    assert "#define MICROPY_VFS_ROM (1)" in (board.folder / "mpconfigboard.h").read_text()
    assert all(len(row) < 6 or not row[5] for row in rows)  # no flags: the store can't be in an encrypted partition


@pytest.mark.parametrize("board", [b for b in ALL if b.ours["flash"]["method"] == "uf2"], ids=lambda board: board.name)
def test_the_port_leaves_all_behind_the_program_to_us(board: Board) -> None:
    header = (board.folder / "mpconfigboard.h").read_text()
    match = re.search(r"MICROPY_HW_FLASH_STORAGE_BYTES \((\d+) \* 1024\)", header)
    firmware = next(region for region in board.ours["regions"] if region["name"] == "firmware")
    assert match and int(match[1]) * 1024 == board.ours["flash"]["size"] - firmware["size"] and firmware["offset"] == 0
