# SPDX-License-Identifier: MIT
"""The `machine` module of the UNIX board: its pins, timer and watchdog lead to the bench, its ports are files.

The bench's end of the lock socket gets what bench.py says, and lines for the watchdog ("watchdog 8000", "feed").
"""

import asyncio
import io
import json
import socket
import sys
import termios

from bench import Pin, bench

__all__ = ["Pin", "Timer", "UART", "WDT", "reset", "reset_cause", "show", "start", "unique_id"]

AF_UNIX = 1


def unix_socket(path: str) -> "socket.socket":
    """A connected stream socket to a path of the file system."""
    address = AF_UNIX.to_bytes(2, sys.byteorder) + path.encode() + b"\x00"
    link = socket.socket(AF_UNIX, socket.SOCK_STREAM)
    link.connect(address)
    return link


PWRON_RESET = 1
WDT_RESET = 3

_serial = bytearray(8)
_wiring = {}


def start(wiring: dict) -> None:
    """Takes the serial number from the wiring ("id": 16 hex digits) and connects pins and watchdog to the bench."""
    if _wiring:
        return
    _wiring.update(wiring)
    _serial[:] = bytes.fromhex(wiring["id"])
    link = unix_socket(wiring["lock"])
    link.setblocking(False)
    bench.attach(link)


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
        bench.say("watchdog %d" % timeout)

    def feed(self) -> None:
        """Says that the agent is alive."""
        bench.say("feed")


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
    """PWRON_RESET, or WDT_RESET after any other end of the run before: an RP2040 knows no more either."""
    return PWRON_RESET if _wiring.get("cause", "power") == "power" else WDT_RESET


def reset() -> None:
    """Ends the process; the bench starts it again."""
    sys.exit(3)


def show(entry: dict) -> None:
    """Prints a log entry as one line of JSON, for the bench's display."""
    print(json.dumps(entry))
