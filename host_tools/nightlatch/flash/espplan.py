# SPDX-License-Identifier: MIT
"""A plan for an ESP32: an image with our partition table; beside a stock MicroPython the agent is laid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Refused
from . import espimage, partitions, program
from .board import FIRMWARE, SECTOR, STORE, Board
from .errors import BadImage
from .partitions import APP, TABLE_AT, Partition
from .plan import ERASED, Plan, Row, Step, guard_store, need_name, split

BOOTLOADER = "bootloader"
TABLE = "partition table"
FILES = "vfs"  # stock MicroPython mounts the partition of this name, and runs main.py from it
ROOT = 2 * SECTOR  # the root folder of its file system is in one of the first two blocks
_AGENT = b"wiring.mpy"  # a name in the root folder of the agent's
_HOMES = {"slot_a": "romfs", "slot_b": "romfs"}  # regions that share a partition
BLANK, OURS, FOREIGN = "blank", "ours", "foreign"


@dataclass(frozen=True)
class Present:
    """What a chip holds: `table` None if none can be read, `store` blank, ours or foreign, `root` the front of vfs."""

    serial: str
    chip: str
    flash_size: int
    table: tuple[Partition, ...] | None
    store: str
    root: bytes = b""


@dataclass(frozen=True)
class Agent:
    """An agent for a stock image: `data` is the front of a file system that fills the region `vfs`."""

    version: str
    data: bytes


def plan(
    board: Board,
    image: Path,
    data: bytes,
    agent: Agent | None = None,
    others: Sequence[str] = (),
    present: Present | None = None,
    erase_store: bool = False,
) -> Plan:
    """What it takes. `agent` goes with a stock image alone; `present` is what the chip holds, if it was asked.

    Raises BadImage, Mismatch for another chip's image, Refused where the store is in the way and may not be erased.
    """
    table = our_table(board)
    app = program_of(board, data)
    kind = program.look(app.data)
    if kind.ours:
        need_name(app.data, board, others)
    steps = _lay(board, table, data, app, agent)
    guard_store(board, steps)
    store = board.region(STORE)
    lost: list[str] = []
    if present is not None:
        if not erase_store:
            _need_store(board, present)
        lost = losses(table, present)
        if agent is not None and _strange(present.root, agent) and not any(one.startswith(FILES) for one in lost):
            lost.append(f"{FILES}: the files that are in it")
    if erase_store:
        steps = [*steps[:-1], *split(STORE, store.offset, b"\xff" * store.size), steps[-1]]
        lost.insert(0, ERASED)
    device = present.serial if present else None
    notes = {FIRMWARE: str(kind), FILES: f"agent {agent.version}" if agent else ""}
    rows = _rows(table, steps, erase_store, notes)
    return Plan(board, str(image), tuple(steps), tuple(rows), tuple(lost), device, not kind.ours)


def our_table(board: Board) -> list[Partition]:
    """The entries of the board's partitions.csv. BadImage if they and the regions of board.json disagree."""
    if board.table is None:
        raise BadImage(f"boards/{board.name} has no partitions.csv", "see boards/board.schema.json")
    table = partitions.from_csv(board.table)
    for region in board.regions:
        home = _home(region.name)
        parts = [one for one in board.regions if _home(one.name) == home]
        at, end = min(one.offset for one in parts), max(one.end for one in parts)
        if not any(_fits(one, home) and (one.offset, one.end) == (at, end) for one in table):
            text = f"boards/{board.name}: partitions.csv and board.json disagree about {region.name}"
            raise BadImage(text, "see boards/board.schema.json")
    return table


def _home(region: str) -> str:
    return _HOMES.get(region, region)


def _fits(partition: Partition, home: str) -> bool:
    return partition.kind == APP if home == FIRMWARE else partition.name == home


def program_of(board: Board, data: bytes) -> espimage.EspImage:
    """The program in an image. Raises BadImage, Mismatch."""
    espimage.need_chip(espimage.parse(data[:TABLE_AT], BOOTLOADER), board.chip, BOOTLOADER)
    theirs = partitions.from_binary(data[TABLE_AT : TABLE_AT + SECTOR])
    app_at = next((one.offset for one in theirs if one.kind == APP), None)
    if app_at is None:
        raise BadImage("the image's partition table names no program")
    app = espimage.parse(data[app_at:], "program")
    espimage.need_chip(app, board.chip, "program")
    region = board.region(FIRMWARE)
    if len(app.data) > region.size:
        raise BadImage(f"the program has {len(app.data)} bytes, {board.name} has room for {region.size}")
    return app


def _lay(
    board: Board, table: Sequence[Partition], data: bytes, app: espimage.EspImage, agent: Agent | None
) -> list[Step]:
    boot = espimage.parse(data[:TABLE_AT], BOOTLOADER)
    region = board.region(FIRMWARE)
    steps = [Step(TABLE, TABLE_AT, partitions.to_binary(table).ljust(SECTOR, b"\xff"))]
    steps += split(FIRMWARE, region.offset, espimage.with_flash_size(app, board.flash_size))
    if agent is not None:
        place = board.region(FILES)
        if not 0 < len(agent.data) <= place.size:
            raise BadImage(f"the agent has {len(agent.data)} bytes, {FILES} has room for {place.size}")
        steps += split(FILES, place.offset, agent.data)
    # Until this one stands the chip starts nothing: a flash that is cut short can't run half of two programs.
    return [*steps, Step(BOOTLOADER, 0, espimage.with_flash_size(boot, board.flash_size))]


def _need_store(board: Board, present: Present) -> None:
    store = board.region(STORE)
    hint = "nothing was written; --erase-store gives up what is there"
    if present.store == FOREIGN:
        text = f"the store's place at {store.offset:#x} holds something else"
        raise Refused(text, hint, code="store_foreign", device=present.serial)
    for one in present.table or ():
        if one.name == STORE and (one.offset, one.size) != (store.offset, store.size):
            text = f"its store is at {one.offset:#x}, this board's table has it at {store.offset:#x}"
            raise Refused(text, hint, code="store_moves", device=present.serial)


def _strange(root: bytes, agent: Agent) -> bool:
    """Whether files of somebody else are there: not blank, no agent's, no flash of this one that was cut short."""
    return _AGENT not in root and any(have not in (0xFF, want) for have, want in zip(root, agent.data, strict=False))


def losses(table: Iterable[Partition], present: Present) -> list[str]:
    """What the chip holds and will not hold afterwards, in words. A program that is replaced is no loss."""
    if present.table is None:
        return ["whatever is on it: its partition table cannot be read"]
    kept = {(one.name, one.kind, one.offset, one.size) for one in table}
    return [
        f"{old.name}: {old.size >> 10} KB at {old.offset:#x}, which the new table has nowhere"
        for old in present.table
        if old.kind != APP and (old.name, old.kind, old.offset, old.size) not in kept
    ]


def _rows(
    table: Sequence[Partition], steps: Sequence[Step], erase_store: bool, notes: dict[str, str]
) -> list[Row]:
    sizes: dict[str, int] = {}
    for step in steps:
        sizes[step.name] = sizes.get(step.name, 0) + len(step.data)
    rows = [Row(BOOTLOADER, 0, sizes[BOOTLOADER], "write", "last"), Row(TABLE, TABLE_AT, SECTOR, "write")]
    for one in table:
        name = FIRMWARE if one.kind == APP else one.name
        if name == STORE and erase_store:
            rows.append(Row(name, one.offset, one.size, "erase"))
        elif name in sizes:
            rows.append(Row(name, one.offset, one.size, "write", f"{notes[name]}, {sizes[name]} bytes"))
        else:
            rows.append(Row(name, one.offset, one.size, "keep"))
    return rows
