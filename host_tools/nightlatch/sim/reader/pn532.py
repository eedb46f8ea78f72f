# SPDX-License-Identifier: MIT
"""A virtual PN532 at the level of host frames, on a high-speed UART (NXP UM0701-02, 6.2): bytes in, bytes out.

ACK comes before the answer; an ACK of the host, or a new command, aborts what is under way; a NACK has the last answer
sent again; a sleeping chip loses what comes before the fifth rising edge on its line.
"""

import asyncio
from collections.abc import Awaitable, Callable

from nightlatch.sim.reader import initiator, misc
from nightlatch.sim.reader.chip import NO_AMBLES, Chip, SyntaxFault
from nightlatch.sim.reader.field import Field
from nightlatch.sim.reader.frame import ACK, FROM_HOST, SYNTAX_ERROR, TO_HOST, Frame, Kind, Splitter, pack

_COMMANDS: dict[int, Callable[[Chip, bytes], Awaitable[bytes]]] = {
    **misc.COMMANDS,
    **initiator.COMMANDS,
}
_WAKE_EDGES = 5


class Pn532Model:
    """Feeds on what the host sends and calls `send` with what the chip sends. Runs in one asyncio loop."""

    def __init__(self, field: Field, send: Callable[[bytes], None]) -> None:
        self.chip = Chip(field)
        self._send = send
        self._splitter = Splitter()
        self._task: asyncio.Task[None] | None = None
        self._last = b""
        self._edges = 0

    def power_on(self) -> None:
        """The supply came back: nothing of before is left."""
        self.abort()
        self._splitter = Splitter()
        self._last = b""
        self._edges = 0
        self.chip.power_on()

    def abort(self) -> None:
        """Stops the command under way; it is never answered."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def feed(self, data: bytes) -> None:
        """Bytes of the host, in any pieces."""
        if self.chip.asleep:
            data = self._wake(data)
        for frame in self._splitter.push(data):
            self._take(frame)

    def _wake(self, data: bytes) -> bytes:
        """What is left of data after the fifth rising edge; a byte on the line is 0, eight bits from the lowest, 1."""
        for at, byte in enumerate(data):
            line = byte << 1 | 1 << 9
            self._edges += (line & ~(line << 1)).bit_count()
            if self._edges >= _WAKE_EDGES:
                self.chip.asleep = False
                self._edges = 0
                return data[at + 1 :]
        return b""

    def _take(self, frame: Frame) -> None:
        if frame.kind is Kind.ACK:
            self.abort()
            if self.chip.next_baud is not None:
                self.chip.baud, self.chip.next_baud = self.chip.next_baud, None
        elif frame.kind is Kind.NACK:
            if self._last:
                self._send(self._last)
        elif frame.data[0] == FROM_HOST and len(frame.data) >= 2:
            self.abort()
            self._send(ACK)
            self._task = asyncio.get_running_loop().create_task(self._run(frame.data[1], frame.data[2:]))

    async def _run(self, code: int, params: bytes) -> None:
        handler = _COMMANDS.get(code)
        try:
            if handler is None:
                raise SyntaxFault
            answer = bytes([TO_HOST, code + 1]) + await handler(self.chip, params)
        except SyntaxFault:
            answer = bytes([SYNTAX_ERROR])
        self._last = pack(answer, ambles=not self.chip.parameters & NO_AMBLES)
        self._task = None
        self._send(self._last)
