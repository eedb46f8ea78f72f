# SPDX-License-Identifier: MIT
"""The PN532 as an initiator (NXP UM0701-02, 7): a command out, its acknowledgement and answer back, in bounded time."""

import asyncio

from ..errors import ReaderError
from . import pn532_frame as frame

_GET_FIRMWARE_VERSION = 0x02
_SET_PARAMETERS = 0x12
_SAM_CONFIGURATION = 0x14
_RF_CONFIGURATION = 0x32
_IN_DATA_EXCHANGE = 0x40
_IN_LIST_PASSIVE_TARGET = 0x4A
_IN_SELECT = 0x54

_COMMAND_MS = 100
_LIST_MS = 300
_AUTO_RATS = b"\x14"  # and automatic ATR_RES, which is the chip's default
_NORMAL_MODE = b"\x01\x00\x01"  # no SAM, no time-out, IRQ line driven
_RETRIES = b"\x05\xff\x01\x04"  # ATR, PSL: defaults; activation: 4 more tries, then the answer says "nobody"
_FIELD_OFF = b"\x01\x00"
_RESET_MS = 10  # nanoseconds low would do for the chip, but modules have a capacitor there; as long to start
_TWO_TYPE_A = b"\x02\x00"  # a phone beside a sticker or a bank card is still found
_TARGETS = 2
_UID_MAX = 10
ISO_DEP = 0x20  # bit of SEL_RES: speaks ISO/IEC 14443-4

DATA_OUT_MAX = 252  # of one InDataExchange, within a normal frame
STATUS_MORE = 0x40
STATUS_ERROR = 0x3F


class NoAnswer(ReaderError):
    """The chip took the command and said no more in time: what is in the field keeps it waiting, or it hangs."""


class Target:
    """What InListPassiveTarget found: number, SEL_RES and UID (4, 7 or 10 bytes, often random: never an identity)."""

    def __init__(self, number: int, sel_res: int, uid: bytes) -> None:
        self.number = number
        self.sel_res = sel_res
        self.uid = uid


class Pn532:
    """Commands over a bus (hsu.py, spi.py, i2c.py). Not re-entrant: one task uses it. Raises ReaderError, OSError of
    the bus. reset: the output pin at RSTPD_N, None where it is not wired."""

    def __init__(self, bus: "Bus", reset: "Any | None" = None) -> None:
        self._bus = bus
        self._reset = reset
        self._decoder = frame.Decoder()
        self._in_view = memoryview(bytearray(frame.FRAME_MAX + 1))  # a whole frame and the ready byte of I2C
        self._out = bytearray(frame.FRAME_MAX)
        self._out_view = memoryview(self._out)
        self._acked = False

    async def start(self) -> None:
        """Resets, wakes and configures the chip, whatever it was doing before."""
        if self._reset is not None:
            self._reset.value(0)
            await asyncio.sleep_ms(_RESET_MS)
            self._reset.value(1)
            await asyncio.sleep_ms(_RESET_MS)
        self._bus.wake()
        await asyncio.sleep_ms(2)
        self._bus.write(frame.ACK_FRAME)
        await self.command(_SAM_CONFIGURATION, _NORMAL_MODE)
        version = await self.command(_GET_FIRMWARE_VERSION, b"")
        if len(version) != 4 or version[0] != 0x32:
            raise ReaderError("not a PN532")
        await self.command(_SET_PARAMETERS, _AUTO_RATS)
        await self.command(_RF_CONFIGURATION, _RETRIES)
        await self.field_off()

    async def command(self, code: int, params: bytes, limit_ms: int = _COMMAND_MS) -> memoryview:
        """Runs one command; returns a view of its answer's parameters, good until the next command."""
        self._decoder.reset()
        self._bus.drain(self._in_view)
        self._acked = False
        size = frame.encode_into(self._out, code, params)
        self._bus.write(self._out_view[:size])
        try:
            return await asyncio.wait_for_ms(self._answer(code + 1), limit_ms)
        except asyncio.TimeoutError:
            self._bus.write(frame.ACK_FRAME)  # aborts what the chip may still be doing
        if self._acked:
            raise NoAnswer("the reader did not answer in time")
        raise ReaderError("the reader did not acknowledge")

    async def _answer(self, code: int) -> memoryview:
        """The answer with this code. One that no ACK went before belongs to an older command and is dropped."""
        decoder = self._decoder
        while True:
            end = await self._bus.read(self._in_view)
            at = 0
            while True:
                at = decoder.take(self._in_view, at, end)
                kind = decoder.poll()
                if kind == frame.ACK:
                    self._acked = True
                elif kind == frame.ERROR and self._acked:
                    raise ReaderError("the reader refused a command")
                elif kind == frame.DATA and self._acked:
                    data = decoder.data
                    if len(data) >= 2 and data[0] == frame.FROM_CHIP and data[1] == code:
                        return data[2:]
                elif kind == frame.NONE and at == end:
                    break

    async def field_off(self) -> None:
        """Switches the RF field off: cards lose power and forget. Looking for targets switches it on again."""
        await self.command(_RF_CONFIGURATION, _FIELD_OFF)

    async def targets(self) -> "list[Target]":
        """The ISO 14443 A targets in the field, at most 2, those that speak ISO-DEP already activated."""
        data = await self.command(_IN_LIST_PASSIVE_TARGET, _TWO_TYPE_A, _LIST_MS)
        found = []
        if not data or data[0] > _TARGETS:
            raise ReaderError("malformed list of targets")
        at = 1
        for _ in range(data[0]):
            if at + 5 > len(data):
                raise ReaderError("malformed list of targets")
            sel_res = data[at + 3]
            size = data[at + 4]
            end = at + 5 + size
            if size > _UID_MAX or end > len(data):
                raise ReaderError("malformed list of targets")
            found.append(Target(data[at], sel_res, bytes(data[at + 5 : end])))
            at = end
            if sel_res & ISO_DEP:
                if at >= len(data) or not 0 < data[at] <= len(data) - at:
                    raise ReaderError("malformed list of targets")
                at += data[at]  # the ATS counts its own length byte
        return found

    async def select(self, number: int) -> bool:
        """Picks one of two targets that were found; False when it is not there any more."""
        answer = await self.command(_IN_SELECT, bytes((number,)), _LIST_MS)
        return bool(answer) and answer[0] & STATUS_ERROR == 0

    async def exchange(self, number: int, data: bytes, more: bool, limit_ms: int) -> memoryview:
        """InDataExchange of up to DATA_OUT_MAX bytes: a view of the status byte and what the target said."""
        params = bytearray(len(data) + 1)
        params[0] = number | (STATUS_MORE if more else 0)
        params[1:] = data
        answer = await self.command(_IN_DATA_EXCHANGE, params, limit_ms)
        if not answer:
            raise ReaderError("an exchange without a status")
        return answer


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .hsu import Hsu
    from .i2c import I2c
    from .spi import Spi

    Bus = Hsu | Spi | I2c
