# SPDX-License-Identifier: MIT
"""The `machine` module of the emulated board, on the C module `mps2`: what the agent uses of it on a microcontroller.

Pins lead to the simulator's bench over serial port 3. Port 1 is the technician's, port 2 the reader's, port 4 the air.
The command line (qemu -semihosting-config arg=…) may name the serial number, `id=` and 16 hex digits, and the file that
holds the flash, `flash=`; for a script, a folder of the host to import from, `path=`.
"""

import json

import mps2
from bench import Pin, bench
from micropython import const

__all__ = ["Flash", "Pin", "Timer", "UART", "WDT", "command", "path", "reset", "show", "ticks", "unique_id"]

_BENCH = const(3)
_FLASH_SIZE = const(0x80000)

reset = mps2.reset
ticks = mps2.ticks

_words = mps2.command_line().split()
_options = dict(word.split("=", 1) for word in _words[1:] if "=" in word)
command = [word for word in _words[1:] if "=" not in word]
path = [_options["path"]] if "path" in _options else []


def UART(ident: int, baudrate: int = 115200, **options: object) -> "mps2.UART":
    """A serial port, 1 to 4, whose calls never wait. Nothing on an emulated line depends on its speed."""
    return mps2.UART(ident)


def Flash() -> "mps2.Flash":
    """The board's flash, with the block protocol of rp2.Flash."""
    return mps2.Flash(_options.get("flash", "flash.img"), _FLASH_SIZE)


class Timer:
    """The board's one timer, of the hardware; it counts once."""

    ONE_SHOT = 0

    def __init__(self, ident: int = -1) -> None:
        self._then: "Callable | None" = None
        self._over_soon = self._over

    def init(self, mode: int = ONE_SHOT, period: int = 0, callback: "Callable | None" = None) -> None:
        """Calls callback(self) once after period milliseconds, in place of what was armed before."""
        self._then = callback
        mps2.alarm(max(period, 1), self._over_soon)

    def deinit(self) -> None:
        """Forgets what was armed."""
        self._then = None
        mps2.alarm(0, None)

    def _over(self, _: object) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(self)


class WDT:
    """The watchdog: resets a board whose program stops feeding it."""

    def __init__(self, timeout: int = 5000) -> None:
        self._timeout = timeout
        self.feed()

    def feed(self) -> None:
        """Says that the program is alive."""
        mps2.watchdog(self._timeout)


def unique_id() -> bytes:
    """8 bytes."""
    return bytes.fromhex(_options.get("id", "4e4c515400000001"))


def show(entry: dict) -> None:
    """Prints a log entry as one line of JSON, for the bench's display."""
    print(json.dumps(entry))


bench.attach(mps2.UART(_BENCH))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
