# SPDX-License-Identifier: MIT
"""An ESP32 for tests: its flash in files, the agent in it under MicroPython over a model of the port, a cable to it."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import wiring

from nightlatch import micropython
from nightlatch.sim.car.cable import Cable
from nightlatch.vault import KdfParams, Vault
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session

T = TypeVar("T")
RUN = Path(__file__).with_name("esp32_run.py")
POWER, PANIC, HANG = 1, 2, 3  # machine.reset_cause() of the esp32 port


class Esp32:
    """A chip with a board's folder; `program` is "stock" or "built". Use it in an async with statement."""

    def __init__(self, folder: Path, board: str, program: str, heap: str) -> None:
        self.folder, self.program, self.heap = folder, program, heap
        self.boot = micropython.ROOT / "boards" / board / "modules" / "_boot.py"
        self.starts = 0
        self.vault = Vault.create(folder / "vault.sqlite", b"a passphrase", KdfParams(1, 8, 1))
        self._cable = Cable()
        self._agent: subprocess.Popen[bytes] | None = None
        wiring.write(micropython.ROOT / "boards" / board, folder)
        (folder / "store.bin").write_bytes(b"\xff" * 0x40000)
        (folder / "romfs.bin").write_bytes(b"\xff" * 0xC0000)

    def command(self, program: str) -> tuple[list[str], dict[str, str]]:
        argv, env = micropython.command(RUN, str(self.folder), program, str(self.boot), heap=self.heap)
        # below the folder of the chip: what is frozen into this MicroPython is no part of it
        return argv, {**env, "MICROPYPATH": micropython.search_path(micropython.ROOT)}

    def start(self, cause: int = POWER, memory: str = "") -> None:
        """A reset for that cause."""
        (self.folder / "chip.json").write_text(json.dumps({"cause": cause, "memory": memory}))
        self._start()

    def _start(self) -> None:
        argv, env = self.command(self.program)
        self._cable.clear()
        with (
            open(self._cable.agent, "r+b", buffering=0) as line,
            (self.folder / "stderr").open("ab") as stderr,
        ):
            self._agent = subprocess.Popen(argv, env=env, stdin=line, stdout=line, stderr=stderr)
        self.starts += 1

    async def restarted(self, limit: float = 60.0) -> None:
        """Waits for the chip's own reset, and starts it again."""
        assert self._agent is not None
        assert await asyncio.to_thread(self._agent.wait, limit) == -9, (self.folder / "stderr").read_text()[-2000:]
        self._start()

    def stop(self) -> None:
        """The run ends here, however it would have gone on."""
        if self._agent is not None:
            self._agent.kill()
            self._agent.wait()

    def again(self, cause: int) -> None:
        """stop(), then a start for that cause; the RTC's memory stays unless the power went."""
        self.stop()
        told = json.loads((self.folder / "chip.json").read_text())
        self.start(cause, "" if cause == POWER else told["memory"])

    async def ask(self, work: Callable[[Client], T]) -> T:
        """Work with a client on the cable."""

        def inside() -> T:
            with Client.open(f"pty:{self._cable.technician}", 20.0) as client:
                return work(client)

        return await asyncio.to_thread(inside)

    async def session(self, work: Callable[[Session], T]) -> T:
        """Work in a session."""

        def inside(client: Client) -> T:
            with client.session(self.vault) as session:
                return work(session)

        return await self.ask(inside)

    async def __aenter__(self) -> "Esp32":
        self._cable.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        self._cable.stop()
