# SPDX-License-Identifier: MIT
"""State of the virtual PN532 (NXP UM0701-02, firmware V1.6): settings, registers, targets."""

import asyncio
from collections.abc import Awaitable, Callable

from nightlatch.sim.cards.held import Card
from nightlatch.sim.cards.picc import Picc
from nightlatch.sim.reader.field import Field

FIFO_DATA = 0x6339
TX_CONTROL = 0x6304
PARAMETERS = 0x14  # automatic ATR_RES and RATS
AUTO_RATS = 0x10
NO_AMBLES = 0x40
FOREVER = 0xFF
BAUD = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000)


class SyntaxFault(Exception):
    """The command makes no sense to the chip: it answers with an error frame."""


class Target:
    """A card that the chip has activated and given a number. partial: what a chained command has brought so far."""

    def __init__(self, number: int, card: Card, air: Callable[[bytes], Awaitable[bytes | None]]) -> None:
        self.number = number
        self.card = card
        self.picc = Picc(card.ats, air)
        self.partial = b""
        self.rest = b""


class Chip:
    """One PN532 before one field; power-on state until told otherwise."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.power_on()

    def power_on(self) -> None:
        """Everything as after power-up: asleep, field off, defaults of the user manual."""
        self.asleep = True
        self.parameters = PARAMETERS
        self.sam = bytes([1, 0, 0])
        self.activation_retries = FOREVER
        self.settings: dict[int, bytes] = {}
        self.registers: dict[int, int] = {}
        self.gpio = bytearray(2)
        self.baud = 115200
        self.next_baud: int | None = None
        self.last_error = 0
        self.targets: dict[int, Target] = {}
        self.set_field(False)

    def set_field(self, on: bool) -> None:
        """RF field on or off; off ends every activation."""
        self.field.set_power(on)
        if not on:
            self.targets.clear()

    def status(self, code: int, data: bytes = b"") -> bytes:
        """A status byte and data, the code kept for GetGeneralStatus."""
        self.last_error = code & 0x3F
        return bytes([code]) + data

    def activate(self, cards: list[Card]) -> list[Target]:
        """Gives the cards numbers from 1; each is reset, as a fresh activation does."""
        self.targets.clear()
        for number, card in enumerate(cards, 1):
            card.reset()
            self.targets[number] = self._target(number, card)
        return list(self.targets.values())

    def _target(self, number: int, card: Card) -> Target:
        async def air(apdu: bytes) -> bytes | None:
            return await self.field.transceive(card, apdu)

        return Target(number, card, air)

    async def wait_for_change(self) -> None:
        """Returns when a card came or went."""
        self.field.changed.clear()
        await self.field.changed.wait()

    async def hang(self) -> bytes:
        """What a command does that only an abort ends."""
        await asyncio.Event().wait()
        return b""
