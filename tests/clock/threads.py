# SPDX-License-Identifier: MIT
"""The threads beside the loop: who works in the executor, and who waits for files or for time to come."""

import os
import select
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from tests.clock import procs, real

ALONE_S = 1.0  # processor seconds of a thread without a wait, after which time goes on without it
ALONE_LOOKS = 10  # looks at one that sleeps in a call of its own, after which time goes on, too
MOST = 32  # threads of an executor: no call has to wait for another's end
_own = threading.local()


class Call:
    """One that a thread of the executor has to do. `thread` is its number in the kernel."""

    def __init__(self) -> None:
        self.thread = threading.get_native_id()
        self.waits = False
        self.rested()

    def rested(self) -> None:
        """It goes on after a wait."""
        self._began = self._spent = procs.look(os.getpid(), self.thread).spent
        self._asleep = 0

    def alone(self) -> bool:
        """Whether time may go on though it does something: it sleeps, or works without an end. One look."""
        state, spent = procs.look(os.getpid(), self.thread)
        self._asleep = 0 if state in ("R", "D") or spent != self._spent else self._asleep + 1
        self._spent = spent
        return self._asleep > ALONE_LOOKS or spent - self._began > ALONE_S


class Waiter:
    """A thread that waits: for files and their events, and until `deadline` (microseconds)."""

    def __init__(self, fds: dict[int, int], deadline: int) -> None:
        self.fds = fds
        self.deadline = deadline
        self.call: Call | None = getattr(_own, "call", None)
        self.name = threading.current_thread().name
        self.alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)


class Threads:
    """`running` is how many calls the executor has to finish. `nudge` wakes the loop when one begins to wait."""

    def __init__(self, nudge: Callable[[], None]) -> None:
        self._nudge = nudge
        self._lock = threading.Lock()
        self._waiters: set[Waiter] = set()
        self._calls: set[Call] = set()
        self.running = 0
        self.joining = False  # the executor is being ended: no time may pass for that

    # --- in a thread

    def counted(self, work: Callable[..., Any], *args: Any) -> Any:
        """Does the work in a thread whose waiting is known from then on."""
        call = _own.call = Call()
        with self._lock:
            self._calls.add(call)
        try:
            return work(*args)
        finally:
            _own.call = None
            with self._lock:
                self._calls.discard(call)

    def wait(self, fds: dict[int, int], deadline: int) -> list[tuple[int, int]]:
        """Waits for one of the files or for the deadline; what poll() says of the files."""
        poll = real.poll()
        for fd, events in fds.items():
            poll.register(fd, events)
        waiter = Waiter(fds, deadline)
        poll.register(waiter.alarm, select.POLLIN)
        with self._lock:
            self._waiters.add(waiter)
            if waiter.call:
                waiter.call.waits = True
        self._nudge()
        try:
            ready = poll.poll()
        finally:
            with self._lock:
                self._waiters.discard(waiter)
                os.close(waiter.alarm)
                if waiter.call:
                    waiter.call.rested()
                    waiter.call.waits = False
        return [(fd, event) for fd, event in ready if fd != waiter.alarm]

    # --- in the loop

    def begin(self) -> None:
        """The executor got a call to do."""
        with self._lock:
            self.running += 1

    def end(self) -> None:
        """It was done, or dropped."""
        with self._lock:
            self.running -= 1
        self._nudge()

    def at_work(self) -> bool:
        """Whether one that we know of has something to do: it does not wait, or what it waits for is there."""
        with self._lock:
            if self.joining or self.running > sum(call.waits for call in self._calls):
                return True
            poll = real.poll()
            wanted: dict[int, int] = {}
            for waiter in self._waiters:
                for fd, events in waiter.fds.items():
                    wanted[fd] = wanted.get(fd, 0) | events
            for fd, events in wanted.items():
                poll.register(fd, events)
            return bool(wanted and poll.poll(0))

    def held_up(self) -> bool:
        """Whether time has to stand for one that is at work: one that runs or is about to. One look at each of them."""
        with self._lock:
            if self.joining or self.running > len(self._calls):
                return True
            alone = [call.alone() for call in self._calls if not call.waits]
            return not alone or not all(alone)

    def deadlines(self) -> list[int]:
        """When those who wait want to be woken."""
        with self._lock:
            return [waiter.deadline for waiter in self._waiters]

    def ring(self, now: int) -> None:
        """Wakes those whose time has come."""
        with self._lock:
            for waiter in [waiter for waiter in self._waiters if waiter.deadline <= now]:
                self._waiters.discard(waiter)
                if waiter.call:
                    waiter.call.waits = False  # it has something to do from now on, before it runs
                os.eventfd_write(waiter.alarm, 1)

    def account(self) -> list[str]:
        """Lines about each, for the watchman."""
        with self._lock:
            lines = [f"the executor has {self.running} calls to finish"] if self.running else []
            for waiter in self._waiters:
                files = ", ".join(procs.file(fd) for fd in waiter.fds) or "time alone"
                lines.append(f"thread {waiter.name} waits for {files} until {waiter.deadline / 1e6:.6f}")
        frames = sys._current_frames()
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            if frame is not None and thread is not threading.current_thread():
                at = traceback.extract_stack(frame)[-1]
                lines.append(f"thread {thread.name} is at {at.filename}:{at.lineno} in {at.name}")
        return lines
