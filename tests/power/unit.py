# SPDX-License-Identifier: MIT
"""A unit from its start to its end, as far as the store sees it: what agent/app.py does with it, and nothing else."""

from agent.errors import NightlatchError
from agent.store import tables
from agent.store.journal import Journal

try:
    from agent.store.tally import Tally
except ImportError:
    Tally = None  # type: ignore[assignment, misc]


class _Counters:
    """Starts and crashes as counters among the values."""

    def __init__(self, store: "tables.Store") -> None:
        self._store = store
        self.boots = self.crashes = 0

    def start(self) -> None:
        store = self._store
        self.boots = store.counter(tables.BOOTS) + 1
        if store.get(tables.STEADY) is None:
            store.advance(tables.STEADY, self.boots - 1)
        self.crashes = max(0, self.boots - 1 - store.counter(tables.STEADY))
        store.advance(tables.BOOTS, self.boots)

    def steady(self) -> None:
        self.crashes = 0
        if self.boots:
            self._store.advance(tables.STEADY, self.boots)

    def renew(self) -> bool:
        return False


class Unit:
    """What runs after a start. Its methods raise what the store raises."""

    def __init__(self, nor: "Nor") -> None:
        journal = Journal(nor)
        self.store = tables.Store(journal)
        self.store.mount()
        self.tally = Tally(self.store, journal) if Tally is not None else _Counters(self.store)
        try:
            self.tally.start()
        except NightlatchError:
            pass  # it is only told

    def idle(self) -> bool:
        """One slice of idle time; whether there may be more to do."""
        return bool(self.store.maintain() or self.tally.renew())

    def steady(self) -> None:
        """A minute after the start."""
        self.tally.steady()


def boot(nor: "Nor", mood: int = 0) -> Unit:
    """Power comes up, and the unit starts."""
    nor.power_up(mood)
    return Unit(nor)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.model.nor import Nor
