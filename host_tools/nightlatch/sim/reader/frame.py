# SPDX-License-Identifier: MIT
"""Host frames of the PN532 seen from the chip (NXP UM0701-02, 6.2.1): splits what a host sends, packs what it gets."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

ACK = bytes.fromhex("0000ff00ff00")
NACK = bytes.fromhex("0000ffff0000")
FROM_HOST = 0xD4
TO_HOST = 0xD5
SYNTAX_ERROR = 0x7F
DATA_MAX = 265


class Kind(Enum):
    """What a frame is."""

    ACK = "ack"
    NACK = "nack"
    DATA = "data"


@dataclass(frozen=True)
class Frame:
    """One frame; data: TFI and packet data, empty for ACK and NACK."""

    kind: Kind
    data: bytes = b""


def pack(data: bytes, ambles: bool = True) -> bytes:
    """The frame of 1 to DATA_MAX bytes of data, TFI included; ambles: with preamble and postamble."""
    if not 0 < len(data) <= DATA_MAX:
        raise ValueError(f"a frame holds 1 to {DATA_MAX} bytes")
    if len(data) <= 255:
        head = bytes([len(data), -len(data) & 0xFF])
    else:
        size = len(data).to_bytes(2, "big")
        head = b"\xff\xff" + size + bytes([-sum(size) & 0xFF])
    body = b"\x00\xff" + head + data + bytes([-sum(data) & 0xFF])
    return b"\x00" + body + b"\x00" if ambles else body


class Splitter:
    """Finds frames in a stream of bytes; drops noise, frames with a wrong checksum and frames that are too long."""

    def __init__(self) -> None:
        self._pending = b""

    def push(self, data: bytes) -> Iterator[Frame]:
        """Takes bytes and yields the frames that they complete."""
        self._pending += data
        while (at := self._pending.find(b"\x00\xff")) >= 0:
            self._pending = self._pending[at:]
            found = self._first()
            if found is None:
                return
            frame, size = found
            self._pending = self._pending[size:]
            if frame is not None:
                yield frame
        self._pending = self._pending[-1:] if self._pending.endswith(b"\x00") else b""

    def _first(self) -> tuple[Frame | None, int] | None:
        """(frame, bytes to drop) for what starts with a start code; None when more bytes are needed."""
        head = self._pending[2:7]
        if len(head) < 2:
            return None
        if head[:2] == b"\x00\xff":
            return Frame(Kind.ACK), 4
        if head[:2] == b"\xff\x00":
            return Frame(Kind.NACK), 4
        size, skip = head[0], 4
        if head[:2] == b"\xff\xff":
            if len(head) < 5:
                return None
            if sum(head[2:5]) & 0xFF:
                return None, 1
            size, skip = int.from_bytes(head[2:4], "big"), 7
        elif sum(head[:2]) & 0xFF:
            return None, 1
        if not 0 < size <= DATA_MAX:
            return None, 1
        if len(self._pending) < skip + size + 1:
            return None
        data = self._pending[skip : skip + size]
        if (sum(data) + self._pending[skip + size]) & 0xFF:
            return None, 1
        return Frame(Kind.DATA, data), skip + size + 1
