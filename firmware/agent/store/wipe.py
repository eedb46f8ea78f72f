# SPDX-License-Identifier: MIT
"""A factory reset: the store forgets everything it holds, whatever moment the power fails at.

The value WIPE says that it has begun. The sectors that hold it go last, so whoever starts in the middle goes on;
without them nothing is left to be forgotten. A head is killed before its sector's erase: half an erase must not look
like records.
"""

from ..errors import StoreError
from . import tables
from .ring.layout import VALUE


def begin(store: "tables.Store") -> None:
    """From here on there is no way back. StoreError when the flash does not take it."""
    store.put(tables.WIPE, b"\x01")


def finish(store: "tables.Store", journal: "Journal") -> None:
    """Erases all of a store in which it has begun. Both objects are void then.

    StoreError when the flash refuses: then it has still begun.
    """
    size = journal.flash.sector_size
    last = [store.at(VALUE, tables.WIPE | copy) // size for copy in (0, tables.MIRROR)]
    _erase_dirty(journal)
    for late in (False, True):
        for sector in [one for one in journal._order if (one in last) == late]:
            journal._sectors.kill_head(sector)
            if not journal._sectors.head(sector).killed:
                raise StoreError("a sector can't be given up")
            journal._order.remove(sector)
            journal._dirty.append(sector)
            _erase_dirty(journal)
            if journal._is_bad(sector):
                journal._sectors.kill_head(sector)  # what an erase left there must not pass for somebody else's


def _erase_dirty(journal: "Journal") -> None:
    while True:
        journal.beat()
        try:
            if not journal.prepare():
                return
        except StoreError:
            pass  # a sector that refuses is tried again, and then rests


def erase(flash: "Nor", beat: "Callable[[], None]") -> None:
    """Erases a flash whose store can't be read; what refuses is left. beat() is called for each sector."""
    for sector in range(flash.sectors):
        beat()
        try:
            flash.erase(sector)
        except (OSError, StoreError):
            pass


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .flash.nor import Nor
    from .journal import Journal
