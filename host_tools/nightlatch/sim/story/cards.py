# SPDX-License-Identifier: MIT
"""The part of the story that is about key cards: one is made, taps, is torn away, and is cloned."""

import asyncio
import copy
from collections.abc import Callable

from ...card.reader import CarReader
from ...device import types
from ...vault.vault import Vault
from ...wire import numbers as n
from ...workshop.cards import Job, Workshop
from ...workshop.client import Client
from ..car.car import Car
from ..cards.held import Ntag424
from ..reader.field import Exchange
from .step import Step, hold

DESK = 2.2  # seconds after the last request of a session, when the reader is the car's again
_TAP = 0.6  # seconds that a card which is refused is held there
_APDUS = 7


class CardSteps:
    """Steps for a car that `vault()` holds the keys of."""

    def __init__(self, car: Car, vault: Callable[[], Vault]) -> None:
        self._car = car
        self._vault = vault
        self._card = Ntag424()
        self.made = Step("card-issue", "Ben also gets a key card, made at the car's own reader", self._issue)
        self.used = [
            Step("card", "Ben taps his card twice", self._taps),
            Step("card-torn", "The card is torn away at every APDU of a tap", self._torn),
            Step("card-clone", "Somebody copied every byte of the card", self._clone),
        ]

    async def _issue(self) -> str:
        car, card = self._car, self._card
        steps: list[str] = []

        def work() -> int:
            vault = self._vault()
            with Client.open(car.serial_url) as client, client.session(vault) as session:
                shop = Workshop(vault, vault.car(), CarReader(session), steps.append)
                job = Job(n.ROLE_DRIVER, types.RIGHTS_OF_ROLE[n.ROLE_DRIVER], "Ben's card")
                key, report = shop.issue(session, job)
                hold(report.state == "ours", f"the card is {report.state}")
                return key.handle

        car.reader.present(card)
        count = len(car.reader.trace)
        handle = await asyncio.to_thread(work)
        count = len(car.reader.trace) - count
        hold(not any(key == bytes(16) for key in card.state.keys), "a factory key is left")
        await asyncio.sleep(DESK)
        hold(car.lock.openings == 0, "it opened lying there")
        car.reader.remove(card)
        card.state.random_id = True  # another UID at each tap: nobody's identity hangs on it
        return f"handle {handle}; an NTAG 424 DNA, five keys diversified for it, {len(steps) - 1} steps, {count} APDUs"

    async def _taps(self) -> str:
        doors = []
        said: list[Exchange] = []
        for _ in range(2):
            said = await self._tap(True)
            doors.append(self._car.lock.doors)
        hold(sorted(doors) == ["locked", "unlocked"], f"the doors were {doors}")
        octets = sum(len(one.apdu) + len(one.response or b"") for one in said)
        return f"doors {doors[0]}, then {doors[1]}; {len(said)} APDUs, {octets} bytes, and a new ticket each time"

    async def _torn(self) -> str:
        faults = self._car.reader.faults
        for at in range(1, _APDUS + 1):
            faults.tear_in = at
            await self._tap(False)
            faults.tear_in = None
        await self._tap(True)
        return f"{_APDUS} times, and nothing moved; held there properly it worked at once"

    async def _clone(self) -> str:
        clone = Ntag424(state=copy.deepcopy(self._card.state))
        await self._tap(True)
        await self._tap(False, clone)
        logged = [entry["verdict"] for entry in self._car.entries if entry["link"] == n.LINK_NFC]
        hold(logged[-2:] == [n.SUSPECT, n.STALE], "the log does not say so")
        await self._tap(True)
        return "after the card's next tap the copy's ticket is stale: refused; the card shows as suspect, and works"

    async def _tap(self, works: bool, card: Ntag424 | None = None) -> list[Exchange]:
        car = self._car
        before, at = self._moves(), len(car.reader.trace)
        await car.reader.tap(card or self._card, 5.0 if works else _TAP)
        await asyncio.sleep(0.05)
        moved = self._moves() - before
        hold(moved == int(works), "it did not work" if works else "something moved")
        return car.reader.trace[at:]

    def _moves(self) -> int:
        return sum(edge.level for edge in self._car.lock.edges)
