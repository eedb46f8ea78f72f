# SPDX-License-Identifier: MIT
"""The virtual NFC reader on the bench: a PN532 on a pty, and a field to hold cards and phones into."""

import asyncio
import errno
import os
import termios
import tty
from collections.abc import Callable

from nightlatch.sim.cards.held import Card
from nightlatch.sim.reader.field import Exchange, Faults, Field
from nightlatch.sim.reader.pn532 import Pn532Model

_CHUNK = 4096
_IDLE_LOOKS = 3  # without an APDU, the one that was under way when the card came among them: it asks for no more
_EMPTY_LOOKS = 2  # after which whoever polls the field knows that the last card has left


class Reader:
    """`path` is the serial port that the car's agent, or any other driver of a PN532, opens.

    `trace` holds every APDU, `faults` what shall go wrong on the air, `listeners` are called for each APDU.
    """

    def __init__(self) -> None:
        self.field = Field()
        self.model = Pn532Model(self.field, self._send)
        self.path = ""
        self._master = self._slave = -1
        self._hang = False
        self._plugged = True

    @property
    def trace(self) -> list[Exchange]:
        """Every APDU since the start, oldest first."""
        return self.field.trace

    @property
    def faults(self) -> Faults:
        """What goes wrong on the air; may be changed at any time."""
        return self.field.faults

    @property
    def listeners(self) -> list[Callable[[Exchange], None]]:
        """Called with each APDU, right after it."""
        return self.field.listeners

    async def start(self) -> None:
        """Opens the pty, raw, reads never waiting; the far side is kept open so that drivers may come and go."""
        self._master, self._slave = os.openpty()
        os.set_blocking(self._master, False)
        tty.setraw(self._slave)
        mode = termios.tcgetattr(self._slave)
        mode[6][termios.VMIN] = mode[6][termios.VTIME] = 0
        termios.tcsetattr(self._slave, termios.TCSANOW, mode)
        self.path = os.ttyname(self._slave)
        self._listen(True)

    async def stop(self) -> None:
        """Closes the pty and ends what the chip was doing."""
        if self._master < 0:
            return
        self.model.abort()
        self._listen(False)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    # --- cards

    def present(self, card: Card) -> None:
        """Holds a card to the reader."""
        self.field.enter(card)

    def remove(self, card: Card | None = None) -> None:
        """Takes one card away, or all of them."""
        for gone in [card] if card else list(self.field.cards):
            self.field.leave(gone)

    async def tap(self, card: Card, limit: float = 5.0) -> bool:
        """Holds a card to the reader until its closing APDU was sent or it was torn away; whether that APDU was sent.

        A phone that was refused and will ask why stays for that. All within `limit` seconds, and so is the wait before
        it, until the reader has noticed that the card before is gone.
        """
        try:
            async with asyncio.timeout(limit):
                while self.field.empty_looks < _EMPTY_LOOKS:
                    await self._change()
                self.present(card)
                while card in self.field.cards and not self.field.closed:
                    await self._change()
                return self.field.closed
        except TimeoutError:
            return False
        finally:
            self.remove(card)

    async def hold(self, card: Card, limit: float = 15.0) -> bool:
        """Holds a card to the reader until the reader is done with it, however that ends; False after `limit` seconds.

        Done: the closing APDU was sent, the card was torn away, or the reader looks and asks it nothing more. When
        this returns the card is gone and the reader has looked again, so that the verdict has fallen.
        """
        field = self.field
        try:
            async with asyncio.timeout(limit):
                while field.empty_looks < _EMPTY_LOOKS:
                    await self._change()
                self.present(card)
                while card in field.cards and not field.closed and field.idle_looks < _IDLE_LOOKS:
                    await self._change()
                self.remove(card)
                while field.idle_looks < 1:
                    await self._change()
                return True
        except TimeoutError:
            return False
        finally:
            self.remove(card)

    async def _change(self) -> None:
        self.field.changed.clear()
        await self.field.changed.wait()

    # --- the line

    @property
    def hang(self) -> bool:
        """A chip that hangs reads nothing and says nothing; what came meanwhile is lost when it goes on."""
        return self._hang

    @hang.setter
    def hang(self, on: bool) -> None:
        if on == self._hang:
            return
        while not on and self._read():
            pass
        self._hang = on
        self._listen(not on)

    def unplug(self) -> None:
        """The cable is pulled: the line goes silent and the chip loses its power."""
        self._plugged = False
        self.model.power_on()

    def plug(self) -> None:
        """The cable is back."""
        self._plugged = True

    def noise(self, data: bytes) -> None:
        """Puts bytes on the line to the host that no chip sent."""
        try:
            os.write(self._master, data)
        except OSError as error:
            if error.errno != errno.EAGAIN:  # a full line loses bytes, as a UART does
                raise

    def _listen(self, on: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        if on:
            loop.add_reader(self._master, lambda: self.model.feed(self._read()))

    def _read(self) -> bytes:
        """What the host sent; empty when nobody listens to it."""
        try:
            data = os.read(self._master, _CHUNK)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EIO):
                raise
            return b""
        return data if self._plugged else b""

    def _send(self, data: bytes) -> None:
        if self._plugged and not self._hang:
            self.noise(data)
