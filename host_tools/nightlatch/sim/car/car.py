# SPDX-License-Identifier: MIT
"""The bench: one simulated car. Runs the real agent as a process and gives it a cable, an air, a reader and a lock.

Everything else of the simulator is reached from here: `car.radio`, `car.reader`, `car.lock`, `car.cable`.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ... import micropython
from ...errors import HostError
from ..radio.bench import Radio
from ..reader.bench import Reader
from .cable import Cable
from .lock import Lock

_READY = 60.0  # seconds that a start may take: a busy machine and an emulated board are slow
_OUTPUT_KEPT = 400
_RESET = 3  # exit status of an agent that asks to be restarted
_AGAIN = 0.2
_TRIES = 6


class AgentDied(HostError):
    """The agent ended by itself."""

    code = "agent_died"
    hint = "its last words are above"


class Car:
    """A simulated car in a directory of its own; `state` keeps the flash image and the serial number between runs.

    `events` are called with each log entry that the agent makes (a dict of wire numbers), `entries` holds them all.
    """

    def __init__(self, state: Path | None = None, heap: str = micropython.HEAP, firmware: Path | None = None) -> None:
        self._run = Path(tempfile.mkdtemp(prefix="nightlatch-"))
        self.state = state or self._run
        self.state.mkdir(parents=True, exist_ok=True)
        self._heap = heap
        self._firmware = firmware
        self.cable = Cable()
        self.lock = Lock(self._run / "lock.sock")
        self._air = self._run / "air.sock"
        self.radio = Radio(str(self._air))
        self.reader = Reader()
        self.entries: list[dict[str, Any]] = []
        self.output: list[str] = []
        self.events: list[Callable[[dict[str, Any]], None]] = []
        self.starts = 0
        self.trial_s = 60  # how long an update may take to prove itself
        self._cause = "power"
        self._starting = False  # whoever starts it sees for himself how that ends
        self.on_restart: Callable[[str], None] = lambda reason: None
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: asyncio.subprocess.Process | None = None  # the one that we killed: it is not to come back

    @property
    def serial_url(self) -> str:
        """Where the technician plugs in."""
        return f"pty:{self.cable.technician}"

    @property
    def flash(self) -> Path:
        """The image of the agent's flash."""
        return self.state / "flash.img"

    @property
    def pid(self) -> int:
        """The agent's process."""
        assert self._process is not None
        return self._process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Brings everything up; the agent serves when this returns."""
        await self.lock.start()
        await self.radio.start()
        await self.reader.start()
        self.cable.start()
        self._tasks.append(asyncio.create_task(self._watch()))
        await self.boot()

    async def stop(self) -> None:
        """Ends the agent and everything around it."""
        await self.kill()
        for task in self._tasks:
            task.cancel()
        await self.radio.stop()
        await self.reader.stop()
        await self.lock.stop()
        self.cable.stop()
        shutil.rmtree(self._run, ignore_errors=True)

    async def boot(self, cause: str = "power") -> None:
        """Starts the agent and waits until it advertises. AgentDied with its last words when it does not.

        cause: what the board says of this start: power, or reset when the run before ended by itself or was ended.
        """
        self._cause = cause
        self._starting = True
        try:
            await self._boot()
        finally:
            self._starting = False

    async def _boot(self) -> None:
        argv, env = self._command()
        self.cable.clear()
        self._process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=self._run,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self.starts += 1
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.create_task(self._listen(self._process)))
        end = time.monotonic() + _READY
        while not self.radio.advertising:
            if self._process.returncode is not None or time.monotonic() > end:
                self.kill_now()
                raise AgentDied("the agent did not start: " + " | ".join(self.output[-8:]))
            await asyncio.sleep(0.005)

    async def kill(self) -> None:
        """Kills the agent at once (SIGKILL), as a power cut would, and waits until it is gone."""
        if self._process is not None and self._process.returncode is None:
            self.kill_now()
            await self._process.wait()
        while self.radio.advertising or self.radio.connected:
            await asyncio.sleep(0.005)

    def kill_now(self) -> None:
        """Kills the agent between two instructions of the bench; wait for it with kill()."""
        self._ended = self._process
        self._strike()

    def _strike(self) -> None:
        # not Popen's own signal, which may collect the exit status that asyncio waits for
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def _command(self) -> tuple[list[str], dict[str, str]]:
        """Command line and environment of the agent's process. Another board's car has another."""
        return micropython.agent(self._wiring(), self._firmware and self._firmware / "main.py", self._heap)

    def _ident(self) -> str:
        """The board's serial number, 16 hex digits, drawn at its first start."""
        ident = self.state / "serial"
        if not ident.exists():
            ident.write_text(secrets.token_hex(8))
        return ident.read_text().strip()

    def _wiring(self) -> Path:
        """Writes the agent's wiring file."""
        wiring = {
            "board": "UNIX",
            "id": self._ident(),
            "serial": self.cable.agent,
            "reader": self.reader.path,
            "flash": str(self.flash),
            "lock": str(self.lock.path),
            "radio": {"kind": "sim", "socket": str(self._air)},
            "slots": [str(self.state / "slot_a.img"), str(self.state / "slot_b.img")],
            "cause": self._cause,
            "trial_s": self.trial_s,
        }
        path = self._run / "wiring.json"
        path.write_text(json.dumps(wiring))
        return path

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Takes what the agent prints: log entries as JSON, anything else is kept for the one who looks for a fault."""
        assert process.stdout is not None
        async for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            if not isinstance(entry, dict):
                self.output.append(line)
                del self.output[:-_OUTPUT_KEPT]
                continue
            self.entries.append(entry)
            for event in list(self.events):
                event(entry)
        status = await process.wait()
        if process is self._process and process is not self._ended and not self._starting:
            self.on_restart("it asked for it" if status == _RESET else f"it ended with status {status}")
            await asyncio.sleep(_AGAIN)
            for _ in range(_TRIES):  # as a board does: what ends at its start is started again
                with suppress(AgentDied):
                    await self.boot("reset")
                    break

    async def _watch(self) -> None:
        """The hardware watchdog: kills an agent that stopped feeding it; it is then started again."""
        while True:
            await asyncio.sleep(0.25)
            limit = self.lock.watchdog
            if limit is not None and time.monotonic() - self.lock.fed > limit:
                self.lock.watchdog = None
                self._strike()
