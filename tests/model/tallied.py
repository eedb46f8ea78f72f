# SPDX-License-Identifier: MIT
"""The count of starts by itself: what it makes of each record, and what it programs. Each function raises where that
does not hold."""

import struct
from typing import Any

from agent.store.ring.layout import TALLY
from agent.store.tally import Tally

AT = 0x100
NONE = b"\xff" * 64


class Kept:
    """Store and journal in one: a record of a tally, or none, and the marks that were programmed."""

    def __init__(self, body: bytes = b"") -> None:
        self.body = bytearray(body)
        self.marked: list[int] = []

    def at(self, kind: int, place: int) -> int:
        """Where it is."""
        assert kind == TALLY
        return AT if self.body else 0

    def read(self, addr: int) -> bytes:
        """The record."""
        assert addr == AT
        return bytes(self.body)

    def mark(self, addr: int, data: bytes, at: int = 0) -> None:
        """A mark is made."""
        assert addr == AT and data == b"\x00"
        self.body[6 + at] = 0
        self.marked.append(at)

    def keep_tally(self, body: bytes) -> None:
        """The next record."""
        assert len(body) == 72 and body[70:] == b"\xff\x00"
        self.body = bytearray(body)


def record(base: int, crashes: int, starts: "tuple[int, ...]" = (), steady: "tuple[int, ...]" = ()) -> Kept:
    """One with marks at these places."""
    marks = bytearray(NONE)
    for place in starts:
        marks[place] = 0
    for place in steady:
        marks[32 + place] = 0
    return Kept(struct.pack(">IH", base, crashes) + bytes(marks) + b"\xff\x00")


def made(kept: Kept) -> Tally:
    """A tally over it."""
    both: Any = kept
    return Tally(both, both)


def started() -> None:
    """Starts and crashes in a row, by what a start finds; it marks the next place, as long as there is one."""
    for base, crashes, starts, steady, want, marked in (
        (0, 0, (), (), (1, 0), [0]),
        (0, 0, (0,), (), (2, 1), [1]),
        (0, 0, (0,), (0,), (2, 0), [1]),
        (100, 3, (0, 1, 2), (), (104, 6), [3]),
        (100, 3, (0, 1, 2), (0,), (104, 2), [3]),
        (100, 3, (0, 1, 2), (1,), (104, 1), [3]),
        (100, 3, (0, 1, 2), (0, 2), (104, 0), [3]),
        (7, 0, (0, 4), (), (13, 5), [5]),  # what lies between two marks counts
        (7, 9, tuple(range(31)), (), (39, 40), [31]),
        (7, 9, tuple(range(32)), (), (39, 41), []),
        (7, 9, tuple(range(32)), (31,), (39, 0), []),
        (7, 0xFFFF, (0,), (), (9, 0xFFFF), [1]),
        (7, 0xFFFE, (0,), (), (9, 0xFFFF), [1]),
        (7, 0xFFFE, (), (), (8, 0xFFFE), [0]),
        (0x12345678, 0x102, (0,), (), (0x1234567A, 0x103), [1]),
    ):
        kept = record(base, crashes, starts, steady)
        tally = made(kept)
        assert (tally.boots, tally.crashes) == (1, 0)
        tally.start()
        assert (tally.boots, tally.crashes) == want and kept.marked == marked, (want, tally.boots, tally.crashes)
        kept.marked = []
        tally.steady()
        assert tally.crashes == 0 and kept.marked == [32 + min((starts or (-1,))[-1] + 1, 31)]
    half = record(0, 0, (0,))
    half.body[7] = 0x7F  # a cut left one bit of a mark
    tally = made(half)
    tally.start()
    assert tally.boots == 3 and half.marked == [2]


def first() -> None:
    """Without a record a start is the first one, and nothing is marked until idle time makes one."""
    kept = Kept()
    tally = made(kept)
    tally.start()
    tally.crashes = 4
    tally.steady()
    assert (tally.boots, tally.crashes, kept.marked) == (1, 0, [])
    assert tally.renew() and not tally.renew()
    assert kept.body == bytes(7) + b"\xff" * 31 + b"\x00" + b"\xff" * 32 + b"\x00", "a claim is no crash"
    tally.steady()
    assert kept.marked == [32] and tally.boots == 1
    again = made(kept)
    again.start()
    assert (again.boots, again.crashes) == (2, 0) and kept.marked == [32, 1]


def renewed() -> None:
    """A record is renewed once 24 starts are in it; what is counted goes on, and whether this start lasted."""
    for count, due in ((1, False), (22, False), (23, True), (24, True), (32, True)):
        for lasted in (False, True):
            kept = record(1000, 2, tuple(range(count)))
            tally = made(kept)
            tally.start()
            crashes = 0 if lasted else 2 + count
            if lasted:
                tally.steady()
            assert tally.renew() == due, count
            if due:
                marks = b"\x00" + b"\xff" * 31 + (b"\x00" if lasted else b"\xff") + b"\xff" * 31
                boots = 1000 + min(count, 31)
                assert kept.body == struct.pack(">IH", boots, crashes) + marks + b"\xff\x00", (count, lasted)
                assert not tally.renew() and tally.boots == boots + 1
                kept.marked = []
                tally.steady()
                assert kept.marked == [32]
                again = made(kept)
                again.start()
                assert (again.boots, again.crashes) == (boots + 2, 0)


ALL = (started, first, renewed)
