# SPDX-License-Identifier: MIT
"""What was lost to rot and wear, by name: the technician is told, and the rest of the store goes on."""

from ..errors import Damaged
from .mount.index import LOG_SIZE
from .ring.cred import ROLL_SIZE
from .ring.layout import FIXED, KILLED, LOG, PLACES, RETIRED, ROLL, TALLY, TALLY_SIZE, VALUE

_BOOTS = 3  # the name of a lost tally
_CONFIG = 16
_MIRROR = 0x80


class Losses:
    """Credentials (handles), values (identifiers) and log entries that don't verify any more.

    A kill that a cut tore is no loss: what it was about is live elsewhere, and it is done again.
    """

    def __init__(self, index: "Index") -> None:
        self._index = index
        self._broken: "list[tuple[int, int, int, bool]]" = []
        self.handles: "list[int]" = []
        self.values: "list[int]" = []
        self.entries = 0
        self.unknown = 0  # records that don't even tell what they were about

    def broken(self, kind: int, about: int, addr: int, alone: bool) -> None:
        """The journal found a record that does not verify: see Records.scan."""
        self._broken.append((kind, about, addr, alone))

    def settle(self, journal: "Journal") -> None:
        """Sorts what was found broken, once the tables are known: done again, superseded, or lost."""
        index = self._index
        newest = index.log_address(index.log_next - 1)
        for kind, about, addr, alone in self._broken:
            if not alone:  # nor does it tell what it was about; a missing entry of the log shows by its number
                self.unknown += kind != LOG
            elif self._over(journal, kind, about, addr):
                journal.kill(addr)
                continue
            if kind not in (KILLED, 0, FIXED, ROLL, VALUE) and (not newest or journal.later(addr, newest)):
                index.log_next += 1  # it may have been the newest entry: no sequence is used twice
        self._broken = []

    def _over(self, journal: "Journal", kind: int, about: int, addr: int) -> bool:
        """Whether what is broken is to be killed: it is superseded, or was being killed. What is lost is noted."""
        index = self._index
        length = journal.length_at(addr)
        cut = about == journal.last_about()  # a kill that was cut is one of what the last record superseded
        if kind == TALLY and not index.at(TALLY, 0):
            self.value(_BOOTS)
        if (cut and length == journal.last_length()) or kind in (RETIRED, TALLY):
            return True  # copied from; what sectors are retired is told elsewhere, or found out again
        place = about - PLACES  # of a value, or else not above 0
        if kind in (KILLED, 0):  # a kill that was cut has a successor; without one it is a record that rotted
            nameless = about == PLACES and length in (journal.retired_size(), TALLY_SIZE)
            if not (cut or nameless or length == LOG_SIZE):  # an entry of the log that is missing shows by its number
                key = length >= ROLL_SIZE and (index.at(FIXED, about) or index.at(ROLL, about))
                self.unknown += not (key or index.at(VALUE, place))
            return True
        if kind == VALUE:
            about = place
        live = index.at(kind, about)
        if live and journal.later(live, addr):
            self.unknown += kind == VALUE and not cut  # it is another value's, and does not tell whose
            return True
        if kind == VALUE and place > 0:
            self.value(place)
        else:
            self.unknown += kind not in (FIXED, ROLL, LOG)
        if live:
            index.forget(kind, about)  # an older state must not come back
            self.unknown += kind == VALUE  # nor was it killed: the one that is broken may be another value's
        return False

    def handle(self, handle: int) -> None:
        """A credential was found damaged: it does not count until the next start."""
        if handle not in self.handles:
            self.handles.append(handle)
        self._index.forget(ROLL, handle)

    def value(self, place: int) -> None:
        """A value, or one copy of it, was found damaged."""
        ident = place & (_MIRROR - 1)
        if ident not in self.values:
            self.values.append(ident)

    def count(self) -> None:
        """Goes through the tables: what should be there and is not."""
        index = self._index
        given = index.next_handle()
        self.handles = [handle for handle in index.lacking() if handle < given and self._lost(handle)]
        self.values = [
            ident
            for ident in self.values
            if not index.at(VALUE, ident) and (ident >= _CONFIG or not index.at(VALUE, ident | _MIRROR))
        ]
        self.entries = sum([last - first + 1 for first, last in self.log()])

    def _lost(self, handle: int) -> bool:
        """Whether a credential that lacks a record is a loss. One that is revoked for that is none any more."""
        try:
            return not self._index.buried(handle)
        except Damaged:
            return True

    def log(self) -> "list[tuple[int, int]]":
        """Ranges of sequences, first and last, that are missing between the oldest entry kept and the newest."""
        index = self._index
        out: "list[tuple[int, int]]" = []
        for sequence in range(index.log_first(), index.log_next):
            if not index.log_address(sequence):
                if out and out[-1][1] == sequence - 1:
                    out[-1] = (out[-1][0], sequence)
                else:
                    out.append((sequence, sequence))
        return out

    def total(self) -> int:
        """How much is lost."""
        return len(self.handles) + len(self.values) + self.entries + self.unknown


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .journal import Journal
    from .mount.index import Index
