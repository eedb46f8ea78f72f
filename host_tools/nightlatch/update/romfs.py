# SPDX-License-Identifier: MIT
"""Writes MicroPython's ROMFS (extmod/vfs_rom.c of release 1.26): a file system that is read in place.

A record is its kind and the length of what follows, both as numbers of seven bits a byte, the highest first.
"""

from collections.abc import Mapping

_ROOT = 0x14A6B1
_PADDING, _DATA, _FOLDER, _FILE = 1, 2, 4, 5


def number(value: int) -> bytes:
    """A number as ROMFS has it."""
    found = bytes([value & 0x7F])
    while value := value >> 7:
        found = bytes([0x80 | value & 0x7F]) + found
    return found


def record(kind: int, body: bytes) -> bytes:
    """One record."""
    return number(kind) + number(len(body)) + body


def image(files: Mapping[str, bytes]) -> bytes:
    """The file system of these files, by path ("agent/app.mpy"): the same bytes whatever their order."""
    body = _folder(files)
    whole = record(_ROOT, body)
    return whole if len(whole) % 2 == 0 else _even(body)


def _even(body: bytes) -> bytes:
    """With padding: the whole must have an even length."""
    for size in range(2, 6):
        whole = record(_ROOT, body + record(_PADDING, bytes(size - 2)))
        if len(whole) % 2 == 0:
            return whole
    raise AssertionError("no padding makes it even")


def _folder(files: Mapping[str, bytes]) -> bytes:
    folders: dict[str, dict[str, bytes]] = {}
    entries: dict[str, bytes] = {}
    for path, data in files.items():
        first, _, rest = path.partition("/")
        if rest:
            folders.setdefault(first, {})[rest] = data
        else:
            entries[first] = record(_FILE, _name(first) + record(_DATA, data))
    for name, inner in folders.items():
        entries[name] = record(_FOLDER, _name(name) + _folder(inner))
    return b"".join(entries[name] for name in sorted(entries))


def _name(text: str) -> bytes:
    data = text.encode()
    return number(len(data)) + data
