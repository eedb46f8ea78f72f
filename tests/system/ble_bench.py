# SPDX-License-Identifier: MIT
"""What the Bluetooth tests share: a radio with the probe behind it, phones with keys, and centrals that misbehave."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bumble.core import UUID
from bumble.device import Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy

from nightlatch import micropython
from nightlatch.phone import keys
from nightlatch.phone.ble import BlePhone
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result, State
from nightlatch.sim.radio.bench import Radio
from nightlatch.sim.radio.events import Event
from nightlatch.wire import numbers as n

PROBE = Path(__file__).with_name("ble_probe.py")
AGENT_ID = os.urandom(16)
CLAIM_KEY = os.urandom(16)
VEIL = keys.car_keys(AGENT_ID, CLAIM_KEY)[0]
ROOTS = [os.urandom(16), os.urandom(16)]


def holder(handle: int = 0, root: bytes | None = None) -> Holder:
    """A fresh copy of an enrolled key, or of one with a root of its own."""
    root = ROOTS[handle] if root is None else root
    return Holder(State.of(KeyBundle(AGENT_ID, VEIL, handle, n.ROLE_OWNER, n.RIGHTS_KNOWN, root, "")))


class Phone:
    """A holder with a radio."""

    def __init__(self, device: Device, key: Holder, veil: bytes | None = VEIL) -> None:
        self.ble = BlePhone(device, veil)
        self.key = key

    async def act(self, action: int = n.UNLOCK, timeout: float = 3.0) -> Result:
        """One action; no answer is a result without a verdict."""
        answer = await self.ble.transact(lambda challenge: self.key.token(challenge, action), timeout)
        return Result(None) if answer is None else self.key.answer(answer)


class Raw:
    """A central without manners: writes what it likes, when it likes."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.connection: Connection | None = None
        self.pushed: list[bytes] = []
        self.answers: list[bytes] = []
        self.values: dict[str, CharacteristicProxy[bytes]] = {}

    async def connect(self, radio: Radio, timeout: float = 3.0, discover: bool = True) -> Connection:
        """Connects and, unless told otherwise, subscribes."""
        self.connection = connection = await self.device.connect(radio.address, timeout=timeout)
        if discover:
            self.peer = peer = Peer(connection)
            (service,) = await peer.discover_service(UUID(n.UUID_SERVICE))
            self.values = {str(c.uuid): c for c in await service.discover_characteristics()}
            await peer.subscribe(self[n.UUID_ANSWER], self.answers.append)
            await peer.subscribe(self[n.UUID_CHALLENGE], self.pushed.append)
        return connection

    def __getitem__(self, uuid: str) -> CharacteristicProxy[bytes]:
        return self.values[str(UUID(uuid))]

    async def write(self, value: bytes, respond: bool = False) -> None:
        """Writes a token, or what shall pass for one."""
        await self.peer.gatt_client.write_value(self[n.UUID_TOKEN], value, with_response=respond)

    async def read(self, uuid: str) -> bytes:
        """Reads a characteristic."""
        return await self.peer.gatt_client.read_value(self[uuid])


class Bench:
    """A radio, and the probe that serves it."""

    def __init__(self, folder: Path) -> None:
        self.radio = Radio(folder / "air.sock")
        self.events: list[Event] = []
        self.radio.listeners.append(self.events.append)
        self.lines: list[dict[str, Any]] = []
        self._flash = folder / "flash.bin"
        self._socket = folder / "air.sock"
        self._process: asyncio.subprocess.Process | None = None
        self._follow: asyncio.Task[None] | None = None

    async def boot(self) -> None:
        """Starts the probe with the agent's heap and waits until it advertises."""
        args = (str(self._socket), str(self._flash), AGENT_ID.hex(), CLAIM_KEY.hex(), *(r.hex() for r in ROOTS))
        frozen = micropython.frozen()  # from sources their code needs room beside the objects
        argv, env = micropython.command(PROBE, *args, heap=micropython.HEAP if frozen else "256K")
        if frozen:
            env = {**env, "MICROPYPATH": ".frozen"}
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=pipe)
        self._follow = asyncio.create_task(self._read(self._process.stdout))
        await self.radio.ready()

    async def kill(self) -> None:
        """Kills the probe at once, and waits until the air knows."""
        assert self._process is not None and self._follow is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._follow
        await until(lambda: not self.radio.advertising and not self.radio.connected)

    async def _read(self, out: asyncio.StreamReader | None) -> None:
        assert out is not None
        while line := await out.readline():
            self.lines.append(json.loads(line))

    @property
    def pulses(self) -> int:
        """How often the lock moved."""
        return sum(line["event"] == "pulse" for line in self.lines)

    def state(self) -> dict[str, Any]:
        """The newest counters of the agent's link."""
        return next(line for line in reversed(self.lines) if line["event"] == "state")

    def alive(self) -> bool:
        """Whether the probe still runs."""
        return self._process is not None and self._process.returncode is None

    async def phone(self, name: str, key: Holder | None = None) -> Phone:
        """A phone on the air; without a key of its own, the first that is enrolled."""
        return Phone(await self.radio.central(name), key or holder())

    async def raw(self, name: str = "raw", discover: bool = True) -> Raw:
        """A central that is connected."""
        central = Raw(await self.radio.central(name))
        await central.connect(self.radio, discover=discover)
        return central


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    """A radio with a running probe; no fault inside the agent goes unseen."""
    made = Bench(folder)
    await made.radio.start()
    try:
        await made.boot()
        yield made
        assert made.state()["faults"] == 0, made.lines
        assert made.alive(), made.lines
    finally:
        await made.kill()
        await made.radio.stop()


def run(folder: Path, story: Callable[[Bench], Awaitable[None]]) -> None:
    """Runs a test against a fresh bench."""

    async def main() -> None:
        async with bench(folder) as made:
            await story(made)

    asyncio.run(main())


async def until(condition: Callable[[], bool], limit: float = 5.0) -> None:
    """Waits for a condition; TimeoutError when it does not come true."""
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.005)
