# SPDX-License-Identifier: MIT
"""The board, as the agent sees it. This package alone knows what the agent runs on; board.py and unix.py hold the rest.

A board is described by a wiring table: the frozen module `wiring` on a microcontroller, made of boards/NAME by
boards/setup/wiring.py; a JSON file that the command line names on UNIX.
    board     its name, as HELLO tells it
    pins      role (UNLOCK, BUTTON, READER_TX …) to number, or to a name where it has none
    serial    the technician's port: kind "usb" (the console), "uart" (with id, baud) or "file"
    reader    the NFC reader's bus: "hsu", "spi" or "i2c" (with id, baud; chip where it is no PN532); absent without one
    flash     size of the chip in bytes; regions   name to (offset, size) in bytes
    radio     "native" or "none"
    debug     whether the image keeps MicroPython's prompt
"""

import sys

from .base import Base
from .restart import restart

_HOSTS = ("linux", "darwin")


def wiring() -> dict:
    """The wiring table: of the file that the command line names, of the image otherwise."""
    if len(sys.argv) > 1:
        import json

        with open(sys.argv[1]) as file:
            return json.load(file)
    from wiring import WIRING

    return WIRING


def Hal(wiring: dict) -> Base:
    """Everything that the composition root needs, on this port."""
    if sys.platform in _HOSTS:
        from .unix import Unix

        return Unix(wiring)
    from .board import Board

    return Board(wiring)


def ended(error: BaseException) -> None:
    """What becomes of an agent that stops, whatever the reason: it starts again. There is no prompt to fall out to."""
    if sys.platform in _HOSTS:
        if isinstance(error, SystemExit):
            raise error
        sys.print_exception(error)
    else:
        from wiring import WIRING

        if WIRING["debug"]:
            raise error
    restart()
