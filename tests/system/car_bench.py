# SPDX-License-Identifier: MIT
"""A whole simulated car for tests: the real agent, claimed, with Ada (owner, key 0) and Ben (driver, key 1) enrolled.

The first bench of a process claims a blank agent over the cable; later ones start from a copy of its flash and vault.
"""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from nightlatch.device import types
from nightlatch.phone.ble import BlePhone
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.exchange import act
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result, State
from nightlatch.sim.car.car import Car
from nightlatch.sim.cards.held import PhoneCard
from nightlatch.vault import KdfParams, Vault
from nightlatch.vault.records import Key
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session

T = TypeVar("T")
PASSPHRASE = b"a passphrase for tests"
KDF = KdfParams(1, 8, 1)
ADA, BEN = 0, 1
LIMIT_S = 30.0
_template: list[Path] = []


class Bench:
    """A running car and its vault. `patience`: seconds that any answer may take, where that is the machine's time."""

    def __init__(self, car: Car, vault: Vault, patience: float = 0.0) -> None:
        self.car = car
        self.vault = vault
        self.patience = patience

    @property
    def moves(self) -> int:
        """How often any output went on."""
        return sum(edge.level for edge in self.car.lock.edges)

    def holder(self, handle: int = BEN) -> Holder:
        """A key as it was handed over, never used."""
        car = self.vault.car()
        return holder_of(self.vault, self.vault.key(car.serial, handle))

    async def phone(self, name: str = "phone", holder: Holder | None = None) -> "Phone":
        """A phone on the air; without a key of its own, Ben's."""
        return Phone(self, BlePhone(await self.car.radio.central(name), self.vault.car().veil), holder or self.holder())

    async def tap(self, holder: Holder, action: int = n.UNLOCK, limit: float = 5.0) -> Result:
        """A tap of a phone; a result without a verdict when there was no answer within limit seconds."""
        card = PhoneCard(holder, action)
        await self.car.reader.tap(card, max(limit, self.patience))
        return card.phone.results[-1] if card.phone.results else Result(None)

    async def cable(self, work: Callable[[Client], T], timeout: float = 3.0) -> T:
        """Work with a host client on the technician's end, in a thread."""

        def run() -> T:
            with Client.open(self.car.serial_url, max(timeout, self.patience)) as client:
                return work(client)

        return await asyncio.to_thread(run)

    async def session(self, work: Callable[[Session], T]) -> T:
        """Work inside a session."""

        def inside(client: Client) -> T:
            with client.session(self.vault) as session:
                return work(session)

        return await self.cable(inside)

    async def restart(self) -> None:
        """A power cut, and power again."""
        await self.car.kill()
        await self.car.boot()


class Phone:
    """A holder with a radio."""

    def __init__(self, bench: Bench, ble: BlePhone, holder: Holder) -> None:
        self._bench = bench
        self.ble = ble
        self.holder = holder

    async def act(self, action: int = n.UNLOCK, timeout: float = 2.0) -> Result:
        """One act, with what a good phone does by itself."""
        return await act(self.ble, self.holder, action, timeout=max(timeout, self._bench.patience))

    def unlock(self, challenge: bytes) -> bytes:
        """The token of an unlock."""
        return self.holder.token(challenge, n.UNLOCK)

    async def opens(self) -> None:
        """Fails unless the phone unlocks and the lock moved for it."""
        before = self._bench.car.lock.openings
        result = await self.act()
        assert result.ok, result
        assert self._bench.car.lock.openings > before, "no pulse"


def holder_of(vault: Vault, key: Key) -> Holder:
    """The phone of a key that a vault holds."""
    car = vault.car(key.serial)
    return Holder(State.of(KeyBundle(car.agent_id, car.veil, key.handle, key.role, key.rights, key.root, key.label)))


def claim(client: Client, vault: Vault) -> None:
    """What a workshop does with a blank agent."""
    client.claim(vault)
    with client.session(vault) as session:
        for role, label in ((n.ROLE_OWNER, "Ada"), (n.ROLE_DRIVER, "Ben")):
            session.enrol(n.KIND_PHONE, role, types.RIGHTS_OF_ROLE[role], label)


@asynccontextmanager
async def running(folder: Path, firmware: Path | None = None) -> AsyncIterator[Bench]:
    """A claimed car with its state in `folder`, a fresh one unless the folder holds one already."""
    if not folder.exists():
        shutil.copytree(await template(), folder)
    async with Car(folder, firmware=firmware) as car:
        yield Bench(car, Vault.open(folder / "vault.sqlite", PASSPHRASE))


async def template() -> Path:
    """A folder that holds flash, serial number and vault of a claimed car, made once in a process."""
    if not _template:
        folder = Path(tempfile.mkdtemp(prefix="nightlatch-template-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        async with Car(folder) as car:
            bench = Bench(car, Vault.create(folder / "vault.sqlite", PASSPHRASE, KDF))
            await bench.cable(lambda client: claim(client, bench.vault))
        _template.append(folder)
    return _template[0]


def play(
    folder: Path, story: Callable[[Bench], Awaitable[None]], firmware: Path | None = None, limit: float = LIMIT_S
) -> None:
    """Runs a test against a fresh car, for at most limit seconds; the agent's last words are shown when it fails."""

    async def main() -> None:
        async with asyncio.timeout(limit), running(folder / "car", firmware) as bench:
            try:
                await story(bench)
            except BaseException:
                print(*bench.car.output[-20:], sep="\n")
                raise

    asyncio.run(main())


async def until(condition: Callable[[], bool], limit: float = 5.0) -> None:
    """Waits for a condition; TimeoutError when it does not come true."""
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.005)
