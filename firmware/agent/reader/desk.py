# SPDX-License-Identifier: MIT
"""The technician's desk: while a session asks for it, a card in the field answers the session instead of the gate."""

import asyncio

from wire import numbers as n

from .isodep import CardLost

_HOLD_MS = 2000  # after the last request the reader is the car's again
_APDU_MS = 1000
_IDLE_MS = 5


class Desk:
    """A mailbox of one APDU between the technician's channel, which must not wait, and the reader's task."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self._asked = clock.ms()
        self._open = False
        self._number = 0
        self._apdu = b""
        self._response = b""
        self._uid = b""
        self._state = n.DESK_EMPTY
        self.beat: "Callable[[], None]" = _nothing  # called while a session has the reader

    def ask(self, number: int, apdu: bytes) -> "tuple[int, bytes, bytes]":
        """One request: (state, UID, response). Number 0 looks for a card; a new number hands over its APDU, the
        same one asks again what became of it."""
        self._asked = self._clock.ms()
        self._open = True
        if number == 0:
            self._number = 0
            if self._state != n.DESK_WORK:
                self._state = n.DESK_READY if self._uid else n.DESK_EMPTY
        elif number != self._number and self._state in (n.DESK_READY, n.DESK_DONE):
            self._number = number
            self._apdu = apdu
            self._state = n.DESK_WORK
        return self._state, self._uid, self._response if self._state == n.DESK_DONE else b""

    def wanted(self) -> bool:
        """Whether a session asked within the last two seconds."""
        self._open = self._open and self._clock.since(self._asked) < _HOLD_MS
        return self._open

    async def serve(self, card: "IsoDep", uid: bytes) -> None:
        """Carries APDUs to one card until nobody asks any more, or the card is gone."""
        self._uid = uid
        self._state = n.DESK_READY
        lost = True
        try:
            while self.wanted():
                self.beat()
                if self._state == n.DESK_WORK:
                    self._response = await card.transceive(self._apdu, _APDU_MS)
                    self._state = n.DESK_DONE
                await asyncio.sleep_ms(_IDLE_MS if self._state == n.DESK_DONE else 1)
            lost = False
        except CardLost:
            pass
        finally:
            self._uid = b""
            self._state = n.DESK_LOST if lost else n.DESK_EMPTY


def _nothing() -> None:
    pass


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..clock import Clock
    from .isodep import IsoDep
