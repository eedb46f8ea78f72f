# SPDX-License-Identifier: MIT
"""The technician's cable: two ptys joined in the middle, one end for the agent and one for whoever plugs in."""

import asyncio
import errno
import os
import termios
import tty
from collections.abc import Callable
from contextlib import suppress

_CHUNK = 4096
_BACKLOG = 65536


class _End:
    """One pty: its name for others to open, its master for us. Kept open on both sides, so peers may come and go."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        os.set_blocking(self.master, False)
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.waiting = bytearray()

    def close(self) -> None:
        os.close(self.master)
        os.close(self._slave)

    def flush_input(self) -> None:
        """Forgets what the peer has not read."""
        termios.tcflush(self._slave, termios.TCIFLUSH)
        self.waiting.clear()


class Cable:
    """`agent` and `technician` are the paths of its two ends. What nobody reads is lost beyond a bound, as on a UART.

    `taps` are called with (direction, bytes), direction "in" towards the agent and "out" from it; what a `filter`
    returns goes on in place of what came (None: lost).
    """

    def __init__(self) -> None:
        self._agent = _End()
        self._technician = _End()
        self.agent = self._agent.path
        self.technician = self._technician.path
        self.taps: list[Callable[[str, bytes], None]] = []
        self.filter: Callable[[str, bytes], bytes | None] | None = None

    def start(self) -> None:
        """Begins to carry bytes."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._agent.master, self._carry, "out", self._agent, self._technician)
        loop.add_reader(self._technician.master, self._carry, "in", self._technician, self._agent)

    def stop(self) -> None:
        """Pulls both ends."""
        loop = asyncio.get_running_loop()
        for end in (self._agent, self._technician):
            loop.remove_reader(end.master)
            loop.remove_writer(end.master)
            end.close()

    def replug(self) -> None:
        """Pulls the technician's end and puts in another, of another name: who held the old one loses the link."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._technician.master)
        loop.remove_writer(self._technician.master)
        self._technician.close()
        self._technician = _End()
        self.technician = self._technician.path
        self.start()

    def clear(self) -> None:
        """Forgets what is on its way to an agent that is gone."""
        self._agent.flush_input()

    def _carry(self, direction: str, source: _End, sink: _End) -> None:
        try:
            data = os.read(source.master, _CHUNK)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EIO):
                raise
            return
        for tap in list(self.taps):
            tap(direction, data)
        passed = data if self.filter is None else self.filter(direction, data)
        if passed and len(sink.waiting) + len(passed) <= _BACKLOG:
            sink.waiting += passed
        self._push(sink)

    def _push(self, sink: _End) -> None:
        loop = asyncio.get_running_loop()
        with suppress(BlockingIOError):
            while sink.waiting:
                del sink.waiting[: os.write(sink.master, sink.waiting)]
        if sink.waiting:
            loop.add_writer(sink.master, self._push, sink)
        else:
            loop.remove_writer(sink.master)
