# SPDX-License-Identifier: MIT
"""The `machine` module of the UNIX board: its pins, timer and watchdog lead to the bench, its ports are files.

The bench's end of the lock socket gets a line for every edge ("pin unlock 1") and for the watchdog ("watchdog 8000",
"feed"), and may send "button 0" or "button 1". Where no bench is there, pins move nothing.
"""

import asyncio
import io
import json
import socket
import sys
import termios

AF_UNIX = 1


def unix_socket(path: str) -> "socket.socket":
    """A connected stream socket to a path of the file system."""
    address = AF_UNIX.to_bytes(2, sys.byteorder) + path.encode() + b"\x00"
    link = socket.socket(AF_UNIX, socket.SOCK_STREAM)
    link.connect(address)
    return link


class _Bench:
    def __init__(self) -> None:
        self._link = None
        self._rest = b""
        self.inputs = {}

    def attach(self, path: str) -> None:
        self._link = unix_socket(path)
        self._link.setblocking(False)

    def attached(self) -> bool:
        return self._link is not None

    def say(self, line: str) -> None:
        if self._link is not None:
            self._link.send(line.encode() + b"\n")

    def hear(self) -> None:
        while self._link is not None:
            try:
                data = self._link.recv(64)
            except OSError:
                return
            if not data:
                return
            lines = (self._rest + data).split(b"\n")
            self._rest = lines.pop()[-64:]
            for line in lines:
                words = line.decode().split()
                if len(words) == 2:
                    self.inputs[words[0]] = int(words[1])


_bench = _Bench()


_serial = bytearray(8)
_cause = [1]

PWRON_RESET = 1
WDT_RESET = 3


def start(wiring: dict) -> None:
    """Takes the serial number from the wiring ("id": 16 hex digits) and connects pins and watchdog to the bench."""
    _serial[:] = bytes.fromhex(wiring["id"])
    _cause[0] = PWRON_RESET if wiring.get("cause", "power") == "power" else WDT_RESET
    if not _bench.attached():
        _bench.attach(wiring["lock"])


class Pin:
    """A named pin on the bench."""

    IN = 0
    OUT = 1

    def __init__(self, name: str, mode: int = IN, value: "int | None" = None) -> None:
        self._name = name
        self._mode = mode
        self._level = 0
        if value is not None:
            self.value(value)

    def value(self, level: "int | None" = None) -> "int | None":
        """Reads the level, or sets it: only a change is an edge."""
        if level is None:
            if self._mode == Pin.OUT:
                return self._level
            _bench.hear()
            return _bench.inputs.get(self._name, 0)
        if level != self._level:
            self._level = level
            _bench.say("pin %s %d" % (self._name, level))
        return None


class Timer:
    """A one-shot timer, run by the event loop; the watchdog stands behind it."""

    ONE_SHOT = 0

    def __init__(self, ident: int = -1) -> None:
        self._task = None

    def init(self, mode: int = ONE_SHOT, period: int = 0, callback: "object" = None) -> None:
        """Calls callback(self) once after period milliseconds."""
        self.deinit()
        self._task = asyncio.create_task(self._run(period, callback))

    async def _run(self, period: int, callback: "object") -> None:
        await asyncio.sleep_ms(period)
        self._task = None
        callback(self)

    def deinit(self) -> None:
        """Forgets what was armed."""
        if self._task is not None:
            self._task.cancel()
            self._task = None


class WDT:
    """The bench's watchdog: it kills and restarts an agent that stops feeding it."""

    def __init__(self, timeout: int = 5000) -> None:
        _bench.say("watchdog %d" % timeout)

    def feed(self) -> None:
        """Says that the agent is alive."""
        _bench.say("feed")


def UART(path: str) -> "io.FileIO":
    """A serial port as a raw file whose reads return what is there."""
    port = open(path, "r+b")
    mode = termios.tcgetattr(port.fileno())
    termios.setraw(port.fileno())
    mode = termios.tcgetattr(port.fileno())
    mode[6][5] = 0  # VTIME
    mode[6][6] = 0  # VMIN
    termios.tcsetattr(port.fileno(), termios.TCSANOW, mode)
    return port


def unique_id() -> bytes:
    """The serial number that the wiring names, 8 bytes."""
    return bytes(_serial)


def reset_cause() -> int:
    """Why it starts: PWRON_RESET, or WDT_RESET, which the RP2040 also says of a reset() of its own."""
    return _cause[0]


def reset() -> None:
    """Ends the process; the bench starts it again."""
    sys.exit(3)


def show(entry: dict) -> None:
    """Prints a log entry as one line of JSON, for the bench's display."""
    print(json.dumps(entry))
