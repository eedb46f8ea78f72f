# SPDX-License-Identifier: MIT
"""Keeps the agent's tasks alive: one that fails is started again by itself, and the others don't notice."""

import asyncio

_BACKOFF_MS = (50, 200, 1000, 5000)
_STEADY_MS = 30000


class Supervisor:
    """Runs named tasks; feeds the watchdog while the loop turns: one that keeps failing must not stop the others."""

    def __init__(self, clock: "Clock", feed: "Callable[[], None]", failed: "Callable[[str, Exception], None]") -> None:
        self._clock = clock
        self._feed = feed
        self._failed = failed
        self._jobs: "list[tuple[str, Callable[[], Coroutine]]]" = []
        self.restarts = 0
        self.unheard = 0

    def add(self, name: str, job: "Callable[[], Coroutine]") -> None:
        """Adds a job: a function that returns a coroutine which should never end."""
        self._jobs.append((name, job))

    async def run(self, feed_ms: int) -> None:
        """Starts every job, then feeds the watchdog for ever."""
        tasks = [asyncio.create_task(self._keep(name, job)) for name, job in self._jobs]
        assert tasks
        while True:
            self._feed()
            self._clock.tick()
            await asyncio.sleep_ms(feed_ms)

    async def _keep(self, name: str, job: "Callable[[], Coroutine]") -> None:
        failures = 0
        while True:
            started = self._clock.ms()
            try:
                await job()
            except Exception as error:
                self._tell(name, error)
            self.restarts += 1
            if self._clock.since(started) > _STEADY_MS:
                failures = 0
            await asyncio.sleep_ms(_BACKOFF_MS[min(failures, len(_BACKOFF_MS) - 1)])
            failures += 1

    def _tell(self, name: str, error: Exception) -> None:
        try:
            self._failed(name, error)
        except Exception:
            self.unheard += 1  # whoever listens may fail: the job goes on all the same


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .clock import Clock
