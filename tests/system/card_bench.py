# SPDX-License-Identifier: MIT
"""What the tests of key cards at a car share: a claimed simulated car with an owner's phone, a vault, and cards."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from nightlatch import micropython
from nightlatch.card.reader import CarReader
from nightlatch.device import types
from nightlatch.sim.car.car import Car
from nightlatch.sim.cards.card import Card
from nightlatch.sim.cards.held import Ntag424
from nightlatch.sim.reader.field import Exchange
from nightlatch.vault import KdfParams, Key, Vault
from nightlatch.wire import numbers as n
from nightlatch.workshop.cards import Job, Workshop
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session

T = TypeVar("T")
AWAY = 1.1  # seconds after which the same UID is a new tap; our cards show a random one, and need not wait
DESK = 2.1  # seconds after which the reader is the car's again


class Garage:
    """A running car, its vault, and what a technician and a holder of cards do there."""

    def __init__(self, car: Car, vault: Vault) -> None:
        self.car = car
        self.vault = vault
        self.told: list[str] = []

    async def session(self, work: Callable[[Session], T]) -> T:
        """Work in a session, off the loop."""

        def run() -> T:
            with Client.open(self.car.serial_url) as client, client.session(self.vault) as session:
                return work(session)

        return await asyncio.to_thread(run)

    def shop(self, session: Session, patience: float = 5.0) -> Workshop:
        """The workshop at the car's own reader."""
        return Workshop(self.vault, self.vault.car(), CarReader(session), self.told.append, patience)

    async def issue(self, card: Ntag424, role: int = n.ROLE_DRIVER, rights: int | None = None) -> Key:
        """Makes a card a key of the car, through the car's reader; it is away afterwards."""
        job = Job(role, types.RIGHTS_OF_ROLE[role] if rights is None else rights, "card")
        self.car.reader.present(card)
        key, _ = await self.session(lambda session: self.shop(session).issue(session, job))
        self.car.reader.remove(card)
        card.state.random_id = True
        await asyncio.sleep(DESK)
        return key

    async def tap(self, card: Card) -> list[Exchange]:
        """A tap by somebody who was away before, until the reader is done with it; what was said."""
        if isinstance(card, Ntag424) and not card.state.random_id:
            await asyncio.sleep(AWAY)
        before = len(self.car.reader.trace)
        assert await self.car.reader.hold(card), "the reader is not done with this card"
        await asyncio.sleep(0.05)  # for what the agent has said on its other lines
        return self.car.reader.trace[before:]

    def acts(self) -> list[tuple[int, int, int]]:
        """(action, handle, verdict) of each entry about NFC."""
        mine = [entry for entry in self.car.entries if entry["link"] == n.LINK_NFC]
        return [(entry["action"], entry["handle"], entry["verdict"]) for entry in mine]

    @property
    def moves(self) -> int:
        """How often anything moved."""
        return sum(edge.level for edge in self.car.lock.edges)


@asynccontextmanager
async def garage(folder: Path, firmware: Path | None = None) -> AsyncIterator[Garage]:
    """A garage whose car is claimed and has an owner's phone as key 0; of another firmware where one is given."""
    vault = Vault.create(folder / "vault.sqlite", b"a passphrase", KdfParams(1, 8, 1))
    heap = micropython.HEAP if firmware is None else "512K"  # another one's code lies there as well
    async with Car(heap=heap, firmware=firmware) as car:
        made = Garage(car, vault)

        def claim() -> None:
            with Client.open(car.serial_url) as client:
                client.claim(vault)
                with client.session(vault) as session:
                    session.enrol(n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, "owner")

        await asyncio.to_thread(claim)
        yield made


def run(test: Callable[[Garage], object], folder: Path, firmware: Path | None = None) -> None:
    """Runs a coroutine function on a garage, within a minute and a half."""

    async def body() -> None:
        async with garage(folder, firmware) as made:
            await test(made)  # type: ignore[misc]

    asyncio.run(asyncio.wait_for(body(), 90))


def copy_of(card: Ntag424) -> Ntag424:
    """A perfect clone: every byte of the memory."""
    import copy

    return Ntag424(state=copy.deepcopy(card.state))
