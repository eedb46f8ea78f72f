# SPDX-License-Identifier: MIT
"""The block protocol of a virtual card (ISO/IEC 14443-4, 7.5), for readers that run it on the host."""

from collections.abc import Awaitable, Callable

_FSD = (16, 24, 32, 40, 48, 64, 96, 128, 256)
_I_BLOCK = 0x02
_R_ACK = 0xA2
_R_NAK = 0xB2
_DESELECT = 0xC2
_CHAINING = 0x10
_CID = 0x08
_NAD = 0x04
_RATS = 0xE0
_PPS = 0xD0


class Picc:
    """One card from RATS to DESELECT. Frames come and go without CRC; None means that the card stays silent.

    transceive: carries a whole APDU to the card and brings the response, None when there is none.
    """

    def __init__(self, ats: bytes, transceive: Callable[[bytes], Awaitable[bytes | None]]) -> None:
        self._ats = ats
        self._transceive = transceive
        self._active = False
        self._room = _FSD[0]
        self._number = 1  # rule C: 1 at activation, toggled before each answer to an I-block
        self._command = b""
        self._rest = b""
        self._last: bytes | None = None
        self._pps = b""  # what a request for other bit rates begins with, while it may still come

    async def exchange(self, frame: bytes) -> bytes | None:
        """The card's answer to a frame of the reader."""
        if not frame:
            return None
        if not self._active:
            return self._rats(frame)
        pps, self._pps = self._pps, b""
        if pps and frame[:1] == pps:
            return pps if _rates(frame[1:]) else None
        pcb = frame[0]
        skip = 1 + bool(pcb & _CID)
        prefix = frame[1:skip]
        if pcb & 0xE2 == _I_BLOCK:
            return await self._i_block(pcb, prefix, frame[skip + bool(pcb & _NAD) :])
        if pcb & 0xE6 == _R_ACK:
            return self._r_block(pcb, prefix)
        if pcb & 0xF7 == _DESELECT:
            self._active = False
            return frame
        return None

    def _rats(self, frame: bytes) -> bytes | None:
        if frame[0] != _RATS or len(frame) != 2:
            return None
        self._room = _FSD[min(frame[1] >> 4, 8)]
        self._active = True
        self._number = 1
        self._command = self._rest = b""
        self._last = None
        self._pps = bytes([_PPS | frame[1] & 0x0F])
        return self._ats

    async def _i_block(self, pcb: int, prefix: bytes, data: bytes) -> bytes | None:
        self._number ^= 1
        self._command += data
        cid = pcb & _CID
        if pcb & _CHAINING:
            self._last = bytes([_R_ACK | cid | self._number]) + prefix
            return self._last
        response = await self._transceive(self._command)
        self._command = b""
        if response is None:
            return None
        self._rest = response
        return self._send(cid, prefix)

    def _send(self, cid: int, prefix: bytes) -> bytes:
        room = self._room - 3 - len(prefix)  # PCB, and the CRC that the chip adds
        part, self._rest = self._rest[:room], self._rest[room:]
        more = _CHAINING if self._rest else 0
        self._last = bytes([_I_BLOCK | more | cid | self._number]) + prefix + part
        return self._last

    def _r_block(self, pcb: int, prefix: bytes) -> bytes | None:
        if pcb & 1 == self._number:  # rule 11: not heard, say it again
            return self._last
        if pcb & 0x10:  # rule 12: a NAK for a block that never came here
            return bytes([_R_ACK | pcb & _CID | self._number]) + prefix
        self._number ^= 1  # rule E: acknowledged, go on with the chain
        return self._send(pcb & _CID, prefix) if self._rest else None


def _rates(rest: bytes) -> bool:
    """Whether PPS0 and PPS1 are well-formed (5.3.2, 5.3.3); PPS1 is there if PPS0 says so."""
    return rest == b"\x01" or (len(rest) == 2 and rest[0] == 0x11 and rest[1] < 0x10)
