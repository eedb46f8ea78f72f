# SPDX-License-Identifier: MIT
"""A serial port (USB-CDC or a UART bridge) as a link, through pyserial.

DTR and RTS stay as the system raises them on opening, both at once: USB-CDC stacks take no data without DTR,
and the auto-reset circuit of ESP32 boards resets while the two differ, which dropping them one by one would do.
"""

import errno

import serial

from ..errors import LinkLost, NoDevice, PortUnavailable
from .base import READ_CHUNK, Link
from .url import LinkUrl

_BUSY = {errno.EBUSY, errno.EAGAIN}
_FORBIDDEN = {errno.EACCES, errno.EPERM}


class SerialLink(Link):
    """Eight bits, no parity, no flow control; locked against other programs that lock."""

    def __init__(self, where: LinkUrl, timeout: float) -> None:
        super().__init__(str(where), timeout)
        try:
            self._port = serial.Serial(
                where.path, where.baud, timeout=0, write_timeout=timeout, exclusive=True
            )
        except (serial.SerialException, OSError, ValueError) as error:
            raise explain(self.url, error) from None

    def read(self, n: int, timeout: float) -> bytes:
        try:
            if self._port.timeout != timeout:  # setting it reads the terminal's settings again
                self._port.timeout = max(0.0, timeout)
            first: bytes = self._port.read(1)
            waiting = min(n - 1, self._port.in_waiting, READ_CHUNK - 1) if first else 0
            return first + self._port.read(waiting) if waiting > 0 else first
        except (serial.SerialException, OSError, TypeError):  # TypeError: pyserial, closed while it reads
            raise LinkLost("the link was lost", device=self.url) from None

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except serial.SerialTimeoutException:
            raise self._stuck() from None
        except (serial.SerialException, OSError):
            raise LinkLost("the link was lost", device=self.url) from None

    def close(self) -> None:
        self._port.close()


def explain(url: str, error: Exception) -> Exception:
    """What a port that can't be opened means: the exception to raise in place of the system's."""
    number = getattr(error, "errno", None)
    text = str(error)
    if number in _FORBIDDEN or "Access is denied" in text:
        hint = "join the group that owns the port (often dialout), then log in again"
        return PortUnavailable("no permission to open the port", hint, device=url)
    if number in _BUSY or "exclusively lock" in text:
        return PortUnavailable("the port is in use by another program", device=url)
    if isinstance(error, ValueError):
        return NoDevice("the port does not support this speed", "leave ?baud= out", device=url)
    reason = ": no such device" if number == errno.ENOENT else ""
    return NoDevice(f"cannot open the port{reason}", device=url)
