# SPDX-License-Identifier: MIT
"""UF2 files for RP2040 and RP2350: read, checked, and put into an order in which no cut leaves half a program to start.

A block has 512 bytes (UF2 specification): two magics, flags, address, payload size, number, count, family, payload,
magic. Both boot ROMs take 256 bytes a block at an address of flash, count erased sectors by block number (16 to a
sector), keep what they have of a transfer until a block with another count or family comes, and restart when all blocks
were seen.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .board import FIRMWARE, SECTOR, STORE, Board
from .errors import BadImage, wrong_board

BLOCK = 512
PAGE = 256
FLASH = 0x10000000
ABSOLUTE = 0xE48BFF57
FAMILIES = {0xE48BFF56: "rp2040", ABSOLUTE: "any flash", 0xE48BFF59: "rp2350", 0xE48BFF5A: "rp2350 (RISC-V)"}
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_END = 0x0AB16F30
_NOT_FLASH, _FAMILY, _TAGS = 0x1, 0x2000, 0x8000
_PER_SECTOR = SECTOR // PAGE
_PICOBIN = b"\xd3\xde\xff\xff"  # begins the block by which an RP2350 knows an image (data sheet, 5.9)


@dataclass(frozen=True)
class Page:
    """256 bytes for one place in flash, counted from its start."""

    offset: int
    data: bytes


def parse(data: bytes, board: Board) -> list[Page]:
    """The pages of a file, in order. Raises BadImage, or Mismatch for another chip's file.

    picotool's block against erratum RP2350-E10 is left out: it serves boards with a partition table, which ours have
    not, and on 4 MB its address is the last sector, which may be the store's.
    """
    if len(data) < BLOCK or len(data) % BLOCK:
        raise BadImage("the file is truncated, or no UF2")
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    if _is_e10(blocks[0]):
        del blocks[0]
    pages = [_page(block, number, len(blocks), board) for number, block in enumerate(blocks)]
    if not pages:
        raise BadImage("the file holds nothing to write")
    _check(pages, board)
    return pages


def _page(block: bytes, number: int, count: int, board: Board) -> Page:
    magic0, magic1, flags, address, size, at, of, family = _HEAD.unpack_from(block)
    if (magic0, magic1) != _MAGIC or int.from_bytes(block[-4:], "little") != _END:
        raise BadImage(f"block {number} is damaged, or this is no UF2")
    if flags != _FAMILY or size != PAGE:
        raise BadImage(f"block {number} is of a kind that the boot ROM does not take")
    if family != board.family:
        other = FAMILIES.get(family, f"family {family:#010x}")
        raise wrong_board(f"the image is for {other}, {board.name} has an {board.chip}")
    if at != number or of != count:
        raise BadImage(f"block {number} calls itself {at} of {of}: the file is truncated or was put together wrongly")
    return Page(address - FLASH, block[_HEAD.size : _HEAD.size + PAGE])


def _is_e10(block: bytes) -> bool:
    magic0, magic1, flags, _, size, at, of, family = _HEAD.unpack_from(block)
    head = (magic0, magic1, flags & ~_TAGS, size, at, of, family)
    return head == (*_MAGIC, _FAMILY, PAGE, 0, 2, ABSOLUTE) and block[32 : 32 + PAGE] == b"\xef" * PAGE


def _check(pages: Sequence[Page], board: Board) -> None:
    firmware = board.region(FIRMWARE)
    store = board.region(STORE)
    sectors: dict[int, int] = {}
    for number, page in enumerate(pages):
        sector = page.offset // SECTOR
        if page.offset % PAGE or number % _PER_SECTOR != page.offset // PAGE % _PER_SECTOR:
            raise BadImage(f"block {number} stands where the boot ROM would not erase")
        if sectors.setdefault(number // _PER_SECTOR, sector) != sector:
            raise BadImage(f"block {number} stands where the boot ROM would not erase")
        if store.meets(sector * SECTOR, SECTOR):
            raise BadImage(f"the image reaches into the store at {store.offset:#x}")
        if not any(one.offset <= page.offset < one.end for one in board.regions):
            raise BadImage(f"the image reaches to {page.offset:#x}, which is no place of {board.name}")
    if len(set(sectors.values())) != len(sectors):
        raise BadImage("two runs of blocks stand in one sector")
    if pages[0].offset != firmware.offset:
        raise BadImage(f"the image does not begin at {firmware.offset:#x}")


def stream(pages: Sequence[Page], board: Board, erase_store: bool = False) -> bytes:
    """The file to copy.

    Its first block has a count of its own, so the ROM forgets what it held of an earlier copy; and it erases the first
    sector: from there on nothing starts but the boot ROM's drive. Last come the pages by which the chip knows a
    program: the second stage of an RP2040, the image definition of an RP2350.
    """
    first = [number for number, page in enumerate(pages) if page.offset < SECTOR]
    starters = [0] if board.chip == "rp2040" else [number for number in first if _PICOBIN in pages[number].data]
    rest = [number for number in first if number not in starters]
    if not starters or not rest:
        raise BadImage("the image is none that the chip would start")
    if erase_store:  # a sector has 16 pages, so one block of each begins 16 numbers and erases it
        store = board.region(STORE)
        pages = [*pages, *(Page(at, b"\xff" * PAGE) for at in range(store.offset, store.end, PAGE))]
    family, count = board.family or 0, len(pages)
    order = [*range(len(first), count), *rest, *reversed(starters)]
    seal = _block(pages[rest[0]], rest[0], count + 1, family)
    return seal + b"".join(_block(pages[number], number, count, family) for number in order)


def _block(page: Page, number: int, count: int, family: int) -> bytes:
    head = _HEAD.pack(*_MAGIC, _FAMILY, FLASH + page.offset, PAGE, number, count, family)
    return (head + page.data).ljust(BLOCK - 4, b"\0") + _END.to_bytes(4, "little")


def extents(pages: Iterable[Page]) -> list[tuple[int, int]]:
    """Runs of pages that follow each other: offset and size."""
    runs: list[tuple[int, int]] = []
    for page in sorted(pages, key=lambda one: one.offset):
        if runs and sum(runs[-1]) == page.offset:
            runs[-1] = (runs[-1][0], runs[-1][1] + PAGE)
        else:
            runs.append((page.offset, PAGE))
    return runs
