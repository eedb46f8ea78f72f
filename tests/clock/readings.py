# SPDX-License-Identifier: MIT
"""`time` and `select` while a loop that owns its time runs: they read the clock, and a thread's waits are known to it.

They are replaced in their modules, for all who say `time.monotonic()`, and do as ever while no such loop runs. A name
that is bound once (`from time import monotonic`) stays the machine's: that is what tests/clock itself uses.
"""

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, SupportsIndex

import serial.serialutil

from tests.clock import real
from tests.clock.selector import BEGIN_US, Clock

_active: Clock | None = None
_EPOCH = real.time()


@contextmanager
def of(clock: Clock) -> Iterator[None]:
    """While it lasts, this is the clock of the process."""
    global _active
    before, _active = _active, clock
    clock.thread = threading.get_ident()
    try:
        yield
    finally:
        _active = before


def install() -> None:
    """Puts the readings in their place."""
    time.monotonic, time.perf_counter, time.time, time.sleep = _monotonic, _perf_counter, _time, _sleep
    select.select, select.poll = _select, _poll  # type: ignore[assignment, misc]
    serial.serialutil.Timeout.TIME = staticmethod(_monotonic)  # bound once, in pyserial


def _monotonic() -> float:
    clock = _active
    return clock.read() if clock else real.monotonic()


def _perf_counter() -> float:
    clock = _active
    return clock.read() if clock else real.perf_counter()


def _time() -> float:
    clock = _active
    return _EPOCH + clock.read() - BEGIN_US / 1e6 if clock else real.time()


def _elsewhere() -> Clock | None:
    """The clock, for a thread that is not its loop's."""
    clock = _active
    return clock if clock is not None and threading.get_ident() != clock.thread else None


def _sleep(seconds: float | SupportsIndex, /) -> None:
    clock = _elsewhere()
    if clock is None:
        real.sleep(seconds)
    else:
        clock.wait({}, float(seconds))


def _select(read: Any, write: Any, other: Any, timeout: float | None = None) -> Any:
    clock = _elsewhere()
    if clock is None:
        return real.select(read, write, other, timeout)
    fds: dict[int, int] = {}
    for files, event in ((read, select.POLLIN), (write, select.POLLOUT), (other, select.POLLPRI)):
        for file in files:
            fds[_number(file)] = fds.get(_number(file), 0) | event
    clock.wait(fds, timeout)
    return real.select(read, write, other, 0)


def _number(file: Any) -> int:
    return file if isinstance(file, int) else int(file.fileno())


class Poll:
    """select.poll() in a thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._fds: dict[int, int] = {}

    def register(self, fd: Any, events: int = select.POLLIN | select.POLLPRI | select.POLLOUT) -> None:
        """Looks at a file, too."""
        self._fds[_number(fd)] = events

    modify = register

    def unregister(self, fd: Any) -> None:
        """Looks at it no more."""
        del self._fds[_number(fd)]

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        """What is ready after at most so many milliseconds; None or less than 0: whenever something is."""
        return self._clock.wait(self._fds, None if timeout is None or timeout < 0 else timeout / 1000)


def _poll() -> Any:
    clock = _elsewhere()
    return Poll(clock) if clock else real.poll()
