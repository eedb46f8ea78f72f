# SPDX-License-Identifier: MIT
"""What a flash will do, said before it is done: steps to write, regions that stay, and what will be lost."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import HostError, Mismatch
from .board import STORE, Board
from .errors import BadImage, wrong_board

STEP_MOST = 0x10000
ERASED = "its claim, its keys and its log: all that is in the store"
IMAGE_MOST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Step:
    """One stretch that is written and verified as a whole."""

    name: str
    offset: int
    data: bytes

    @property
    def md5(self) -> str:
        """Hexadecimal, as the ROM loader counts it. It finds faults, not forgeries."""
        return hashlib.md5(self.data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Row:
    """A line of the plan: `action` is write, keep or erase."""

    name: str
    offset: int
    size: int
    action: str
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """The last step is the one that makes the board start: it is written when all others are verified.

    `stock`: the program is not ours, and has a prompt.
    """

    board: Board
    image: str
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    lost: tuple[str, ...] = ()
    device: str | None = None
    stock: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 over all that will be written and where: what an interrupted flash is known by."""
        total = hashlib.sha256(self.board.name.encode())
        for step in self.steps:
            total.update(f" {step.offset} {len(step.data)} ".encode() + step.data)
        return total.hexdigest()

    @property
    def size(self) -> int:
        """Bytes to write."""
        return sum(len(step.data) for step in self.steps)

    def data(self) -> dict[str, Any]:
        """The plan for programs."""
        rows = [
            {"name": r.name, "offset": r.offset, "size": r.size, "action": r.action, "note": r.note} for r in self.rows
        ]
        return {
            "board": self.board.name,
            "chip": self.board.chip,
            "method": self.board.method,
            "device": self.device,
            "image": self.image,
            "digest": self.digest,
            "regions": rows,
            "lost": list(self.lost),
        }


def split(name: str, offset: int, data: bytes) -> list[Step]:
    """Steps of up to STEP_MOST bytes that cover `data`."""
    return [Step(name, offset + at, data[at : at + STEP_MOST]) for at in range(0, len(data), STEP_MOST)]


def read_image(path: Path, sidecar: Path | None = None) -> bytes:
    """The file's bytes, checked against FILE.sha256 (as sha256sum writes it) if it is there or named."""
    try:
        with path.open("rb") as file:
            data = file.read(IMAGE_MOST + 1)
    except OSError as error:
        raise HostError(f"cannot read {path}: {error.strerror}", "check the name", code="no_image") from None
    if len(data) > IMAGE_MOST or not data:
        raise BadImage(f"{path} is {'empty' if not data else 'too large for an image'}")
    beside = path.with_name(path.name + ".sha256")
    if sidecar is None and not beside.is_file():
        return data
    try:
        wanted = (sidecar or beside).read_text("ascii").split()[0].lower()
    except (OSError, ValueError, IndexError):
        raise HostError(f"cannot read {sidecar or beside}", "it wants a SHA-256", code="no_image") from None
    if hashlib.sha256(data).hexdigest() != wanted:
        hint = "nothing was written; take a fresh copy of the file"
        raise Mismatch(f"the SHA-256 of {path} is not the one of {sidecar or beside}", hint, code="image_hash")
    return data


def need_name(data: bytes, board: Board, others: Sequence[str]) -> None:
    """Raises Mismatch if the image names another board and not this one: two boards may have one chip."""

    def named(name: str) -> bool:
        return re.search(rb"(?<![A-Z0-9_])" + name.encode() + rb"(?![A-Z0-9_])", data) is not None

    found = [name for name in others if name != board.name and named(name)]
    if found and not named(board.name):
        raise wrong_board(f"the image was made for {found[0]}, not for {board.name}")


def guard_store(board: Board, steps: Sequence[Step]) -> None:
    """Raises BadImage if a step would touch the store. The erase that was asked for is added after this."""
    store = board.region(STORE)
    for step in steps:
        if store.meets(step.offset, len(step.data)):
            raise BadImage(f"the image reaches into the store at {store.offset:#x}")
