# SPDX-License-Identifier: MIT
"""What is broken, case by case: what is told of it, whether it is killed, whether a number of the log is left out.
Functions return what is wrong."""

from agent.store import tables
from agent.store.journal import Journal
from agent.store.losses import Losses
from agent.store.mount.index import Index
from agent.store.ring.cred import revoked
from agent.store.ring.layout import FIXED, KILLED, LOG, PLACES, RETIRED, ROLL, TALLY, TALLY_SIZE, VALUE
from tests.model.losing import rot, tidy
from tests.model.nor import Nor
from tests.power.world import entry, open_store

SEQUENCES = (9, 7, 8, 6)  # of four sectors: the first one is the head
OLD, AT, NEW = 0x1100, 0x2100, 0x200  # what is broken stands between the two
SETTING = PLACES | 20
RETIRED_SIZE = 3  # a bit for each of four sectors, and what it is about
NOTHING = (0, [], 0, False, [])


class Broken:
    """A journal of four sectors, its tables, and something that does not verify."""

    def __init__(self, last: "tuple[int, int]", live: "tuple", newest: int) -> None:
        self.nor = Nor(len(SEQUENCES), 4096, 256)
        self.journal = Journal(self.nor)
        self.journal._sectors.sequences[:] = type(self.journal._sectors.sequences)("I", SEQUENCES)
        self.journal._sectors.about, self.journal._sectors.about_size = last
        self.index = Index(self.journal)
        for kind, about, addr in live:
            self.index.see(kind, about.to_bytes(2, "big"), addr)
        if newest:
            self.index.see(LOG, entry(40), newest)
        self.losses = Losses(self.index)
        self.live = [(kind, about & 0xFF if kind == VALUE else about) for kind, about, _ in live]

    def settled(self, kind: int, about: int, length: int, alone: bool) -> tuple:
        """What is told: how many without a name, values; by how much the log's number rises; killed; forgotten."""
        self.nor.cells[AT] = length
        before = self.index.log_next
        self.losses.broken(kind, about, AT, alone)
        self.losses.settle(self.journal)
        gone = [one for one in self.live if not self.index.at(*one)]
        killed = self.nor.cells[AT + 1] == 0
        return self.losses.unknown, self.losses.values, self.index.log_next - before, killed, gone


def found(
    kind: int,
    about: int = 5,
    length: int = 50,
    *,
    alone: bool = True,
    last: "tuple[int, int]" = (7, 28),
    live: "tuple" = (),
    newest: int = 0,
) -> tuple:
    """What settling one thing does."""
    return Broken(last, live, newest).settled(kind, about, length, alone)


KEY, SET = (FIXED, 5, OLD), (VALUE, SETTING, OLD)
KEY_NEW, SET_NEW = (FIXED, 5, NEW), (VALUE, SETTING, NEW)
KILL, LOST, BOTH = (0, [], 0, True, []), (1, [], 0, False, []), (1, [], 0, True, [])


def superseded() -> "list[str]":
    """A kill that was cut is done again, and no loss; nor is what the last record was copied from, or superseded."""
    rows = [
        (KILL, found(kind, about, length, last=(about, size)))
        for kind in (KILLED, 0)
        for about, length, size in ((5, 30, 28), (5, 30, 30), (SETTING, 9, 8), (PLACES, 30, 28))
    ]
    copied = (ROLL, 5), (VALUE, SETTING), (LOG, 9)
    rows += [(KILL, found(kind, about, 28, last=(about, 28))) for kind, about in copied]
    rows += [
        (NOTHING, found(ROLL, 5, 30, last=(5, 28))),  # of another length: not copied from
        (NOTHING, found(ROLL, 6, 28, last=(5, 28))),
        (KILL, found(ROLL, 5, 30, live=((ROLL, 5, NEW),))),
        (KILL, found(FIXED, live=(KEY_NEW,))),
        ((0, [], 0, False, [(ROLL, 5)]), found(ROLL, live=((ROLL, 5, OLD),))),  # an older state must not come back
        ((0, [], 0, False, [(FIXED, 5)]), found(FIXED, live=(KEY,))),
        ((0, [], 0, False, [(FIXED, 5)]), found(FIXED, live=(KEY,), last=(5, 28))),
        (NOTHING, found(FIXED, live=((ROLL, 5, NEW),))),
        (NOTHING, found(FIXED, 900)),  # it lacks a record, and shows by that
        # a value that is older than the one that is live may be another's; not when that one superseded it just now
        (BOTH, found(VALUE, SETTING, live=(SET_NEW,))),
        (KILL, found(VALUE, SETTING, live=(SET_NEW,), last=(SETTING, 8))),
    ]
    return wrong(rows)


def nameless() -> "list[str]":
    """A tally, and what says which sectors rest, are no loss as long as there is another tally."""
    rows = [(KILL, found(RETIRED, about, length)) for about, length in ((PLACES, RETIRED_SIZE), (5, 30))]
    rows += [
        ((0, [tables.BOOTS], 0, True, []), found(TALLY, PLACES, TALLY_SIZE)),
        ((0, [tables.BOOTS], 0, True, []), found(TALLY, PLACES, TALLY_SIZE, newest=OLD)),
        (KILL, found(TALLY, PLACES, TALLY_SIZE, live=((TALLY, PLACES, OLD),))),
        (KILL, found(TALLY, PLACES, TALLY_SIZE, live=((TALLY, PLACES, NEW),))),
    ]
    for kind in (KILLED, 0):
        rows += [(KILL, found(kind, PLACES, length)) for length in (TALLY_SIZE, RETIRED_SIZE)]
        rows += [(BOTH, found(kind, PLACES, length)) for length in (30, RETIRED_SIZE + 1, TALLY_SIZE - 1)]
        rows += [(BOTH, found(kind, about, TALLY_SIZE)) for about in (5, PLACES - 1, PLACES + 1)]
    return wrong(rows)


def killed() -> "list[str]":
    """Zeros where a record was, and nobody was killing it: rot, told unless there is another about the same."""
    rows = []
    for kind in (KILLED, 0):
        rows += [
            (BOTH, found(kind)),
            (KILL, found(kind, live=(KEY,))),
            (KILL, found(kind, live=((ROLL, 5, NEW),))),
            (KILL, found(kind, live=(KEY, (ROLL, 5, NEW)))),
            (BOTH, found(kind, live=((FIXED, 6, OLD), (ROLL, 4, OLD)))),
            (KILL, found(kind, 5, 41, live=(KEY,))),
            (BOTH, found(kind, 5, 40, live=(KEY,))),  # too short for a key's
            (KILL, found(kind, SETTING, 9, live=(SET,))),
            (KILL, found(kind, SETTING, 30, live=(SET_NEW,))),
            (BOTH, found(kind, SETTING, 9)),
            (BOTH, found(kind, 20, 9, live=(SET,))),
            (BOTH, found(kind, SETTING + 1, 30, live=(SET, KEY))),
            (KILL, found(kind, 5, 24)),  # an entry of the log: it shows by its number
            (LOST, found(kind, -1, 24, alone=False)),
            (LOST, found(kind, -1, 30, alone=False, live=(KEY,), newest=OLD)),
        ]
    return wrong(rows)


def values() -> "list[str]":
    """A value is lost by its name; the one before, if it was not killed, tells that the name may be a wrong one."""
    return wrong(
        [
            ((0, [20], 0, False, []), found(VALUE, SETTING)),
            ((0, [1], 0, False, []), found(VALUE, PLACES | 1)),
            ((0, [1], 0, False, []), found(VALUE, PLACES | 1 | tables.MIRROR)),
            ((1, [20], 0, False, [(VALUE, 20)]), found(VALUE, SETTING, live=(SET,))),
            ((1, [20], 0, False, [(VALUE, 20)]), found(VALUE, SETTING, live=(SET,), newest=OLD)),
            ((0, [21], 0, False, []), found(VALUE, SETTING + 1, live=(SET,))),
            (LOST, found(VALUE, PLACES, TALLY_SIZE)),  # no name of a value
            (LOST, found(VALUE, 20, live=(SET,))),
            (LOST, found(VALUE, -1, alone=False, live=(SET,))),
        ]
    )


def numbers() -> "list[str]":
    """What may have been the newest entry of the log takes its number with it; what was not, does not."""
    rows = []
    for newest, more in ((0, 1), (OLD, 1), (0x20F0, 1), (0x2180, 0), (NEW, 0)):
        rows += [
            ((0, [], more, False, []), found(LOG, newest=newest)),
            ((0, [], more, False, []), found(LOG, -1, alone=False, newest=newest)),
            ((0, [], more, False, []), found(LOG, SETTING, newest=newest)),
            ((1, [], more, False, []), found(77, SETTING, newest=newest)),
            ((1, [], more, False, []), found(77, newest=newest)),
            ((1, [], more, False, []), found(77, -1, alone=False, newest=newest)),
            ((1, [], more, False, []), found(TALLY, -1, alone=False, newest=newest)),
            (NOTHING, found(FIXED, newest=newest)),
            (NOTHING, found(ROLL, newest=newest)),
            (LOST, found(FIXED, -1, alone=False, newest=newest)),
            (LOST, found(ROLL, -1, alone=False, newest=newest)),
        ]
    return wrong(rows)


def several() -> "list[str]":
    """Each is settled, and once."""
    made = Broken((7, 28), (KEY,), OLD)
    for place, row in enumerate(((KILLED, 5, True), (0, -1, False), (LOG, 9, True), (TALLY, PLACES, True)), 1):
        made.losses.broken(row[0], row[1], AT + 128 * place, row[2])
    have = made.settled(LOG, 9, 30, True)
    want = 1, [tables.BOOTS], 2, False, []
    made.losses.settle(made.journal)
    again = made.losses.unknown, made.index.log_next
    return [] if have == want and again == (1, 43) else ["%r, %r" % (have, again)]


def counted() -> "list[str]":
    """By name, each once; what is there again is no loss any more."""
    made = Broken((7, 28), ((VALUE, PLACES | 2, OLD), (VALUE, PLACES | 1 | 128, OLD), (VALUE, PLACES | 17, OLD)), 0)
    losses, index = made.losses, made.index
    fresh = losses.handles[:], losses.values[:], losses.entries, losses.unknown, losses.total()
    index.see(VALUE, (PLACES | 16 | 128).to_bytes(2, "big"), OLD)  # nobody keeps a setting twice
    for place in (1, 2, 15, 16, 17, 15 | 128, 1 | 128, 15):
        losses.value(place)
    named = list(losses.values)
    index.see(ROLL, bytes((0, 3)), OLD)
    for handle in (3, 1, 3):
        losses.handle(handle)
    dropped = losses.handles == [3, 1] and not index.at(ROLL, 3)
    for sequence in (1, 2, 4, 9):
        index.see(LOG, entry(sequence), OLD + sequence * 32)
    for handle in (0, 2, 5):
        index.see(FIXED, bytes((0, handle)), OLD)
    index.see(ROLL, bytes((0, 0)), OLD)
    index.see(ROLL, bytes((0, 1)), OLD)  # what stands there does not verify: nor does it tell that it was revoked
    body = revoked(6)  # its other record is missing: it was revoked for that
    made.journal._clean = [0, 1, 2, 3]
    index.see(ROLL, body, made.journal.append(ROLL, body))
    index._handles = 7
    losses.unknown = 1
    losses.count()
    have = losses.handles, losses.values, losses.log(), losses.entries, losses.total()
    want = [1, 2, 3, 4, 5], [15, 16], [(3, 3), (5, 8)], 5, 13
    out = [] if have == want and fresh == ([], [], 0, 0, 0) and dropped else ["%r, %r" % (have, fresh)]
    return out if named == [1, 2, 15, 16, 17] else out + ["%r" % named]


def a_length(geometry: str) -> "list[str]":
    """The only key, its first length and its second body rot: nothing is left of it, its loss is told, the rest is."""
    nor, _, store = tidy(geometry, keys=1)
    nor.cells[store.at(FIXED, 0)] = 0xA0
    rot(nor, store.at(ROLL, 0))
    store = open_store(nor)
    told = store.losses.unknown, store.losses.handles, store.next_handle(), store.find(0), store.log_next
    return [] if told == (1, [0], 1, None, 9) else ["%r" % (told,)]


def wrong(rows: "list[tuple[tuple, tuple]]") -> "list[str]":
    """What is not as it should be."""
    return ["row %d: %r, not %r" % (row, have, want) for row, (want, have) in enumerate(rows) if have != want]


ALL = (superseded, nameless, killed, values, numbers, several, counted)
