# SPDX-License-Identifier: MIT
"""The virtual lock: what the agent's output pins do to the doors, with a trace of every edge, and the status light.

The relays let go when the agent's end of the socket closes, as pins do when a microcontroller loses its power.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .lamp import Lamp

PULSE_MAX = 3.0  # seconds; the relay's own limit for pins that pulse
_HELD = {"drive"}
_LINE_MAX = 256


@dataclass(frozen=True)
class Edge:
    """One change of an output. `at` is seconds on the bench's monotonic clock."""

    pin: str
    level: int
    at: float


class Lock:
    """Listens on a Unix socket for the agent. `doors` is "locked" or "unlocked", by what the outputs did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.edges: list[Edge] = []
        self.lamp = Lamp()
        self.levels: dict[str, int] = {}
        self.doors = "locked"
        self.openings = 0
        self.listeners: list[Callable[[Edge], None]] = []
        self.watchdog: float | None = None  # seconds between two feeds that the agent allows itself
        self.fed = 0.0
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        """Opens the socket."""
        self._server = await asyncio.start_unix_server(self._serve, str(self.path), limit=_LINE_MAX)

    async def stop(self) -> None:
        """Closes the socket."""
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.close()

    def press(self, down: bool) -> None:
        """Holds the claim button, or lets it go."""
        if self._writer is not None:
            self._writer.write(b"button %d\n" % down)

    def longest(self) -> float:
        """The longest pulse so far, in seconds, of the outputs that pulse."""
        longest = 0.0
        up: dict[str, float] = {}
        for edge in self.edges:
            if edge.level:
                up[edge.pin] = edge.at
            elif edge.pin in up and edge.pin not in _HELD:
                longest = max(longest, edge.at - up.pop(edge.pin))
        return longest

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.watchdog = None
        try:
            with suppress(ConnectionError, ValueError, asyncio.IncompleteReadError):
                while line := await reader.readline():
                    self._take(line.decode("ascii", "replace").split())
        finally:
            if self._writer is writer:
                self._writer = None
                self.watchdog = None
                for pin, level in list(self.levels.items()):
                    if level:
                        self._edge(pin, 0)
                self.lamp.edge(False)
            writer.close()

    def _take(self, words: list[str]) -> None:
        if len(words) == 3 and words[:2] == ["pin", "led"]:
            self.lamp.edge(words[2] == "1")
        elif len(words) == 3 and words[0] == "pin" and words[2] in ("0", "1"):
            self._edge(words[1], int(words[2]))
        elif len(words) == 2 and words[0] == "watchdog" and words[1].isdigit():
            self.watchdog = int(words[1]) / 1000
            self.fed = time.monotonic()
        elif words == ["feed"]:
            self.fed = time.monotonic()

    def _edge(self, pin: str, level: int) -> None:
        self.levels[pin] = level
        edge = Edge(pin, level, time.monotonic())
        self.edges.append(edge)
        if level and pin in ("unlock", "trunk"):
            self.openings += 1
        if level and pin in ("unlock", "lock"):
            self.doors = pin + "ed"
        for listener in list(self.listeners):
            listener(edge)
