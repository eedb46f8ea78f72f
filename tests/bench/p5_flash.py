# SPDX-License-Identifier: MIT
"""P5: what an unlock costs the flash, and how worn that is after 15 years, days as in life: see `day`."""

from importlib import import_module
from typing import Any

from tests.bench.figure import Figure
from tests.model.nor import Nor
from tests.power.unit import boot
from tests.power.world import chain, entry, open_store

tables: Any = import_module("agent.store.tables")

SECTORS, SECTOR, PAGE = 64, 4096, 256
KEYS = 10
A_DAY = 20  # unlocks
YEARS = 15
DAYS = 365 * YEARS + 4


class Car:
    """A store in use, and what its unlocks cost."""

    def __init__(self) -> None:
        self.nor = Nor(SECTORS, SECTOR, PAGE)
        self.store = open_store(self.nor)
        self.unlocks = self.bytes = self.worst = self.erases = self.hours = 0
        self.store.put(tables.AGENT, bytes(range(48)))
        for handle in range(KEYS):
            self.store.enrol(handle, 1, 1, 255, "key %d" % handle, chain(handle, 1 << 20), chain(handle, 0))

    def unlock(self) -> None:
        """One step of a credential: what is on the path. Its log entry, and upkeep, come when idle."""
        cred = self.store.find(self.unlocks % KEYS)
        before, erases = self.nor.programmed, self.nor.erases
        before_it = chain(cred.handle, 1 << 21 | cred.epoch)
        self.store.step(cred, cred.epoch + 1, chain(cred.handle, cred.epoch + 1), self.unlocks & 0xFFFF, before_it)
        cost = self.nor.programmed - before
        self.unlocks += 1
        self.bytes += cost
        self.worst = max(self.worst, cost)
        self.erases += self.nor.erases - erases
        self.store.log_append(entry(self.store.log_next))
        while self.store.maintain():
            pass

    def day(self) -> None:
        """Twenty unlocks, each with its log entry; the floor of the time raised each hour; one start counted."""
        unit = boot(self.nor)
        unit.idle()
        self.store = unit.store
        for _ in range(A_DAY):
            self.unlock()
        for _ in range(24):
            self.hours += 1
            self.store.advance(tables.TIME, 1_700_000_000 + 3600 * self.hours)
            self.store.maintain()


def measure(full: bool) -> list[Figure]:
    """Bytes and erases on the path of an unlock, and the erases of the hottest sector."""
    car = Car()
    days = DAYS if full else 365
    for _ in range(days):
        car.day()
    hottest = max(car.nor.wear) * DAYS / days
    where = f"{SECTORS} sectors of {SECTOR} B, {KEYS} keys, {car.unlocks:,} unlocks"
    return [
        Figure("P5", "flash: bytes programmed per unlock, mean", round(car.bytes / car.unlocks, 1), "B", 96, where),
        Figure("P5", "flash: bytes programmed per unlock, worst", car.worst, "B", 96, where),
        Figure("P5", "flash: erases on the path of an unlock", car.erases, "", 0, where),
        Figure("P5", "flash: hottest sector after 15 years", round(hottest), "erases", 60, f"{A_DAY} a day; {where}"),
    ]
