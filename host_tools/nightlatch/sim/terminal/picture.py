# SPDX-License-Identifier: MIT
"""What a simulated car looks like in the terminal: doors, outputs, links, the last verdicts, and where to plug in."""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...device.types import ACTIONS, LIGHTS, LINKS, VERDICTS
from ...wire import numbers as n
from ..car.car import Car
from ..car.lock import Edge

if TYPE_CHECKING:
    from rich.console import RenderableType

_LAST = 10
_LOOK = 0.5


def words(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    """(link, key, action, verdict) of a log entry, in words."""
    handle = entry["handle"]
    return (
        LINKS.get(entry["link"], "?"),
        "" if handle == n.HANDLE_NONE else str(handle),
        ACTIONS.get(entry["action"], str(entry["action"])),
        VERDICTS.get(entry["verdict"], str(entry["verdict"])),
    )


def light(car: Car) -> str:
    """What the status light does at this moment, and what it says."""
    reads = car.lock.lamp.reads()
    return ("● " if car.lock.lamp.on else "○ ") + (LIGHTS[reads] if reads else "")


class Picture:
    """Drawn anew whenever render() is called."""

    def __init__(self, car: Car, name: str, ports: dict[str, str]) -> None:
        self._car = car
        self._name = name
        self._ports = ports
        self._began = time.monotonic()
        self._last: deque[tuple[str, tuple[str, str, str, str]]] = deque(maxlen=_LAST)
        car.events.append(lambda entry: self._last.append((time.strftime("%H:%M:%S"), words(entry))))

    def render(self) -> "RenderableType":
        """The picture of this moment."""
        from rich.console import Group
        from rich.panel import Panel
        from rich.table import Table
        from rich.text import Text

        car = self._car
        facts = Table.grid(padding=(0, 2))
        open_ = car.lock.doors == "unlocked"
        on = [pin for pin, level in car.lock.levels.items() if level]
        facts.add_row("doors", Text(car.lock.doors, style="bold green" if open_ else "bold red"))
        facts.add_row("outputs", ", ".join(on) or "off")
        facts.add_row("bluetooth", f"{car.radio.connected} linked" + (", advertising" if car.radio.advertising else ""))
        facts.add_row("reader", "field on" if car.reader.field.power else "idle")
        facts.add_row("light", light(car))
        facts.add_row("agent", f"process {car.pid}, start {car.starts}, up {int(time.monotonic() - self._began)} s")
        for port, url in self._ports.items():
            facts.add_row(port, url)
        log = Table(box=None, expand=False, header_style="dim")
        for title in ("time", "link", "key", "action", "verdict"):
            log.add_column(title)
        for at, (link, key, action, verdict) in self._last:
            good = verdict in ("ok", VERDICTS[n.RECOVERED])
            log.add_row(at, link, key, action, Text(verdict, style="green" if good else "red"))
        hint = Text(f"technician: nightlatch --port sim:{self._name} device info      stop: Ctrl-C", style="dim")
        return Panel(Group(facts, Text(), log, Text(), hint), title=f"Nightlatch car “{self._name}”", expand=False)


async def plain(car: Car, name: str, ports: dict[str, str], stopped: asyncio.Event) -> None:
    """The same as lines of text, one an event."""

    def say(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def edge(one: Edge) -> None:
        say(f"output {one.pin} {'on' if one.level else 'off'}; doors {car.lock.doors}")

    for port, url in ports.items():
        say(f"port {port}: {url}")
    car.events.append(lambda entry: say("log " + " · ".join(word for word in words(entry) if word)))
    car.lock.listeners.append(edge)
    car.on_restart = lambda reason: say(f"the agent starts again: {reason}")
    say(f"car {name} is up; doors {car.lock.doors}")
    shown = None
    while not stopped.is_set():
        reads = car.lock.lamp.reads()
        if reads and reads != shown:
            shown = reads
            say(f"light: {LIGHTS[reads]}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _LOOK)
