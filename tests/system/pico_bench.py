# SPDX-License-Identifier: MIT
"""A Raspberry Pi Pico on the bench: the image that `make image` builds, run by rp2040js (boards/RPI_PICO/emulator).

The image's USB port is a TCP port here, its PN532 and its lock are those of the simulated car, its flash is a file.
Emulated time never runs ahead of the clock on the wall, and falls behind it on a busy machine: wait with patience.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import wiring

from nightlatch.device import types
from nightlatch.micropython import ROOT
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result
from nightlatch.sim.car.lock import Lock
from nightlatch.sim.cards.held import PhoneCard
from nightlatch.sim.reader.bench import Reader
from nightlatch.sim.reader.spi import SpiPins
from nightlatch.vault import KdfParams, Vault
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session
from tests.system.car_bench import PASSPHRASE, holder_of

T = TypeVar("T")
BOARD = ROOT / "boards" / "RPI_PICO"
IMAGE = ROOT / "build" / "RPI_PICO" / "nightlatch.bin"
PATIENCE = 60.0
KDF = KdfParams(1, 8, 1)


class SpiReader(Reader):
    """The bench's reader on a wire of its own: SPI, its IRQ and reset lines, carried by a Unix socket (pico.mjs)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = str(path)
        self.pins = SpiPins(self.field)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Opens the socket."""
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        """Closes it."""
        self.pins.chip.model.abort()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watching = asyncio.create_task(self._watch(writer))
        try:
            while True:
                kind, value = await reader.readexactly(2)
                if kind == ord("S"):
                    self.pins.select(bool(value))
                    writer.write(b"s" + bytes([not self.pins.chip.low]))
                elif kind == ord("R"):
                    self.pins.chip.reset(bool(value))
                else:
                    writer.write(b"x" + self.pins.exchange(bytes([value])))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the plug was pulled
        finally:
            watching.cancel()
            writer.close()

    async def _watch(self, writer: asyncio.StreamWriter) -> None:
        """Tells what becomes of the IRQ line."""
        level = None
        while True:
            if level != (level := not self.pins.chip.low):
                writer.write(bytes([ord("I"), level]))
            await asyncio.sleep(0.001)


class Pico:
    """A Pico whose flash lives in `folder`. `told` is what the emulator tells: edges of named pins and resets."""

    def __init__(self, folder: Path, image: Path = IMAGE) -> None:
        assert image.is_file(), "no image: make setup-emulators"
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.image = image
        self.lock = Lock(folder / "lock.sock")
        self.reader = SpiReader(folder / "reader.sock")
        self.told: list[dict[str, Any]] = []
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.lock.start()
        await self.reader.start()
        await self.power_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.power_off()
        await self.reader.stop()
        await self.lock.stop()

    async def power_on(self) -> None:
        """Starts the emulator; returns when its console can be connected to."""
        options = {
            "firmware": str(self.image),
            "flash": str(self.folder / "flash.img"),
            "id": "e66058388b1234ab",
            "lock": str(self.lock.path),
            "reader": self.reader.path,
            "pins": wiring.pins(BOARD),
        }
        self._loop = asyncio.get_running_loop()
        self.port = 0
        self._process = await asyncio.create_subprocess_exec(
            "node",
            str(BOARD / "emulator" / "pico.mjs"),
            json.dumps(options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._tasks.append(asyncio.create_task(self._listen(self._process)))
        await self.until(lambda: self.port > 0)

    async def power_off(self) -> None:
        """Pulls the plug, in the middle of whatever it does."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await asyncio.gather(*self._tasks)
        self._tasks.clear()

    def reset(self) -> None:
        """Resets the chip, as its RUN pin does."""
        self.say("reset")

    def cut(self, operations: int) -> None:
        """Resets the chip right after so many operations of its flash."""
        self.say(f"cut {operations}")

    def hang(self) -> None:
        """The program stands still from now on, and takes no interrupt."""
        self.say("hang")

    def control(self, request: int, value: int, data: bytes = b"") -> None:
        """A request of the USB host to the port's control interface."""
        self.say(f"control {request} {value} {data.hex()}")

    async def sleep(self, ms: int) -> None:
        """Waits so many emulated milliseconds."""
        before = self._count("woke")
        self.say(f"sleep {ms}")
        await self.until(lambda: self._count("woke") > before)

    def _count(self, what: str) -> int:
        return sum(what in one for one in self.told)

    def say(self, line: str) -> None:
        """A line for the emulator; from any thread."""
        assert self._process is not None and self._process.stdin is not None
        self._loop.call_soon_threadsafe(self._process.stdin.write, line.encode() + b"\n")

    @property
    def resets(self) -> int:
        """How often the chip was reset, or reset itself."""
        return self._count("reset")

    async def restarted(self, before: int) -> None:
        """Waits for one more reset than there were, and for the agent after it."""
        await self.until(lambda: self.resets > before)
        await self.cable(lambda client: client.hello())

    def edges(self, role: str) -> list[tuple[int, float]]:
        """(level, emulated ms) of each edge of a pin."""
        return [(one["level"], one["ms"]) for one in self.told if one.get("edge") == role]

    async def until(self, condition: Callable[[], bool], limit: float = PATIENCE) -> None:
        """Waits for a condition; TimeoutError when it does not come true."""
        assert self._process is not None
        async with asyncio.timeout(limit):
            while not condition():
                assert self._process.returncode is None, "the emulator ended"
                await asyncio.sleep(0.01)

    async def cable(self, work: Callable[[Client], T], timeout: float = PATIENCE / 2) -> T:
        """Work with a host client on the USB port, in a thread."""

        def run() -> T:
            with Client.open(f"tcp:127.0.0.1:{self.port}", timeout) as client:
                return work(client)

        return await asyncio.to_thread(run)

    async def session(self, vault: Vault, work: Callable[[Session], T]) -> T:
        """Work inside a technician's session."""

        def inside(client: Client) -> T:
            with client.session(vault) as session:
                return work(session)

        return await self.cable(inside)

    async def tap(self, holder: Holder, action: int = n.UNLOCK) -> Result:
        """A tap of a phone; a result without a verdict when none came."""
        card = PhoneCard(holder, action)
        await self.reader.tap(card, PATIENCE)
        return card.phone.results[-1] if card.phone.results else Result(None)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = json.loads(line)
            self.told.append(said)
            self.port = said.get("port", self.port)


def play(folder: Path, story: Callable[[Pico], Awaitable[None]], limit: float = 300.0) -> None:
    """Runs a test on a Pico that was just flashed."""

    async def main() -> None:
        async with asyncio.timeout(limit), Pico(folder) as pico:
            await story(pico)

    asyncio.run(main())


def new_vault(folder: Path) -> Vault:
    """The workshop's, empty."""
    return Vault.create(folder / "vault.sqlite", PASSPHRASE, KDF)


def vault_of(folder: Path) -> Vault:
    """The one that is there."""
    return Vault.open(folder / "vault.sqlite", PASSPHRASE)


def enrol(session: Session, role: int = n.ROLE_OWNER, label: str = "Ada") -> None:
    """A phone; the first one has the handle 0."""
    session.enrol(n.KIND_PHONE, role, types.RIGHTS_OF_ROLE[role], label)


def phone(vault: Vault, handle: int = 0) -> Holder:
    """It, as it was enrolled: it was never shown to the car."""
    return holder_of(vault, vault.key(vault.car().serial, handle))
