# SPDX-License-Identifier: MIT
"""What the NFC tests share: the agent's NFC link behind the virtual reader, and a holder for the probe's gate."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nightlatch import micropython
from nightlatch.sim.cards.held import PhoneCard
from nightlatch.sim.reader.bench import Reader

PROBE = Path(__file__).with_name("nfc_probe.py")
UNLOCK = 1


class Holder:
    """Makes tokens that the probe's gate accepts, or refuses when `good` is false; keeps the answers."""

    def __init__(self, good: bool = True) -> None:
        self.good = good
        self.answers: list[bytes] = []

    def token(self, challenge: bytes, action: int, flags: int = 0) -> bytes:
        """Challenge, three zeros, and whether it is good."""
        return challenge + bytes([0, 0, 0, int(self.good)])

    def answer(self, answer: bytes) -> bool:
        """Keeps it; says whether it was accepted."""
        self.answers.append(answer)
        return answer[-1] == 1


class Agent:
    """A running probe: the events that it printed, and ways to wait for more."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    async def follow(self, out: asyncio.StreamReader) -> None:
        """Reads events until the probe ends."""
        while line := await out.readline():
            self.events.append(json.loads(line))
            self._news.set()

    def tokens(self) -> list[dict[str, Any]]:
        """The tokens that came to the gate."""
        return [event for event in self.events if event["event"] == "token"]

    def states(self) -> list[str]:
        """The link's states, oldest first."""
        return [event["state"] for event in self.events if event["event"] == "state"]

    async def until(self, condition: Callable[[], bool], limit: float = 5.0) -> None:
        """Waits for a condition on the events; TimeoutError when it does not come true."""
        async with asyncio.timeout(limit):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def tokens_after(self, count: int) -> None:
        """Waits for more tokens than so many."""
        await self.until(lambda: len(self.tokens()) > count)

    async def ready(self, limit: float = 5.0) -> None:
        """Waits until the link's last state is "ok"."""
        await self.until(lambda: self.states()[-1:] == ["ok"], limit)


@asynccontextmanager
async def nfc_car(reader: Reader | None = None, *lines: str) -> AsyncIterator[tuple[Reader, Agent]]:
    """A virtual reader and the agent's link polling it, ready. lines: bus and wired lines, as the probe wants them."""
    reader = reader or Reader()
    await reader.start()
    agent = Agent()
    argv, environment = micropython.command(PROBE, reader.path, *lines)
    environment["MICROPYPATH"] = micropython.search_path(micropython.ROOT)
    process = await asyncio.create_subprocess_exec(
        *argv, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    following = asyncio.create_task(agent.follow(process.stdout))
    try:
        await agent.ready()
        yield reader, agent
        assert process.returncode is None, "the probe ended"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await following
        await reader.stop()


def bench(test: Callable[[Reader, Agent], Awaitable[None]]) -> Callable[[], None]:
    """Makes an ordinary test of a coroutine that takes the reader and the agent."""

    def run() -> None:
        async def body() -> None:
            async with nfc_car() as (reader, agent):
                await test(reader, agent)

        asyncio.run(asyncio.wait_for(body(), 60))

    run.__doc__ = test.__doc__
    return run


def phone(good: bool = True) -> tuple[PhoneCard, Holder]:
    """A phone card and its holder."""
    holder = Holder(good)
    return PhoneCard(holder, UNLOCK), holder
