# SPDX-License-Identifier: MIT
"""The space in front of the virtual reader's antenna: which cards are in it, what is said, what goes wrong."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from nightlatch.sim.cards.held import Card


@dataclass(frozen=True)
class Exchange:
    """One APDU on the air, `at` by the monotonic clock in seconds.

    response is None when the reader heard none; delivered is False when the card did not get the APDU.
    """

    uid: bytes
    apdu: bytes
    response: bytes | None
    delivered: bool
    at: float


@dataclass
class Faults:
    """What shall go wrong on the air. APDUs are counted from 1 for each card that is presented.

    lose_answer: the closing APDU never reaches the card. tear_after: the card is out of the field once so many APDUs
    were answered. tear_in: the card gets that APDU, acts on it and leaves before the reader hears the response.
    delay: seconds that a relay adds to each APDU.
    """

    lose_answer: bool = False
    tear_after: int | None = None
    tear_in: int | None = None
    delay: float = 0.0


class Field:
    """Cards come and go at any time; whoever waits for one is woken. `power` is the reader's RF field."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.faults = Faults()
        self.trace: list[Exchange] = []
        self.listeners: list[Callable[[Exchange], None]] = []
        self.power = False
        self.empty_looks = 0
        self.idle_looks = 0  # since the last APDU, or since a card came
        self.closed = False
        self.changed = asyncio.Event()
        self._count = 0

    def enter(self, card: Card) -> None:
        """Brings a card near."""
        if card not in self.cards:
            card.entered()
            self.cards.append(card)
        self._count = self.idle_looks = 0
        self.closed = False
        self.changed.set()

    def leave(self, card: Card) -> None:
        """Takes a card away, in the middle of whatever it was doing."""
        if card in self.cards:
            self.cards.remove(card)
            card.reset()
            self.empty_looks = 0
        self.changed.set()

    def set_power(self, on: bool) -> None:
        """Switches the RF field; without it cards forget."""
        if self.power and not on:
            for card in self.cards:
                card.reset()
        self.power = on

    def looked(self, found: int, times: int = 1) -> None:
        """The reader looked for cards, once or so many times."""
        self.empty_looks = 0 if found else self.empty_looks + times
        self.idle_looks += 1
        self.changed.set()

    async def transceive(self, card: Card, apdu: bytes) -> bytes | None:
        """Carries an APDU to a card and its response back; None when the reader hears nothing."""
        self.idle_looks = 0
        await asyncio.sleep(self.faults.delay + card.delay)
        faults = self.faults
        if faults.tear_after is not None and self._count >= faults.tear_after:
            self.leave(card)
        closing = card.closes(apdu)
        response = None
        delivered = False
        if card in self.cards and self.power and not card.mute and not (closing and faults.lose_answer):
            self._count += 1
            delivered = True
            try:
                response = card.transceive(apdu)
            except ConnectionError:  # the card's own tear
                self.leave(card)
            if faults.tear_in == self._count:
                self.leave(card)
                response = None
        said = Exchange(card.uid, apdu, response, delivered, time.monotonic())
        self.trace.append(said)
        for listener in self.listeners:
            listener(said)
        if closing and not (delivered and card.wants_more()):
            self.closed = True
            self.changed.set()
        return response
