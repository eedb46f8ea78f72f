# SPDX-License-Identifier: MIT
"""Plans and does a flash by UF2: copy, wait for the drive to go, then for the agent to say HELLO on its port."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..device.client import DeviceClient
from ..device.types import Hello
from ..errors import HostError, Mismatch
from ..link import Found
from ..link.discover import find
from . import drive as drives
from . import uf2
from .board import FIRMWARE, STORE, Board
from .drive import Drive
from .errors import wrong_board
from .plan import ERASED, Plan, Row, Step, need_name
from .state import Pending, State

Tell = Callable[[str, int, int], None]
VANISH_S = 20.0
HELLO_S = 30.0
_ASK_S = 1.0
_PAUSE_S = 0.1


def plan(
    board: Board,
    image: Path,
    data: bytes,
    others: Sequence[str] = (),
    erase_store: bool = False,
    device: str | None = None,
) -> Plan:
    """What it takes: one step, the file for the drive. Raises BadImage, Mismatch for another chip's or board's file."""
    pages = uf2.parse(data, board)
    need_name(b"".join(page.data for page in pages), board, others)
    step = Step(FIRMWARE, board.region(FIRMWARE).offset, uf2.stream(pages, board, erase_store))
    lost = (ERASED,) if erase_store else ()
    return Plan(board, str(image), (step,), tuple(_rows(board, pages, erase_store)), lost, device=device)


def _rows(board: Board, pages: Sequence[uf2.Page], erase_store: bool) -> list[Row]:
    runs = uf2.extents(pages)
    rows = []
    for one in board.regions:
        size = sum(length for at, length in runs if one.meets(at, length))
        action = "erase" if one.name == STORE and erase_store else "write" if size else "keep"
        rows.append(Row(one.name, one.offset, one.size, action, f"{size} bytes" if action == "write" else ""))
    return rows


def device_of(board: Board) -> str:
    """What an unfinished flash is remembered under: a boot ROM's drive says nothing of which board of a kind it is."""
    return f"uf2 {board.name}"


def write(drive: Drive, plan: Plan, state: State, tell: Tell, sync: Callable[[int], None] = os.fsync) -> None:
    """Copy the file and see the boot ROM take all of it. Interrupted: run it again, the drive is there or comes back.

    The flash counts as unfinished until the agent has said HELLO: see `seen`.
    """
    drives.check(drive, plan.board)
    device = device_of(plan.board)
    state.save(Pending(device, plan.board.name, plan.image, plan.digest, 1))
    drives.copy(drive, plan.steps[0].data, tell, sync)
    drives.wait_gone(drive, VANISH_S)
    state.save(Pending(device, plan.board.name, plan.image, plan.digest, 1, 1))


def seen(board: Board, hello: Hello, device: str, state: State, firmware: str | None = None) -> None:
    """The agent on `device` said this: the end of a flash.

    Mismatch if another board or version speaks, or if the last copy was cut short and so this is not what it brought.
    """
    need_board(board, hello, device, firmware)
    pending = state.pending(device_of(board))
    if pending is not None and not pending.done:
        text, hint = "the last flash of such a board was cut short", "run `nightlatch flash write` again"
        raise Mismatch(text, hint, code="verify", device=device, data={"unfinished": True})
    state.finish(device_of(board))


def await_hello(board: Board, port: str | None, tell: Tell, patience: float = HELLO_S) -> tuple[str, Hello] | None:
    """The agent that says HELLO on `port`, or on the only port with the board's USB ids; None if none does in time."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        tell("waiting for the agent", 0, 0)
        found = [Found(port, ())] if port else [one for one in find() if board.name in one.boards]
        if len(found) == 1:
            try:
                with DeviceClient.open(found[0].url, _ASK_S) as client:
                    return found[0].url, client.hello()
            except HostError:
                pass  # not there yet, or not listening yet
        time.sleep(_PAUSE_S)
    return None


def need_board(board: Board, hello: Hello, device: str, firmware: str | None = None) -> None:
    """Raises Mismatch unless the agent says that it runs on this board, and is of this version if one is given."""
    if hello.board != board.name:
        hint = "flash the image that was made for this board"
        raise wrong_board(f"{device}: its firmware was made for {hello.board}, not for {board.name}", hint)
    if firmware is not None and hello.firmware != firmware:
        text = f"it runs {hello.firmware}, not {firmware}"
        raise Mismatch(text, "run `nightlatch flash write` again", code="version", device=device)
