# SPDX-License-Identifier: MIT
"""Records: named fields in a fixed order, each with its bounds.

Integers are big-endian; texts are UTF-8 with a length byte.

A layout is a tuple of fields (name, kind, low, high). For "u8", "u16" and "u32" low and high are the smallest and
largest value, for "bytes" the one length twice, for "text" and "blob" the smallest and largest length in bytes; one
byte tells the length of a text, two that of a blob.
A field is written out as a literal: MicroPython leaves that in flash, and a call would put it on the heap.
"""

from .errors import WireError

SIZES = {"u8": 1, "u16": 2, "u32": 4}  # of integers, in bytes
HEADS = {"bytes": 0, "text": 1, "blob": 2}  # how many bytes say a length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Field = tuple[str, str, int, int]
    Layout = tuple[Field, ...]


def pack(layout: "Layout", values: "dict[str, Any]") -> bytes:
    """The record of these values. WireError for a value that is missing, unknown or out of its bounds."""
    if len(values) != len(layout):
        raise WireError("wrong set of fields")
    parts = []
    for name, kind, low, high in layout:
        if name not in values:
            raise WireError("no value for " + name)
        value = values[name]
        if kind in SIZES:
            if not isinstance(value, int) or not low <= value <= high:
                raise WireError("%s must be %d to %d" % (name, low, high))
            parts.append(value.to_bytes(SIZES[kind], "big"))
            continue
        try:
            data = value.encode() if kind == "text" else bytes(value)
        except (UnicodeError, ValueError):
            raise WireError(name + " is not UTF-8") from None
        if not low <= len(data) <= high:
            raise WireError("%s must hold %d to %d bytes" % (name, low, high))
        head = HEADS[kind]
        if head:
            parts.append(len(data).to_bytes(head, "big"))
        parts.append(data)
    return b"".join(parts)


def take(layout: "Layout", data: bytes, at: int = 0) -> "tuple[dict[str, Any], int]":
    """Reads one record at an offset: (values, offset behind it). WireError when it is short or out of bounds."""
    values: "dict[str, Any]" = {}
    view = memoryview(data)
    end = len(data)
    for name, kind, low, high in layout:
        if kind == "bytes":
            size = low
        elif kind in SIZES:
            size = SIZES[kind]
        else:
            head = HEADS[kind]
            if at + head > end:
                raise WireError(name + " is cut off")
            size = int.from_bytes(view[at : at + head], "big")
            at += head
            if not low <= size <= high:
                raise WireError("%s must hold %d to %d bytes" % (name, low, high))
        if at + size > end:
            raise WireError(name + " is cut off")
        piece = bytes(view[at : at + size])
        at += size
        if kind in SIZES:
            number = int.from_bytes(piece, "big")
            if not low <= number <= high:
                raise WireError("%s must be %d to %d" % (name, low, high))
            values[name] = number
        elif kind == "text":
            try:
                if not _strict(piece):
                    raise ValueError
                values[name] = piece.decode()
            except (UnicodeError, ValueError):
                raise WireError(name + " is not UTF-8") from None
        else:
            values[name] = piece
    return values, at


def _strict(data: bytes) -> bool:
    """False for what RFC 3629 forbids and MicroPython's decoder takes: overlong forms, surrogates, too large values."""
    before = 0
    for byte in data:
        if byte in (0xC0, 0xC1) or byte > 0xF4:
            return False
        if before in (0xE0, 0xF0) and byte < (0xA0 if before == 0xE0 else 0x90):
            return False
        if before in (0xED, 0xF4) and byte > (0x9F if before == 0xED else 0x8F):
            return False
        before = byte
    return True


def unpack(layout: "Layout", data: bytes) -> "dict[str, Any]":
    """The values of a record that fills the data exactly. WireError when it does not."""
    values, at = take(layout, data)
    if at != len(data):
        raise WireError("%d bytes too many" % (len(data) - at))
    return values
