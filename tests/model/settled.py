# SPDX-License-Identifier: MIT
"""The end of the journal at a start: what is made firm, killed again, wiped, told; in which order, and what when the
flash refuses. Each function returns what is wrong."""

from collections.abc import Callable

from agent.store.journal import Journal
from agent.store.mount import recover
from tests.model.ring import chip as c
from tests.model.ring.chip import ANY, FIRST, QUIET, SEAL, SIZE, Asked, Chip, Wrong, erased, head, in_use
from tests.model.ring.tails import joined

OLD, HEAD, SPARE = 4, 1, 2
SEQUENCE = 9
BODY = bytes(range(24)) + b"\x00\x07"
BASE = HEAD * SIZE
END = FIRST + 32  # behind one record of that body
Event = tuple[object, ...]


class Start:
    """A head with a record, or with none, and a start's look at it. `events`: what settle() asked of flash and caller.

    `gone`: addresses of records that were killed, as the scan found them. `live`: whether the last record is.
    """

    def __init__(self, last: bool = True, copies: bool = False, behind: bytes = b"", sealed: bool = False) -> None:
        self.chip = chip = Chip()
        self.ring = ring = Journal(chip)
        self.events: list[Event] = []
        self.live = True
        self.gone: tuple[list[int], list[int]] = [], []
        ring._marked = True
        ring._sequence = SEQUENCE
        ring._order = [OLD, HEAD]
        for sector, sequence in ((OLD, SEQUENCE - 1), (HEAD, SEQUENCE)):
            chip.put(sector * SIZE, head(sequence, 1, copies and sector == HEAD))
            ring._sectors.sequences[sector] = sequence
        for sector in (SPARE, 3, 5):
            chip.put(sector * SIZE, erased(sector))
            ring._wear[sector] = sector
            ring._clean.append(sector)
        self.record = c.record(SEQUENCE, FIRST, c.ROLL, BODY)
        at = FIRST
        if last:
            chip.put(BASE + FIRST, self.record + (SEAL if sealed else b""))
            at = END + 8 * sealed
        chip.put(BASE + at, behind)
        sectors = ring._sectors
        sectors.tail, sectors.sealed, sectors.last = at, sealed, BASE + FIRST if last else 0
        sectors.last_kind, sectors.last_body = (c.ROLL, BODY) if last else (0, b"")

    def settle(self) -> "list[Event]":
        """What is done, in order, zeros that go on where those before end as one."""
        self.ring._sectors.killed = self.gone
        recover.settle(self.ring, self._keep, self._clear)
        self._flush()
        return self.events

    def _flush(self) -> None:
        self.events += joined(self.chip.done())

    def _keep(self, kind: int, body: bytes, addr: int) -> "Callable[[int], None] | None":
        self._flush()
        self.events.append(("keep", kind, body, addr))
        return self._moved if self.live else None

    def _moved(self, addr: int) -> None:
        self._flush()
        self.events.append(("moved", addr))

    def _clear(self, done: "list[int]", whole: bool) -> None:
        self._flush()
        self.events.append(("clear", list(done), whole))


def zeros(at: int, size: int, sector: int = HEAD) -> Asked:
    """A program of zeros."""
    return ("program", sector * SIZE + at, bytes(size))


def word(at: int, data: bytes) -> Asked:
    """A program in the head."""
    return ("program", BASE + at, data)


def sides() -> "list[str]":
    """Sectors that wait for an erase: what is left of a head is killed, but the mark of a chip that is new."""
    wrong = Wrong()
    clean, touched = erased(7) + b"\xff" * 32, erased(7) + bytes(16) + b"\xff" * 16
    for name, data, killed, first in (
        ("blank", b"\xff" * 48, False, False),
        ("erased", clean, False, False),
        ("touched", touched, True, False),
        ("in use, and its touch rotted", erased(7) + b"\xff" * 16 + in_use(5, 7), True, True),
        ("in use", head(5, 7), True, True),
        ("killed", bytes(48), False, False),
        ("half an erase", b"\xa5" * 48, True, True),
        ("an erase mark that rotted", b"\xff" * 16 + bytes(16) + b"\xff" * 16, True, True),
    ):
        for order, free in (([HEAD], []), ([HEAD], [SPARE]), ([], [SPARE]), ([], [])):
            one = Start()
            one.ring._order, one.ring._clean, one.ring._dirty = list(order), list(free), [0]
            one.chip.put(0, data)
            asked = [event for event in one.settle() if event[0] == "program" and int(str(event[1])) < SIZE]
            want = first if not order and not free else killed
            wrong.same(f"{name}, {order}, {free}", bool(asked), want)
            wrong.same(f"{name}, as it is left", one.chip.at(0, 48) == bytes(48), want or data == bytes(48))
            wrong.same("no head, nothing to settle", [one for one in one.events if one[0] == "clear"] == [], not order)
    one = Start()
    one.ring._dirty = [0, 5]
    for sector in (0, 5):
        one.chip.put(sector * SIZE, touched)
    one.chip.refuse = {("program", 0): -1}
    one.settle()
    wrong.same("one that refuses", (one.chip.at(0, 48), one.chip.at(5 * SIZE, 48)), (touched, bytes(48)))
    wrong.same("and the end is settled", one.events[-1], word(END + 144, QUIET))
    return wrong.out


def torn() -> "list[str]":
    """The last record is made firm, what it superseded killed again; then the tables', then what a cut left behind it.
    """
    wrong = Wrong()
    same = word(FIRST, Start().record)
    mark = [zeros(16, 8), word(32, in_use(SEQUENCE, 1)), zeros(24, 8)]
    one = Start(behind=b"\x1a\x02torn")
    one.gone = [OLD * SIZE + 48], [OLD * SIZE + 80]
    for addr in (OLD * SIZE + 48, OLD * SIZE + 80):
        one.chip.put(addr, b"\x0a")
    again = [zeros(49, 13, OLD), zeros(81, 13, OLD)]
    done = ("clear", [OLD * SIZE + 48, OLD * SIZE + 80], True)
    wiped: list[Event] = [zeros(END, 144), word(END + 144, QUIET)]
    wrong.same("torn", one.settle(), [zeros(24, 8), same, *again, done, *wiped])
    ring = one.ring
    have = ring._at, ring._end, ring._copies, ring._calm, ring._unsure, ring._unsealed
    wrong.same("then", have, (END + 144, END, False, True, False, True))
    wrong.same("not again", ring._sectors.killed, ([], []))
    one = Start(last=False)
    wrong.same("no record", one.settle(), [*mark, ("clear", [], True), zeros(FIRST, 144), word(192, QUIET)])
    wrong.same("no record, then", (one.ring._order, one.ring._end), ([OLD, HEAD], FIRST))
    one = Start(sealed=True)
    want = [zeros(24, 8), word(END, SEAL), ("clear", [], True), zeros(END + 8, 144), word(END + 152, QUIET)]
    wrong.same("sealed", one.settle(), want)
    wrong.same("sealed, then", (one.ring._unsealed, one.ring._end), (False, END + 8))
    return wrong.out


def calm() -> "list[str]":
    """Where nothing was appended since the last start, nothing is written, and what may go is told."""
    wrong = Wrong()
    one = Start(behind=bytes(144) + QUIET)
    one.gone = [OLD * SIZE + 48], []
    wrong.same("calm", one.settle(), [("clear", [OLD * SIZE + 48], True)])
    wrong.same("then", (one.ring._at, one.ring._calm, one.ring._order), (END + 144, True, [OLD, HEAD]))
    one = Start(last=False, behind=bytes(144) + QUIET)
    one.ring._leaving, one.ring._bad[0] = [HEAD], 1 << HEAD
    wrong.same("no record", (one.settle(), one.ring._order), ([("clear", [], True)], [OLD, HEAD]))
    wrong.same("it takes no more", one.ring._at, SIZE)
    return wrong.out


def killed_again() -> "list[str]":
    """A killed record that stands behind the last one is none: its length may be torn."""
    wrong = Wrong()
    inside, outside = BASE + FIRST + 8, OLD * SIZE + 900
    for gone, want in (
        ([inside], [inside]),
        ([BASE + END - 1], [BASE + END - 1]),
        ([BASE + END], []),
        ([BASE + END + 8], []),
        ([outside], [outside]),
        ([outside, BASE + END + 4, inside], [outside, inside]),
    ):
        for place in range(2):
            one = Start()
            one.gone = (gone, []) if place == 0 else ([], gone)
            told = [event[1] for event in one.settle() if event[0] == "clear"]
            wrong.same(f"{gone}", told, [want])
    return wrong.out


def among_copies() -> "list[str]":
    """A head of copies: the next copy goes right behind the last, whatever stands there; nothing is wiped."""
    wrong = Wrong()
    one = Start(copies=True, behind=b"\x1a\x02torn".ljust(144) + QUIET)
    same = word(FIRST, Start().record)
    wrong.same("copies", one.settle(), [same, ("clear", [], True)])
    ring = one.ring
    wrong.same("then", (ring._at, ring._end, ring._copies, ring._unsure, ring._calm), (END, END, True, True, False))
    one = Start(last=False, copies=True)
    mark: list[Event] = [zeros(16, 8), word(32, in_use(SEQUENCE, 1))]
    wrong.same("none yet", one.settle(), [*mark, ("clear", [], True)])
    wrong.same("none yet, then", (one.ring._at, one.ring._unsure), (FIRST, True))
    return wrong.out


def leaving() -> "list[str]":
    """A head that is to be emptied takes no more; one that is no good and never took a record is given back."""
    wrong = Wrong()
    for last, bad, back in ((True, False, False), (True, True, False), (False, False, False), (False, True, True)):
        one = Start(last)
        one.ring._leaving = [HEAD]
        if bad:
            one.ring._retire(HEAD)
        one.settle()
        have = one.ring._at, one.ring._order, one.chip.at(BASE, 16) == bytes(16)
        wrong.same(f"{last}, {bad}", have, (SIZE, [OLD] if back else [OLD, HEAD], back))
    one = Start()
    one.ring._leaving = [OLD]
    one.settle()
    wrong.same("another one", one.ring._at, END + 144)
    return wrong.out


def unconfirmed() -> "list[str]":
    """A last record that its sector does not take again is copied; what it superseded goes once the copy is safe."""
    wrong = Wrong()
    keep = ("keep", c.ROLL, BODY, BASE + FIRST)
    there = BASE + END + 152
    for live, refused, whole in ((True, 1, True), (False, 1, True), (True, 9, False)):
        one = Start()
        one.live = live
        one.gone = [OLD * SIZE + 48], []
        one.chip.put(OLD * SIZE + 48, b"\x0a")
        one.chip.refuse = {("program", BASE + FIRST): 1}
        if refused > 1:
            one.chip.refuse.update({("program", BASE + END + 152 + 40 * more): 1 for more in range(3)})
            one.chip.refuse.update({("program", sector * SIZE + 16): -1 for sector in (SPARE, 3, 5)})
        events = one.settle()
        name = f"{live}, {refused}"
        wrong.same(name, events[:3], [zeros(24, 8), word(FIRST, one.record), zeros(49, 13, OLD)])
        wrong.same(name + ", asked", [event for event in events if event[0] == "keep"], [keep])
        told = [event for event in events if event[0] == "clear"]
        wrong.same(name + ", told once", told, [("clear", [OLD * SIZE + 48], whole)])
        wrong.same(name + ", told last", events[-1], told[-1])
        moved = [event for event in events if event[0] == "moved"]
        wrong.same(name + ", moved", moved, [("moved", there)] if live and whole else [])
        gone = one.chip.at(BASE + FIRST + 1, 29) == bytes(29)
        wrong.same(name + ", it is killed then", gone, live and whole)
    one = Start(last=False)
    one.chip.refuse = {("program", ANY): 1}
    wrong.same("none to move", one.settle()[-1], ("clear", [], True))
    wrong.same("nobody is asked", [event for event in one.events if event[0] == "keep"], [])
    return wrong.out


ALL = (sides, torn, calm, killed_again, among_copies, leaving, unconfirmed)
