# SPDX-License-Identifier: MIT
"""The small termios of MicroPython's unix port, which the Pico's stubs don't have."""

from typing import Any

TCSANOW: int
B9600: int
B57600: int
B115200: int

def tcgetattr(fd: int) -> list[Any]: ...
def tcsetattr(fd: int, when: int, attributes: list[Any]) -> None: ...
def setraw(fd: int) -> None: ...
