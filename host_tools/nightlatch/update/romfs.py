# SPDX-License-Identifier: MIT
"""Writes and reads MicroPython's ROMFS (extmod/vfs_rom.c of release 1.26): a file system that is read in place.

A record is its kind and the length of what follows, both as numbers of seven bits a byte, the highest first.
"""

from collections.abc import Iterator, Mapping

_ROOT = 0x14A6B1
_DEPTH = 8  # of folders within folders
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


def files(data: bytes) -> dict[str, bytes]:
    """What image() was given. ValueError where the data are no such file system."""
    found = list(_records(data))
    if len(found) != 1 or found[0][0] != _ROOT:
        raise ValueError("no file system")
    return dict(_read(found[0][1], ""))


def _read(body: bytes, folder: str) -> Iterator[tuple[str, bytes]]:
    for kind, record_ in _records(body):
        if kind == _PADDING:
            continue
        size, at = _number(record_, 0)
        name, rest = record_[at : at + size], record_[at + size :]
        if kind not in (_FOLDER, _FILE) or not name.isascii() or not name or b"/" in name or len(name) != size:
            raise ValueError("a record that is not expected")
        path = folder + name.decode()
        if kind == _FOLDER and path.count("/") < _DEPTH:
            yield from _read(rest, path + "/")
        else:
            ((inner, content),) = _records(rest)
            if kind != _FILE or inner != _DATA:
                raise ValueError("a file without its data")
            yield path, content


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, at = _number(data, at)
        size, at = _number(data, at)
        if at + size > len(data):
            raise ValueError("cut off")
        yield kind, data[at : at + size]
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(data) and value < 1 << 32:
        value, more, at = value << 7 | data[at] & 0x7F, data[at] & 0x80, at + 1
        if not more:
            return value, at
    raise ValueError("a number without an end")
