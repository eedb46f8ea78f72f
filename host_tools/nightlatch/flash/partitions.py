# SPDX-License-Identifier: MIT
"""ESP-IDF's partition table: partitions.csv and the binary form in flash (ESP-IDF guide "Partition Tables").

An entry has 32 bytes, little-endian: magic AA 50, type, subtype, offset, size, name (16), flags. Behind the last one
stands a row EB EB · 14 × FF · MD5 of all entries, and FF fills the table to 0xC00 bytes.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from .board import SECTOR
from .errors import BadImage

TABLE_AT = 0x8000
TABLE_SIZE = 0xC00
APP, DATA = 0, 1
_APP_ALIGN = 0x10000
_ENTRY = struct.Struct("<2sBBII16sI")
_MAGIC = b"\xaa\x50"
_SUM = b"\xeb\xeb" + b"\xff" * 14
_BLANK = b"\xff" * 32
_TYPES = {"app": APP, "data": DATA}
_SUBTYPES = {
    APP: {"factory": 0x00, "test": 0x20} | {f"ota_{n}": 0x10 + n for n in range(16)},
    DATA: {"ota": 0, "phy": 1, "nvs": 2, "coredump": 3, "nvs_keys": 4, "efuse": 5, "undefined": 6}
    | {"esphttpd": 0x80, "fat": 0x81, "spiffs": 0x82, "littlefs": 0x83},
}
_FLAGS = {"encrypted": 1, "readonly": 2}


@dataclass(frozen=True)
class Partition:
    """One entry; offset and size in bytes."""

    name: str
    kind: int
    subtype: int
    offset: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.size


def from_csv(text: str) -> list[Partition]:
    """The entries of partitions.csv. Offsets and sizes must be given: 0x9000, 24K, 1M. Raises BadImage."""
    table = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            name, kind, subtype, offset, size, flags = [*(field.strip() for field in line.split(",")), "", ""][:6]
            type_ = _number(kind, _TYPES)
            marks = sum(_FLAGS[flag] for flag in flags.split(":") if flag)
            kind_of = _number(subtype, _SUBTYPES.get(type_, {}))
            table.append(Partition(name, type_, kind_of, _number(offset), _number(size), marks))
        except (ValueError, KeyError):
            raise BadImage(f"line {number} of partitions.csv makes no sense", "see ESP-IDF's format") from None
    check(table)
    return table


def check(table: Sequence[Partition]) -> None:
    """Raises BadImage for overlaps, bad alignment, names that don't fit."""
    end = TABLE_AT + SECTOR
    for one in sorted(table, key=lambda entry: entry.offset):
        if not one.name or len(one.name.encode()) > 16 or one.size <= 0:
            raise BadImage(f"partition {one.name!r} has no name, a name that is too long, or no size")
        if one.offset < end or one.offset % (_APP_ALIGN if one.kind == APP else SECTOR):
            raise BadImage(f"partition {one.name} overlaps another one or is not aligned")
        end = one.end
    if len({one.name for one in table}) != len(table):
        raise BadImage("two partitions have one name")


def to_binary(table: Sequence[Partition]) -> bytes:
    """The table as it stands in flash: TABLE_SIZE bytes."""
    rows = b"".join(
        _ENTRY.pack(_MAGIC, one.kind, one.subtype, one.offset, one.size, one.name.encode(), one.flags) for one in table
    )
    whole = rows + _SUM + hashlib.md5(rows, usedforsecurity=False).digest()
    if len(whole) >= TABLE_SIZE:
        raise BadImage("the partition table is too long")
    return whole.ljust(TABLE_SIZE, b"\xff")


def from_binary(data: bytes) -> list[Partition]:
    """The entries of a table that was read from flash or from an image; blank flash has none. Raises BadImage."""
    table: list[Partition] = []
    for at in range(0, min(len(data), TABLE_SIZE) - 31, 32):
        row = data[at : at + 32]
        if row == _BLANK:
            return table
        if row[:16] == _SUM:
            if row[16:] != hashlib.md5(data[:at], usedforsecurity=False).digest():
                raise BadImage("the partition table's MD5 does not match")
            return table
        magic, kind, subtype, offset, size, name, flags = _ENTRY.unpack(row)
        if magic != _MAGIC:
            break
        table.append(Partition(name.rstrip(b"\0").decode("utf-8", "replace"), kind, subtype, offset, size, flags))
    raise BadImage("there is no partition table where one should be")


def _number(text: str, words: dict[str, int] | None = None) -> int:
    if words and text.lower() in words:
        return words[text.lower()]
    scale = {"k": 1024, "m": 1024 * 1024}.get(text[-1:].lower(), 1)
    return int(text[:-1] if scale > 1 else text, 0) * scale
