# SPDX-License-Identifier: MIT
"""The frames between the air and the agent's simulated Bluetooth stack; boards/UNIX/blesim.h describes them."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator

FRAME_MAX = 600
VERSION = 1


class ToAir(enum.IntEnum):
    """Frames of the agent."""

    HELLO = 0x01
    TABLE = 0x02
    SERVICE = 0x03
    CHARACTERISTIC = 0x04
    DESCRIPTOR = 0x05
    READY = 0x06
    ADVERTISE = 0x07
    SILENT = 0x08
    NOTIFY = 0x09
    INDICATE = 0x0A
    HANG_UP = 0x0B
    REPLY = 0x0C
    UPDATED = 0x0D
    OFF = 0x0E


class FromAir(enum.IntEnum):
    """Frames to the agent."""

    CONNECTED = 0x41
    GONE = 0x42
    WRITE = 0x43
    READ = 0x44
    MTU = 0x45
    CONFIRMED = 0x46


class FrameError(Exception):
    """What came is no frame."""


def connected(link: int, random: bool, address: bytes) -> bytes:
    """address: 6 bytes in the order they are printed."""
    return _frame(struct.pack("<BHB", FromAir.CONNECTED, link, random) + address)


def gone(link: int) -> bytes:
    """The link ended."""
    return _frame(struct.pack("<BH", FromAir.GONE, link))


def write(link: int, handle: int, ticket: int, value: bytes) -> bytes:
    """A central wrote; a ticket of 0 wants no reply. A value is cut to what a frame holds: no attribute holds more."""
    return _frame(struct.pack("<BHHH", FromAir.WRITE, link, handle, ticket) + value[: FRAME_MAX - 16])


def read(link: int, handle: int, ticket: int) -> bytes:
    """A central reads."""
    return _frame(struct.pack("<BHHH", FromAir.READ, link, handle, ticket))


def mtu(link: int, value: int) -> bytes:
    """The MTU of a link changed."""
    return _frame(struct.pack("<BHH", FromAir.MTU, link, value))


def confirmed(link: int, handle: int, status: int) -> bytes:
    """An indication was confirmed (status 0) or not."""
    return _frame(struct.pack("<BHHB", FromAir.CONFIRMED, link, handle, status))


def _frame(body: bytes) -> bytes:
    return struct.pack("<H", len(body)) + body


class Reader:
    """Cuts a byte stream into frames. Raises FrameError where a length or a type is none."""

    def __init__(self) -> None:
        self._held = bytearray()

    def push(self, data: bytes) -> Iterator[tuple[ToAir, bytes]]:
        """The frames that data completes: (type, fields)."""
        self._held += data
        while len(self._held) >= 2:
            size = self._held[0] | self._held[1] << 8
            if not 0 < size <= FRAME_MAX:
                raise FrameError(f"a frame of {size} bytes")
            if len(self._held) < size + 2:
                return
            body = bytes(self._held[2 : size + 2])
            del self._held[: size + 2]
            try:
                kind = ToAir(body[0])
            except ValueError as error:
                raise FrameError(f"frame type {body[0]:#x}") from error
            yield kind, body[1:]


def unpack(layout: str, fields: bytes) -> tuple[int, ...]:
    """The numbers at the front of fields. Raises FrameError when there are too few bytes."""
    try:
        return struct.unpack_from("<" + layout, fields)
    except struct.error as error:
        raise FrameError("a frame is too short") from error
