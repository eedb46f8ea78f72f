# SPDX-License-Identifier: MIT
"""Cuts the power of a simulated car at the nth frame of one direction, or in the nth operation of its flash.

What happens in between takes no time on the bench's clock, so a cut after so many milliseconds would meet nothing; and
these can be repeated.
"""

from pathlib import Path
from random import Random
from typing import Any

from tests.system.car_bench import Bench

# The agent, on a flash that stops in the operation that a file beside the image names: half of a write is done.
MAIN = """
import asyncio, json, os, sys, time
from agent import app, hal
from agent.hal import unix
from agent.store.flash.filenor import FileNor


class Mortal(FileNor):
    def __init__(self, path):
        super().__init__(path)
        self._order = path + ".cut"
        self._left = 0

    def _due(self):
        try:
            with open(self._order) as file:
                self._left = int(file.read())
            os.remove(self._order)
        except OSError:
            pass
        self._left -= 1
        return self._left == 0

    def _die(self):
        print(json.dumps({"cut": "flash"}))
        time.sleep(100000)

    def program(self, addr, data):
        due = self._due()
        super().program(addr, data[: len(data) // 2] if due else data)
        if due:
            self._die()

    def erase(self, sector):
        if self._due():
            self._die()
        super().erase(sector)


unix.FileNor = Mortal
asyncio.run(app.App(hal.Hal(hal.wiring())).run())
"""


def firmware(folder: Path) -> Path:
    """Writes the folder that play() takes for one whose power these can cut in an operation of the flash."""
    made = folder / "firmware"
    made.mkdir()
    (made / "main.py").write_text(MAIN)
    return made


class Cuts:
    """One after the other, for one bench. `made` counts those that came to pass, by what they were counted in."""

    def __init__(self, bench: Bench, *kinds: tuple[str, int]) -> None:
        """kinds: what is counted ("token", "answer", "in" and "out" on the cable, "flash"), and the highest count."""
        self._bench = bench
        self._kinds = kinds
        self._what, self._left = "", 0
        self._turn = 0
        self.made: dict[str, int] = {}
        car = bench.car
        self._order = car.flash.with_name(car.flash.name + ".cut")
        car.cable.taps.append(lambda direction, data: self._count(direction))
        car.radio.before_token = lambda token: self._count("token")
        car.radio.before_answer = lambda answer: self._count("answer")
        car.events.append(self._told)

    def draw(self, moments: Random) -> None:
        """Chooses the next cut, of each kind in turn: from here on it may come."""
        self._what, most = self._kinds[self._turn % len(self._kinds)]
        self._turn += 1
        self._left = moments.randint(1, most)
        print("the power goes at", self._what, self._left)
        if self._what == "flash":
            self._order.write_text(str(self._left))

    async def over(self) -> None:
        """The power is off, if the cut did not come to pass, now."""
        self._what = ""
        self._order.unlink(missing_ok=True)
        self._bench.car.kill_now()
        await self._bench.car.kill()
        assert not any(self._bench.car.lock.levels.values()), "an output stayed on without power"

    def _count(self, what: str) -> None:
        if what == self._what:
            self._left -= 1
            if not self._left:
                self._cut(what)

    def _told(self, entry: dict[str, Any]) -> None:
        if "cut" in entry:
            self._cut("flash")

    def _cut(self, what: str) -> None:
        self.made[what] = self.made.get(what, 0) + 1
        self._bench.car.kill_now()
