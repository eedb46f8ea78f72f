# SPDX-License-Identifier: MIT
"""Runs under MicroPython: tasks that fail, in many ways, beside one that must not notice."""

import asyncio
import time

from agent import supervisor
from agent.clock import Clock
from tests.kit.target import run


class Bench:
    """A supervisor whose pauses take no time but are written down."""

    def __init__(self, jobs, turns, limit=0):
        self.fed = self.beats = 0
        self.failures, self.pauses = [], []
        self.now = 0
        self._turns = turns
        clock = Clock(lambda: self.now, time.ticks_diff)
        supervised = supervisor.Supervisor(clock, self.feed, self.failed)
        self.jobs = {name: supervised.add(name, job, limit) for name, job in jobs.items()}
        supervised.add("steady", self.steady)
        self.prepare()
        asyncio.new_event_loop()  # without what the bench before left behind
        real = supervisor.asyncio
        supervisor.asyncio = self  # type: ignore[assignment]
        try:
            asyncio.run(self.watch(supervised))
        finally:
            supervisor.asyncio = real
        self.restarts = supervised.restarts

    create_task = staticmethod(asyncio.create_task)
    CancelledError = asyncio.CancelledError

    def prepare(self):
        """What a test does with the jobs before they run."""

    def feed(self):
        self.fed += 1

    def failed(self, job, error):
        self.failures.append((job.name, type(error).__name__))

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

    b = Bench({"bad": bad}, 70)
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

    b = Bench({"bad": bad}, 70)
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

    b = Bench({"short": short}, 70)
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

    b = Held({"bad": bad}, 90)
    assert b.pauses[:6] == [50, 200, 1000, 50, 200, 1000]


def test_a_report_that_fails_does_not_end_the_job():
    runs = []

    async def bad():
        runs.append(1)
        raise ValueError("always")

    class Deaf(Bench):
        """Fails when it is told of a failure."""

        def failed(self, job, error):
            raise OSError(5)

    b = Deaf({"bad": bad}, 70)
    assert len(runs) > 6 and b.beats > 25 and b.fed > 25


def test_each_fails_for_itself():
    async def bad():
        raise ValueError("always")

    async def worse():
        await asyncio.sleep_ms(0)
        raise OSError(5)

    b = Bench({"bad": bad, "worse": worse}, 90)
    assert {name for name, _ in b.failures} == {"bad", "worse"}
    assert b.beats > 40


def test_a_job_without_progress_is_started_again_and_one_with_it_is_not():
    starts = []

    async def hangs():
        starts.append(1)
        await asyncio.Event().wait()

    class Beating(Bench):
        """Its steady job beats for a second one, which waits for ever as well."""

        def prepare(self):
            self.jobs["well"].idle = lambda: False

        async def steady(self):
            while True:
                self.beats += 1
                self.jobs["well"].beat()
                await asyncio.sleep_ms(0)

    b = Beating({"hangs": hangs, "well": hangs}, 90, 5000)
    job = b.jobs["hangs"]
    assert job.hangs >= 2 and job.failures == job.hangs == b.restarts
    assert set(b.failures) == {("hangs", "Hung")} and b.jobs["well"].failures == 0
    assert len(starts) == 2 + job.hangs
    assert b.beats > 60 and b.fed > 60


def test_a_job_with_nothing_to_do_does_not_hang():
    async def waits():
        await asyncio.Event().wait()

    class Idle(Bench):
        """Nothing waits for its job until the bench's hour strikes."""

        def prepare(self):
            self.jobs["waits"].idle = lambda: self.now < 50000

    b = Idle({"waits": waits}, 40, 5000)
    assert b.failures == [] and b.now < 50000
    b = Idle({"waits": waits}, 80, 5000)
    assert b.failures and b.now > 55000


def test_a_job_that_will_not_be_cancelled_harms_nobody():
    async def stubborn():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                pass

    b = Bench({"stubborn": stubborn}, 60, 5000)
    assert b.beats > 50 and b.fed > 50


def test_nobody_is_blamed_for_a_clock_that_jumped():
    async def waits():
        await asyncio.Event().wait()

    class Stopped(Bench):
        """The whole program stands still for a minute."""

        async def sleep_ms(self, ms):
            if ms == 999 and self.fed == 3:
                self.now += 60000
            await super().sleep_ms(ms)

    b = Stopped({"waits": waits}, 9, 5000)
    assert b.fed > 5 and b.failures == []


run(globals())
