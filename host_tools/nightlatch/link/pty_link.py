# SPDX-License-Identifier: MIT
"""A pseudo-terminal as a link: raw, exclusive, never this process's controlling terminal."""

import errno
import fcntl
import os
import select
import termios
import time
import tty

from ..errors import LinkLost, NoDevice, PortUnavailable
from .base import READ_CHUNK, Link


class PtyLink(Link):
    """`path` is a terminal device, such as /dev/pts/4 or a symbolic link to one."""

    def __init__(self, url: str, path: str, timeout: float) -> None:
        super().__init__(url, timeout)
        self._fd = _open(url, path)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            tty.setraw(self._fd, termios.TCSANOW)
            termios.tcflush(self._fd, termios.TCIFLUSH)
        except BlockingIOError:
            self.close()
            raise PortUnavailable("the port is in use by another program", device=url) from None
        except termios.error:
            self.close()
            raise NoDevice(f"{path} is not a terminal", "see `nightlatch device list`", device=url) from None

    def read(self, n: int, timeout: float) -> bytes:
        if not self._wait(select.POLLIN, timeout):
            return b""
        try:
            data = os.read(self._fd, min(n, READ_CHUNK))
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:  # readable and yet empty: the other end is closed
            raise LinkLost("the link was lost", device=self.url)
        return data

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        end = time.monotonic() + self.timeout
        while view:
            if not self._wait(select.POLLOUT, max(0.0, end - time.monotonic())):
                raise self._stuck()
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                continue
            except OSError:
                raise LinkLost("the link was lost", device=self.url) from None

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _wait(self, event: int, timeout: float) -> bool:
        if self._fd < 0:
            raise LinkLost("the link is closed", device=self.url)
        poll = select.poll()
        poll.register(self._fd, event)
        ready = poll.poll(max(0, int(timeout * 1000 + 0.999)))
        if ready and ready[0][1] & select.POLLHUP and not ready[0][1] & event:
            raise LinkLost("the link was lost", device=self.url)
        return bool(ready)


def _open(url: str, path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            raise PortUnavailable("no permission to open the port", _permission(path), device=url) from None
        if error.errno == errno.EBUSY:
            raise PortUnavailable("the port is in use by another program", device=url) from None
        raise NoDevice(f"cannot open the port: {error.strerror}", device=url) from None


def _permission(path: str) -> str:
    return f"see who may open it with `ls -l {path}`; serial ports often want the group dialout"
