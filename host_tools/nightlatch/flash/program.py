# SPDX-License-Identifier: MIT
"""What the program of an ESP32's image is: MicroPython as it is published, or built with the agent in it.

MicroPython keeps its banner in the program: name and version, date, then the board's name, which for each of boards/
begins with "Nightlatch on".
"""

import re
from dataclasses import dataclass

from .errors import BadImage

OLDEST = (1, 26)  # what the agent is written for
_BANNER = re.compile(rb"MicroPython v(\d+)\.(\d+)[^ \0]* on \d{4}-")
_OURS = b"Nightlatch on "


@dataclass(frozen=True)
class Program:
    """`ours`: the agent is in it; else `version` is MicroPython's."""

    ours: bool
    version: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        return "with the agent in it" if self.ours else "stock MicroPython {}.{}".format(*self.version)


def look(data: bytes) -> Program:
    """What these bytes are. Raises BadImage for what is neither, or too old."""
    if _OURS in data:
        return Program(True)
    found = _BANNER.search(data)
    if found is None:
        raise BadImage("the program is no MicroPython", "nothing was written; see the board's deploy.md")
    version = int(found[1]), int(found[2])
    if version < OLDEST:
        text = "this is MicroPython {}.{}, the agent wants {}.{}".format(*version, *OLDEST)
        raise BadImage(text, "nothing was written; take a newer image")
    return Program(False, version)
