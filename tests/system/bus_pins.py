# SPDX-License-Identifier: MIT
"""Runs under MicroPython: machine.SPI, machine.I2C and machine.Pin as far as the reader's buses use them, at the far
end of the bench's socket.

Each costs what it costs on a board: the time of its bits, and some for the driver around it. Without that a driver that
asks the chip again and again would ask for ever: on the bench's clock work takes no time.
"""

import errno
import time

from machine import unix_socket

_TURN_US = 1000  # the driver, and MicroPython's way into the controller
_SPI_US = 8  # a byte at 1 MHz
_I2C_US = 23  # a byte and its acknowledgement at 400 kHz


class Wire:
    """The bench's socket: one operation, one answer."""

    def __init__(self, path):
        self._link = unix_socket(path)

    def do(self, operation, data=b"", cost=0):
        if cost:
            time.sleep_us(cost)
        self._link.send(operation.encode() + len(data).to_bytes(2, "big") + data)
        return self._exactly(int.from_bytes(self._exactly(2), "big"))

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            data += self._link.recv(size - len(data))
        return data


class Spi:
    """machine.SPI: polarity 0, phase 0, most significant bit first."""

    def __init__(self, wire):
        self._wire = wire

    def write(self, data):
        self._exchange(bytes(data))

    def readinto(self, buf, write=0):
        buf[:] = self._exchange(bytes((write,)) * len(buf))

    def write_readinto(self, data, buf):
        assert len(data) == len(buf)
        buf[:] = self._exchange(bytes(data))

    def _exchange(self, data):
        return self._wire.do("X", data, _TURN_US + _SPI_US * len(data))


class I2c:
    """machine.I2C: a device that does not answer is EIO, one that holds the clock ETIMEDOUT."""

    def __init__(self, wire):
        self._wire = wire

    def _try(self, good, said):
        if not good:
            raise OSError(errno.ETIMEDOUT if said == b"\x02" else errno.EIO)

    def _cost(self, data):
        return _TURN_US + _I2C_US * (1 + len(data))

    def writeto(self, address, data):
        said = self._wire.do("W", bytes((address,)) + bytes(data), self._cost(data))
        self._try(said == b"\x01", said)
        return len(data)

    def readfrom_into(self, address, buf):
        got = self._wire.do("R", bytes((address,)) + len(buf).to_bytes(2, "big"), self._cost(buf))
        self._try(len(got) == len(buf) and got != b"\x02", got)
        buf[:] = got


class Pin:
    """One line: S (select), I (IRQ), Z (reset)."""

    def __init__(self, wire, name):
        self._wire = wire
        self._name = name

    def value(self, level=None):
        if level is None:
            return self._wire.do(self._name, cost=_TURN_US)[0]
        self._wire.do(self._name, bytes((level,)))
        return None
