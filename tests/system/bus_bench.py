# SPDX-License-Identifier: MIT
"""A virtual PN532 on SPI or I2C whose pins lead to a Unix socket, where the probe's machine objects hold the other end.

A request is an operation, a length (2 bytes) and that many bytes; the answer is a length and bytes.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

from nightlatch.sim.reader.bench import Reader
from nightlatch.sim.reader.i2c import I2cPins
from nightlatch.sim.reader.spi import SpiPins

TIMED_OUT = b"\x02"  # in place of what a transaction says


class BusReader(Reader):
    """A Reader whose chip hangs on SPI or I2C. `operations`: what the host did to the pins, oldest first; `stuck`: the
    chip holds the clock of I2C until it is reset."""

    def __init__(self, kind: str, path: Path, no_preamble: bool = False) -> None:
        super().__init__()
        self.spi = SpiPins(self.field, no_preamble)
        self.i2c = I2cPins(self.field)
        self.chip = self.spi.chip if kind == "spi" else self.i2c.chip
        self.model = self.chip.model
        self.path = str(path)
        self.operations: list[tuple[str, bytes]] = []
        self.stuck = False
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Opens the socket."""
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        """Closes it."""
        self.model.abort()
        if self._server is not None:
            self._server.close()

    async def _serve(self, there: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):  # the probe was ended
            while head := await there.read(1):
                size = int.from_bytes(await there.readexactly(2), "big")
                data = await there.readexactly(size)
                self.operations.append((head.decode(), data))
                answer = self._do(head.decode(), data)
                back.write(len(answer).to_bytes(2, "big") + answer)
        back.close()

    def _do(self, operation: str, data: bytes) -> bytes:
        if self.stuck and operation in "WR":
            return TIMED_OUT
        match operation:
            case "S":
                self.spi.select(data == b"\x01")
            case "X":
                return self.spi.exchange(data)
            case "W":
                return bytes([self.i2c.write(data[0], data[1:])])
            case "R":
                return self.i2c.read(data[0], int.from_bytes(data[1:], "big")) or b""
            case "I":
                return bytes([not self.chip.low])
            case "Z":
                self.stuck = False
                self.chip.reset(data == b"\x01")
        return b""
