# SPDX-License-Identifier: MIT
"""What was lost to rot and wear, by name: the technician is told, and the rest of the store goes on."""

from ..errors import Damaged
from .mount.index import LOG_SIZE
from .ring.cred import FIXED_SIZE
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
        last = index.log_next - 1
        newest = index.log_address(last) if last >= 0 else 0
        for kind, about, addr, alone in self._broken:
            cut = about == journal.last_about()  # a kill that was cut is one of what the last record superseded
            copied = cut and journal.length_at(addr) == journal.last_length()  # or was copied from
            nameless = about == PLACES and journal.length_at(addr) in (journal.retired_size(), TALLY_SIZE)
            if alone and (copied or kind in (RETIRED, TALLY) or (kind in (KILLED, 0) and (cut or nameless))):
                journal.kill(addr)  # what sectors are retired is told elsewhere, or found out again
                if kind == TALLY and not index.at(TALLY, 0):
                    self.value(_BOOTS)
                continue
            place = about & ~PLACES if about > PLACES else -1
            if kind in (KILLED, 0):  # a kill that was cut has a successor; without one it is a record that rotted
                length = journal.length_at(addr) if alone else 0
                key = place < 0 and length >= FIXED_SIZE
                known = key and (index.at(FIXED, about) or index.at(ROLL, about)) or index.at(VALUE, place)
                if length != LOG_SIZE:  # an entry of the log that is missing shows by its number
                    self.unknown += not known
                if alone:
                    journal.kill(addr)
                continue
            if kind == VALUE:
                about = place
            live = index.at(kind, about)
            if live and journal.later(live, addr):
                if alone:
                    journal.kill(addr)
                if kind == VALUE and not cut:
                    self.unknown += 1  # it is another value's, and does not tell whose
                continue
            if kind == VALUE and alone and place >= 0:
                index.forget(kind, about)
                self.value(about)
                self.unknown += live > 0  # the one before was not killed: it may be another value's
            elif (kind == FIXED or kind == ROLL) and alone:
                if live:
                    index.forget(kind, about)  # an older state must not come back
            elif kind == LOG:
                pass
            else:
                self.unknown += 1
            if kind not in (FIXED, ROLL, VALUE) and (not newest or journal.later(addr, newest)):
                index.log_next += 1  # it may have been the newest entry: no sequence is used twice
        self._broken = []

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
