# SPDX-License-Identifier: MIT
"""Records: named fields in a fixed order, each with its bounds.

Integers are big-endian; texts are UTF-8 with a length byte.

A layout is a tuple of fields (name, kind, low, high): for integers the smallest and largest value, for BYTES the one
length twice, for BLOB and TEXT the smallest and largest length in bytes (a two-byte length goes before a BLOB).
"""

from .errors import WireError

U8 = 1
U16 = 2
U32 = 4
BYTES = 16
TEXT = 17
BLOB = 18

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Field = tuple[str, int, int, int]
    Layout = tuple[Field, ...]


def u8(name: str, low: int = 0, high: int = 0xFF) -> "Field":
    """One byte."""
    return (name, U8, low, high)


def u16(name: str, low: int = 0, high: int = 0xFFFF) -> "Field":
    """Two bytes, big-endian."""
    return (name, U16, low, high)


def u32(name: str, low: int = 0, high: int = 0xFFFFFFFF) -> "Field":
    """Four bytes, big-endian."""
    return (name, U32, low, high)


def fixed(name: str, size: int) -> "Field":
    """Exactly so many bytes."""
    return (name, BYTES, size, size)


def text(name: str, high: int, low: int = 0) -> "Field":
    """UTF-8 of low to high bytes (high at most 255), after a length byte."""
    return (name, TEXT, low, high)


def blob(name: str, high: int, low: int = 0) -> "Field":
    """low to high bytes, after a two-byte length."""
    return (name, BLOB, low, high)


def pack(layout: "Layout", values: "dict[str, Any]") -> bytes:
    """The record of these values. WireError for a value that is missing, unknown or out of its bounds."""
    if len(values) != len(layout):
        raise WireError("wrong set of fields")
    parts = []
    for name, kind, low, high in layout:
        if name not in values:
            raise WireError("no value for " + name)
        value = values[name]
        if kind <= U32:
            if not isinstance(value, int) or not low <= value <= high:
                raise WireError("%s must be %d to %d" % (name, low, high))
            parts.append(value.to_bytes(kind, "big"))
            continue
        try:
            data = value.encode() if kind == TEXT else bytes(value)
        except (UnicodeError, ValueError):
            raise WireError(name + " is not UTF-8") from None
        if not low <= len(data) <= high:
            raise WireError("%s must hold %d to %d bytes" % (name, low, high))
        if kind != BYTES:
            parts.append(len(data).to_bytes(1 if kind == TEXT else 2, "big"))
        parts.append(data)
    return b"".join(parts)


def take(layout: "Layout", data: bytes, at: int = 0) -> "tuple[dict[str, Any], int]":
    """Reads one record at an offset: (values, offset behind it). WireError when it is short or out of bounds."""
    values: "dict[str, Any]" = {}
    view = memoryview(data)
    end = len(data)
    for name, kind, low, high in layout:
        if kind == BYTES:
            size = low
        elif kind <= U32:
            size = kind
        else:
            head = 1 if kind == TEXT else 2
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
        if kind <= U32:
            number = int.from_bytes(piece, "big")
            if not low <= number <= high:
                raise WireError("%s must be %d to %d" % (name, low, high))
            values[name] = number
        elif kind == TEXT:
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
