# SPDX-License-Identifier: MIT
"""Pins that lead to the simulator's bench, over a stream: how the simulated boards move a lock that is not there.

The bench gets a line for every edge ("pin unlock 1") and may send "button 0" or "button 1". Where no bench is there,
pins move nothing.
"""

_KEPT = 64


class Bench:
    """This end of the line. A board without one still has its pins."""

    def __init__(self) -> None:
        self._line: "Any" = None
        self._rest = b""
        self._buf = bytearray(_KEPT)
        self.inputs: "dict[str, int]" = {}

    def attach(self, line: "Any") -> None:
        """From here on over this stream, whose readinto() does not wait."""
        self._line = line

    def say(self, text: str) -> None:
        """One line to the bench."""
        if self._line is not None:
            self._line.write(text.encode() + b"\n")

    def hear(self) -> None:
        """Takes in what the bench said."""
        while self._line is not None:
            count = self._line.readinto(self._buf)
            if not count:
                return
            lines = (self._rest + self._buf[:count]).split(b"\n")
            self._rest = lines.pop()[-_KEPT:]
            for line in lines:
                words = line.decode().split()
                if len(words) == 2:
                    self.inputs[words[0]] = int(words[1])


bench = Bench()


class Pin:
    """A pin by its name on the bench."""

    IN = 0
    OUT = 1
    PULL_UP = 2

    def __init__(self, name: str, mode: int = IN, pull: "int | None" = None, value: "int | None" = None) -> None:
        self._name = name.lower()
        self._mode = mode
        self._level = 0
        if value is not None:
            self.value(value)

    def value(self, level: "int | None" = None) -> "int | None":
        """Reads the level (what the bench holds down is at ground), or sets it: only a change is an edge."""
        if level is None:
            if self._mode == Pin.OUT:
                return self._level
            bench.hear()
            return 0 if bench.inputs.get(self._name) else 1
        if level != self._level:
            self._level = level
            bench.say("pin %s %d" % (self._name, level))
        return None


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
