# SPDX-License-Identifier: MIT
"""The clock itself: the selector of an event loop, which moves time when nobody has anything to do.

It polls, and never uses epoll: bytes in a terminal show only to who asks for them again.
"""

import math
import os
import selectors
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from tests.clock import procs, real
from tests.clock.agents import NEVER, Agents
from tests.clock.threads import Threads

BEGIN_US = 10_000_000_000
# Who looks at the clock, or goes round the loop, without a pause would wait for ever: after so many times time creeps.
LOOKS, ROUNDS, CREEP_US = 2000, 200, 50
LOCKSTEP_S = 0.25  # real seconds that a loop with work waits for agents that have, too: order is not left to load
PAUSE_S = 0.002  # real seconds between two looks at agents that may come to wait for the loop
LOOK_S = 0.02  # real seconds between two looks at those who can't ring
LAST_S = 20.0  # real seconds to clean up in once the watchman has spoken

Ready = list[tuple[selectors.SelectorKey, int]]


class StoodStill(Exception):
    """Time did not go on; the text says who was busy."""


class Clock(selectors.PollSelector):
    """Time is `now`, in microseconds; it moves in select() alone.

    jumps: how often it moved to a deadline. slow_us: how far it went at the machine's pace, because of one who
    can't be asked: a process in `foreign`, a thread in a call of its own. moved_at: real seconds of the last move.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN_US
        self.jumps = self.slow_us = 0
        self._looks = self._rounds = 0
        self.agents = Agents()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.threads = Threads(self._nudge)
        self.foreign: set[int] = set()
        self.thread = threading.get_ident()
        self.waiting = False
        self.goal = NEVER
        self.moved_at = real.monotonic()
        self.verdict = ""
        self._given_up = 0.0  # when the watchman's verdict was told; from then on time is the machine's
        self._news = selectors.PollSelector()
        self._watch(self.agents.listener.fileno(), self._welcome)
        self._watch(self._bell, lambda: os.eventfd_read(self._bell))

    def close(self) -> None:
        self.agents.close()
        self._news.close()
        super().close()
        bell, self._bell = self._bell, -1
        os.close(bell)

    # --- reading it

    def read(self) -> float:
        """Seconds. Who looks again and again without a pause sees it creep."""
        self._looks += 1
        if self._looks > LOOKS:
            self.now += CREEP_US
        return self.now / 1e6

    def wait(self, fds: dict[int, int], timeout: float | None) -> list[tuple[int, int]]:
        """A thread waits for files (number and poll's events), or so many seconds; what poll() says of the files."""
        poll = real.poll()
        for fd, events in fds.items():
            poll.register(fd, events)
        ready = poll.poll(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        return self.threads.wait(fds, NEVER if timeout is None else self.now + math.ceil(timeout * 1e6))

    # --- news of agents and threads

    def _nudge(self) -> None:
        with suppress(OSError):  # closed: a thread that outlives its loop
            os.eventfd_write(self._bell, 1)

    def _watch(self, fd: int, take: Callable[[], object]) -> None:
        self.register(fd, selectors.EVENT_READ, take)
        self._news.register(fd, selectors.EVENT_READ, take)

    def _forget(self, fd: int) -> None:
        self.unregister(fd)
        self._news.unregister(fd)

    def _welcome(self) -> None:
        agent = self.agents.welcome(self.now)
        fd = agent.line.fileno()

        def hear() -> None:
            self.moved_at = real.monotonic()
            if not agent.hear():
                self._forget(fd)
                self.agents.here.pop(fd).line.close()

        self._watch(fd, hear)
        self.moved_at = real.monotonic()

    def _heard(self, seconds: float) -> bool:
        """Takes in news, and looks at nothing else; whether there were any."""
        news = self._news.select(seconds)
        for key, _ in news:
            if key.fd in self._news.get_map():  # not hung up by one before it
                key.data()
        return bool(news)

    def _look(self, seconds: float) -> Ready:
        """What is ready for the loop; news are taken in."""
        ready: Ready = []
        for key, events in super().select(seconds):
            if key.fd in self._news.get_map():
                key.data()
            else:
                ready.append((key, events))
        if ready:
            self.moved_at = real.monotonic()
        return ready

    # --- moving it

    def select(self, timeout: float | None = None) -> Ready:
        """What is ready, once there is something or `timeout` seconds of this clock have passed."""
        if timeout is not None and timeout <= 0:
            self._creep()
            self.moved_at = real.monotonic()
            return self._look(0)
        self.goal = NEVER if timeout is None else self.now + max(1, math.ceil(timeout * 1e6 - 0.01))
        self.waiting = True
        self.moved_at = real.monotonic()
        try:
            return self._until(self.goal)
        finally:
            self.waiting = False

    def _until(self, goal: int) -> Ready:
        while True:
            ready, alone = self._settled()
            if ready:
                self._creep()
                return ready
            first = min([goal, *self.threads.deadlines(), *self.agents.deadlines()])
            if alone or first == NEVER:
                ready = self._drag(first, alone)
            else:
                self.now = max(self.now, first)
                self.jumps += 1
                self.moved_at = real.monotonic()
            self._looks = self._rounds = 0
            self.agents.ask(self.now)  # they learn the time before anything reaches them that was sent after it
            self.threads.ring(self.now)
            if ready:
                return ready
            if self.now >= goal:
                return self._look(0)

    def _settled(self) -> tuple[Ready, bool]:
        """Waits until nobody has anything to do, or the loop has; and whether somebody works whom we can't ask."""
        self.agents.ask(self.now)
        if self._given_up:
            return self._look(0), True
        began = real.monotonic()
        while self.agents.owed() and real.monotonic() - began < LOCKSTEP_S:
            if not self._heard(0):
                if not self.agents.running():
                    break
                self._heard(PAUSE_S)
        while True:
            ready = self._look(0)
            if ready:
                return ready, False
            if not self.agents.busy():
                if not self.threads.at_work():
                    return self._look(0), bool(self.foreign)  # once more: who answers has written before
                if not self.threads.held_up():
                    return [], True
            self._speak()
            self.agents.ask_again(self.now)
            ready = self._look(LOOK_S)
            if ready:
                return ready, False

    def _drag(self, first: int, alone: bool) -> Ready:
        """A short real wait; time passes with it where somebody works whom we can't ask."""
        self._speak()
        began = real.monotonic()
        ready = self._look(LOOK_S if first == NEVER else min(LOOK_S, max(0.001, (first - self.now) / 1e6)))
        if alone:
            passed = min(max(first - self.now, 0), int((real.monotonic() - began) * 1e6))
            self.now += passed
            self.slow_us += passed
            self.moved_at = real.monotonic()
        return ready

    def _creep(self) -> None:
        self._rounds += 1
        if self._rounds > ROUNDS:
            self.now += CREEP_US

    # --- when it stands still

    def _speak(self) -> None:
        if self._given_up and real.monotonic() - self._given_up > LAST_S:
            self._given_up = real.monotonic()
            raise StoodStill("the bench could not be cleared up after its clock had stood still")
        if self.verdict:
            self.give_up()

    def give_up(self) -> NoReturn:
        """Tells the watchman's verdict. What is cleared up afterwards lives by the machine's time."""
        told, self.verdict = self.verdict, ""
        self._given_up = real.monotonic()
        raise StoodStill(told)

    def account(self) -> list[str]:
        """Who is there and what everybody does, for the watchman."""
        goal = "never" if self.goal == NEVER else f"at {self.goal / 1e6:.6f}"
        what = f"waits, and is to be woken {goal}" if self.waiting else "does something itself"
        files = [procs.file(key.fd) for key in self.get_map().values() if key.fd not in self._news.get_map()]
        return [
            f"it is {self.now / 1e6:.6f}; the loop {what}; its files: {', '.join(files)}",
            *self.agents.account(),
            *(f"foreign process {pid}: {procs.describe(pid)}" for pid in sorted(self.foreign)),
            *self.threads.account(),
        ]
