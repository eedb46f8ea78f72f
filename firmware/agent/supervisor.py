# SPDX-License-Identifier: MIT
"""Keeps the agent's jobs alive: one that fails, ends or hangs is started again, and the others don't notice."""

import asyncio

from .errors import NightlatchError

_BACKOFF_MS = (50, 200, 1000, 5000)
_STEADY_MS = 30000


class Hung(NightlatchError):
    """A job had something to do and made no progress."""


class Job:
    """One job. It calls beat() whenever it got on with its work."""

    def __init__(self, name: str, start: "Callable[[], Coroutine]", limit: int, clock: "Clock") -> None:
        self.name = name
        self.start = start
        self.limit = limit
        self.idle: "Callable[[], bool]" = _never  # whether there is nothing to do at the moment
        self.task: "asyncio.Task | None" = None
        self.failures = 0  # since the start of the agent
        self.hangs = 0  # of them
        self.hung = False
        self._clock = clock
        self._beat = clock.ms()

    def beat(self) -> None:
        """There is progress."""
        self._beat = self._clock.ms()

    def overdue(self) -> bool:
        """Whether it runs and there has been none for too long."""
        return self.task is not None and self.limit > 0 and self._clock.since(self._beat) > self.limit


class Supervisor:
    """Runs jobs; feeds the watchdog while the loop turns: one that keeps failing must not stop the others.

    failed(job, error) is told of each failure; error is a Hung for a job that made no progress.
    """

    def __init__(self, clock: "Clock", feed: "Callable[[], None]", failed: "Callable[[Job, Exception], None]") -> None:
        self._clock = clock
        self._feed = feed
        self._failed = failed
        self._jobs: "list[Job]" = []
        self.restarts = 0
        self.unheard = 0

    def add(self, name: str, start: "Callable[[], Coroutine]", limit: int = 0) -> Job:
        """Adds a job: a function that returns a coroutine which should never end, and beats at least every limit ms.

        0: it is trusted to go on.
        """
        job = Job(name, start, limit, self._clock)
        self._jobs.append(job)
        return job

    async def run(self, feed_ms: int) -> None:
        """Starts every job, then feeds the watchdog and looks for a beat, for ever."""
        tasks = [asyncio.create_task(self._keep(job)) for job in self._jobs]
        assert tasks
        while True:
            self._feed()
            self._clock.tick()
            before = self._clock.ms()
            await asyncio.sleep_ms(feed_ms)
            late = self._clock.since(before) > 2 * feed_ms  # everything stood still: nobody could beat
            for job in self._jobs:
                if late or job.overdue() and job.idle():
                    job.beat()
                elif job.overdue() and job.task is not None:
                    job.beat()
                    job.hung = True
                    job.task.cancel()

    async def _keep(self, job: Job) -> None:
        failures = 0
        while True:
            started = self._clock.ms()
            job.beat()
            try:
                job.task = asyncio.create_task(job.start())
                await job.task
            except asyncio.CancelledError:
                if not job.hung:
                    raise  # it is the supervisor that ends
                job.hangs += 1
                self._tell(job, Hung(job.name))
            except Exception as error:
                self._tell(job, error)
            job.task = None
            job.hung = False
            self.restarts += 1
            if self._clock.since(started) > _STEADY_MS:
                failures = 0
            await asyncio.sleep_ms(_BACKOFF_MS[min(failures, len(_BACKOFF_MS) - 1)])
            failures += 1

    def _tell(self, job: Job, error: Exception) -> None:
        job.failures += 1
        try:
            self._failed(job, error)
        except Exception:
            self.unheard += 1  # whoever listens may fail: the job goes on all the same


def _never() -> bool:
    return False


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .clock import Clock
