# SPDX-License-Identifier: MIT
"""Frames on the technician's cable: COBS around payload and CRC-32, ended by a zero.

COBS is Cheshire and Baker's (1999), the CRC-32 that of IEEE 802.3, little-endian. The decoder is pushed bytes as they
come, holds at most one frame and is in step again after the next zero.
"""

from binascii import crc32

from .errors import WireError
from .numbers import FRAME_MAX

_CRC = 4


def overhead(size: int) -> int:
    """Bytes that a frame adds to a payload of so many bytes: CRC, COBS codes, the closing zero."""
    return _CRC + 1 + (size + _CRC) // 254 + 1


def encode(payload: bytes) -> bytes:
    """The frame of 1 to FRAME_MAX payload bytes, closing zero included. WireError when it is longer or empty."""
    size = len(payload)
    if not 0 < size <= FRAME_MAX:
        raise WireError("payload must hold 1 to %d bytes" % FRAME_MAX)
    body = bytes(payload) + (crc32(payload) & 0xFFFFFFFF).to_bytes(_CRC, "little")
    out = bytearray(size + overhead(size))
    code = 0  # where the code of the running block stands
    at = 1
    for byte in body:
        if byte:
            out[at] = byte
            at += 1
            if at - code < 255:
                continue
        out[code] = at - code
        code = at
        at += 1
    out[code] = at - code
    out[at] = 0
    return bytes(memoryview(out)[: at + 1])


class Decoder:
    """Turns pushed bytes into payloads; what is damaged or too long is dropped and counted, never raised.

    `bad` counts frames that were dropped since the start (CRC, COBS, length).
    """

    def __init__(self, limit: int = FRAME_MAX) -> None:
        self._buf = bytearray(limit + overhead(limit))
        self._fill = 0
        self._drain = False
        self.bad = 0

    def push(self, data: bytes) -> "list[bytes]":
        """Takes any number of bytes; returns the payloads that they completed, in order."""
        found = []
        data = bytes(data)
        at, size = 0, len(data)
        while at < size:
            zero = data.find(b"\x00", at)
            self._take(data[at : size if zero < 0 else zero])
            if zero < 0:
                break
            at = zero + 1
            if self._fill:
                payload = None if self._drain else self._unstuff()
                if payload is None:
                    self.bad += 1
                else:
                    found.append(payload)
            self._fill = 0
            self._drain = False
        return found

    def _take(self, part: bytes) -> None:
        """More of a frame; one that has no room is dropped when it ends."""
        end = self._fill + len(part)
        if end > len(self._buf):
            self._drain = True
            end = len(self._buf)
        else:
            self._buf[self._fill : end] = part
        self._fill = end

    def _unstuff(self) -> "bytes | None":
        buf = self._buf
        view = memoryview(buf)
        end = self._fill
        at = out = 0
        while at < end:  # decoded in place: the write position never passes the read position
            code = buf[at]
            stop = at + code
            if stop > end:
                return None
            view[out : out + code - 1] = view[at + 1 : stop]
            out += code - 1
            at = stop
            if code < 255 and at < end:
                buf[out] = 0
                out += 1
        size = out - _CRC
        if size < 1:
            return None
        if crc32(view[:size]) & 0xFFFFFFFF != int.from_bytes(view[size:out], "little"):
            return None
        return bytes(view[:size])
