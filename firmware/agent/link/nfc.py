# SPDX-License-Identifier: MIT
"""The NFC link: the car is the reader, a phone in card emulation or a key card the card (ISO/IEC 7816-4 over 14443-4).

A phone: SELECT of our AID, a challenge answered by a token (the verdict falls here), and a closing APDU with the
answer. What does not know our AID may be a key card: the gate says what to ask it. While a technician's session
wants the reader, cards are the desk's.
"""

import asyncio

from wire import numbers as n

from ..reader.chips import CHIPS, USUAL
from ..reader.health import Health
from ..reader.isodep import CardLost, IsoDep
from ..reader.pn532 import ISO_DEP
from .presence import Presence

LINK = n.LINK_NFC << 8
_SELECT = b"\x00\xa4\x04\x00" + bytes((len(n.AID),)) + n.AID + b"\x00"
_CHALLENGE = bytes((n.CLA, n.INS_CHALLENGE, 0, 0, n.CHALLENGE_SIZE))
_ANSWER = bytes((n.CLA, n.INS_ANSWER, 0, 0))
_DONE = b"\x90\x00"

_POLL_MS = 100
_SELECT_MS = 1000  # a phone may have to start its app first
_APDU_MS = 500
_BACK_OFF_MS = 100
_BACK_OFF_MAX_MS = 2000
_REFRESH_MS = 600000  # a chip that still answers and hears no card any more is set up anew
_QUICK_RETRIES = 3  # of an exchange that was torn, before falling back to the idle rate

_ACCEPTED = 1
_REFUSED = 2
_FOREIGN = 3
_LOST = 4


class NfcLink:
    """Serves taps for ever.

    bus: the reader's (hsu.py, spi.py, i2c.py); reset: the output pin at its RSTPD_N, None where it is not wired.
    desk: for the technician's session, None without. tell: see Health. chip: see chips.py.
    `state` is "ok" while the reader answers and "gone" otherwise; `health` knows for how long.
    """

    def __init__(
        self,
        bus: "Bus",
        gate: "Gate",
        clock: "Clock",
        desk: "Desk | None" = None,
        reset: "Any | None" = None,
        tell: "Callable[[bool], None]" = lambda gone: None,
        chip: str = USUAL,
    ) -> None:
        self._gate = gate
        self._desk = desk
        self._clock = clock
        self._chip = CHIPS[chip](bus, reset)
        self._presence = Presence(clock)
        self._torn = 0
        self._empty = True  # nobody was there at the last look
        self._back_off = _BACK_OFF_MS
        self.state = "gone"
        self.health = Health(clock, tell)
        self.beat: "Callable[[], None]" = _nothing  # called after each look, and each failure

    async def run(self) -> None:
        """Polls until cancelled. A reader that fails is reset again and again; nothing is raised."""
        while True:
            try:
                await self._chip.start()
                started = self._clock.ms()
                self.state = "ok"
                self._back_off = _BACK_OFF_MS
                while not self._empty or self._clock.since(started) < _REFRESH_MS:
                    await asyncio.sleep_ms(await self.look())
                    self.health.works()
                    self.beat()
            except Exception:  # whatever it is, the other ways in go on and this one comes back
                self.state = "gone"
                self.health.failed()
                self.beat()
                await asyncio.sleep_ms(self._back_off)
                self._back_off = min(self._back_off * 2, _BACK_OFF_MAX_MS)

    async def look(self) -> int:
        """Looks into the field once and serves who is there; returns after how many ms to look again."""
        targets = await self._chip.targets()
        self._empty = not targets
        able = [found for found in targets if found.sel_res & ISO_DEP]
        target = self._presence.choose(able)
        outcome = _FOREIGN
        if self._desk is not None and self._desk.wanted():
            if len(able) == 1:
                await self._desk.serve(IsoDep(self._chip, able[0].number, self._clock), able[0].uid)
                self._presence.accepted()  # the card must leave before it can open
        elif target:
            outcome = await self._serve(target.number, len(targets) > 1)
            if outcome == _ACCEPTED:
                self._presence.accepted()
            elif outcome == _REFUSED:
                self._presence.refused()
            elif outcome == _FOREIGN:
                self._presence.foreign(target.uid)
        await self._chip.field_off()
        if outcome == _LOST and self._torn < _QUICK_RETRIES:
            self._torn += 1
            return 0
        self._torn = 0
        return _POLL_MS

    async def _serve(self, number: int, pick: bool) -> int:
        try:
            if pick and not await self._chip.select(number):
                return _LOST
            return await self._exchange(IsoDep(self._chip, number, self._clock))
        except CardLost:
            return _LOST
        finally:
            self._gate.drop(LINK)

    async def _exchange(self, card: IsoDep) -> int:
        response = await card.transceive(_SELECT, _SELECT_MS)
        if response != bytes((n.PROTOCOL,)) + _DONE:
            return await self._key_card(card)
        response = await card.transceive(_CHALLENGE + self._gate.challenge(LINK) + b"\x00", _APDU_MS)
        if response[-2:] != _DONE:
            return _FOREIGN
        came = self._clock.ms()
        answer, accepted = self._gate.present(LINK, response[:-2])
        if not accepted:
            await asyncio.sleep_ms(max(0, n.REFUSAL_MS - self._clock.since(came)))
        try:
            await card.transceive(_ANSWER + bytes((len(answer),)) + answer, _APDU_MS)
        except CardLost:
            pass  # the verdict stands; the holder asks again with the same token's epoch
        return _ACCEPTED if accepted else _REFUSED

    async def _key_card(self, card: IsoDep) -> int:
        tap = self._gate.tap(LINK)
        try:
            apdu = next(tap)
            while True:
                apdu = tap.send(await card.transceive(apdu, _APDU_MS))
        except StopIteration as done:
            if done.value is None:
                return _FOREIGN
            return _ACCEPTED if done.value else _REFUSED
        finally:
            tap.close()


def _nothing() -> None:
    pass


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..clock import Clock
    from ..gate import Gate
    from ..reader.desk import Desk
    from ..reader.pn532 import Bus
