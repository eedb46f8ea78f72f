# SPDX-License-Identifier: MIT
"""The car's own NFC reader as a card reader, through an open session of a technician."""

import time
from collections.abc import Callable
from typing import Protocol

from ..wire import numbers as n
from .errors import CardLost

_POLL = 0.003
_LOOK = 0.05
_APDU = 3.0  # seconds; the car itself waits one


class Desk(Protocol):
    """What an open session offers: see device.session.Session.card."""

    def card(self, number: int, apdu: bytes = b"") -> tuple[int, bytes, bytes]:
        """(state, UID, response)."""


class CarReader:
    """Carries APDUs to the card at the car's reader; the car opens for nobody's card while this is in use."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        self._number = 0

    def wait(self, seconds: float) -> bytes:
        """Waits for a card; its UID at activation. CardLost when none comes."""
        end = self._clock() + seconds
        while True:
            state, uid, _ = self._desk.card(0)
            if state == n.DESK_READY:
                return uid
            if self._clock() >= end:
                raise CardLost("no card came to the car's reader", "hold one card to it, and nothing else")
            time.sleep(_LOOK)

    def transceive(self, apdu: bytes) -> bytes:
        """The response APDU. CardLost when the card left."""
        self._number = self._number % 0xFFFF + 1
        end = self._clock() + _APDU
        state, _, response = self._desk.card(self._number, apdu)
        while state == n.DESK_WORK and self._clock() < end:
            time.sleep(_POLL)
            state, _, response = self._desk.card(self._number)
        if state != n.DESK_DONE:
            raise CardLost("the card left the car's reader")
        return response
