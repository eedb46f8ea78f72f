# SPDX-License-Identifier: MIT
"""A unit from its start to its end, as far as the store sees it: what agent/app.py does with it, and nothing else."""

from agent.errors import NightlatchError
from agent.store import tables
from agent.store.journal import Journal
from agent.store.tally import Tally


class Unit:
    """What runs after a start. Its methods raise what the store raises."""

    def __init__(self, nor: "Nor") -> None:
        journal = Journal(nor)
        self.store = tables.Store(journal)
        self.store.mount()
        self.tally = Tally(self.store, journal)
        self._steady = False
        try:
            self.tally.start()
        except NightlatchError:
            pass  # it is only told

    def idle(self) -> bool:
        """One slice of idle time; whether there may be more to do."""
        counted = self.tally.renew()
        return bool(self.store.maintain() or counted)

    def steady(self) -> None:
        """A minute after the start, which comes once."""
        if not self._steady:
            self._steady = True
            self.tally.steady()


def boot(nor: "Nor", mood: int = 0) -> Unit:
    """Power comes up, and the unit starts."""
    nor.power_up(mood)
    return Unit(nor)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.model.nor import Nor
