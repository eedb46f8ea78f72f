# SPDX-License-Identifier: MIT
"""Runs under MicroPython: tasks that fail, in many ways, beside one that must not notice."""

import asyncio
import time

from agent import supervisor
from agent.clock import Clock
from tests.unit.upy_kit import run


class Bench:
    """A supervisor whose pauses take no time but are written down."""

    def __init__(self, jobs, turns):
        self.fed = self.beats = 0
        self.failures, self.pauses = [], []
        self.now = 0
        self._turns = turns
        clock = Clock(lambda: self.now, time.ticks_diff)
        supervised = supervisor.Supervisor(clock, self.feed, self.failed)
        for name, job in jobs.items():
            supervised.add(name, job)
        supervised.add("steady", self.steady)
        asyncio.new_event_loop()  # without what the bench before left behind
        real = supervisor.asyncio
        supervisor.asyncio = self  # type: ignore[assignment]
        try:
            asyncio.run(self.watch(supervised))
        finally:
            supervisor.asyncio = real
        self.restarts = supervised.restarts

    create_task = staticmethod(asyncio.create_task)

    def feed(self):
        self.fed += 1

    def failed(self, name, error):
        self.failures.append((name, type(error).__name__))

    async def steady(self):
        while True:
            self.beats += 1
            await asyncio.sleep_ms(0)

    async def sleep_ms(self, ms):
        if ms != 999:
            self.pauses.append(ms)
        self.now += ms
        await asyncio.sleep_ms(0)

    async def watch(self, supervised):
        task = asyncio.create_task(supervised.run(999))
        for _ in range(self._turns):
            await asyncio.sleep_ms(0)
        task.cancel()


def test_a_failing_job_is_started_again_with_growing_pauses():
    async def bad():
        raise ValueError("always")

    b = Bench({"bad": bad}, 40)
    assert b.pauses[:6] == [50, 200, 1000, 5000, 5000, 5000]
    assert b.failures == [("bad", "ValueError")] * len(b.failures) and len(b.failures) > 6
    assert b.restarts == len(b.failures)
    assert b.beats > 25 and b.fed > 25, "the others and the watchdog don't notice"


def test_any_failure_will_do():
    errors = [MemoryError(), OSError(5), KeyError("x"), RuntimeError("x"), AssertionError()]

    async def bad():
        if errors:
            raise errors.pop(0)
        await asyncio.sleep(1000)

    b = Bench({"bad": bad}, 40)
    assert [name for _, name in b.failures] == [
        "MemoryError",
        "OSError",
        "KeyError",
        "RuntimeError",
        "AssertionError",
    ]
    assert b.restarts == 5


def test_a_job_that_ends_is_started_again():
    runs = []

    async def short():
        runs.append(1)

    b = Bench({"short": short}, 40)
    assert len(runs) > 6 and b.failures == [] and b.restarts >= len(runs) - 1


def test_after_a_long_run_the_pause_is_short_again():
    lengths = [0, 0, 0, 31000, 0, 0]

    async def bad():
        if not lengths:
            await asyncio.sleep(1000)
        holder["bench"].now += lengths.pop(0)
        raise ValueError("again")

    holder = {}

    class Held(Bench):
        """Known to its job before it runs."""

        def __init__(self, *args):
            holder["bench"] = self
            super().__init__(*args)

    b = Held({"bad": bad}, 60)
    assert b.pauses[:6] == [50, 200, 1000, 50, 200, 1000]


def test_a_report_that_fails_does_not_end_the_job():
    runs = []

    async def bad():
        runs.append(1)
        raise ValueError("always")

    class Deaf(Bench):
        """Fails when it is told of a failure."""

        def failed(self, name, error):
            raise OSError(5)

    b = Deaf({"bad": bad}, 40)
    assert len(runs) > 6 and b.beats > 25 and b.fed > 25


def test_each_fails_for_itself():
    async def bad():
        raise ValueError("always")

    async def worse():
        await asyncio.sleep_ms(0)
        raise OSError(5)

    b = Bench({"bad": bad, "worse": worse}, 60)
    assert {name for name, _ in b.failures} == {"bad", "worse"}
    assert b.beats > 40


run(globals())
