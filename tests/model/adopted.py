# SPDX-License-Identifier: MIT
"""A sector that lost its use mark: what its records tell, and when that is believed. Each function raises where that
does not hold."""

from agent.store.mount import rescue
from agent.store.ring import marks
from agent.store.ring.layout import BODY_MAX, FIXED, HEAD, ROLL, size_of
from agent.store.ring.records import Records
from agent.store.ring.ring import Ring
from tests.model.nor import Nor

SIZE = 1024
BASE = SIZE  # of the sector in question
BODY = bytes(range(200, 210))  # of a record of 16 bytes; nothing in it looks like another
MANY = 40  # records that a search goes through


class Reads(Nor):
    """Notes the last place where less than a page is read."""

    last = 0

    def read(self, addr: int, buf: bytearray) -> None:
        """Fills buf."""
        self.last = max(self.last, addr if len(buf) < self.page_size else 0)
        super().read(addr, buf)


def flash(*parts: "tuple[int, bytes] | bytes | int") -> Reads:
    """Sector 1 with records of other sequences, in turn: (sequence, body) or a sequence alone; bytes stand as they are.
    """
    nor = Reads(2, SIZE, 256)
    sectors = Records(nor)
    out = memoryview(bytearray(HEAD + BODY_MAX))
    nor.cells[BASE : BASE + marks.FIRST] = marks.erase_mark(1) + marks.TOUCHED + b"U" * 16
    at = marks.FIRST
    for part in parts:
        if isinstance(part, bytes):
            nor.cells[BASE + at : BASE + at + len(part)] = part
            at += len(part)
            continue
        sequence, body = part if isinstance(part, tuple) else (part, BODY)
        taken = sectors.build(out, sequence, at, FIXED, body)
        nor.cells[BASE + at : BASE + at + taken] = out[:taken]
        at += size_of(len(body))
    return nor


def told(nor: Nor, *likely: int) -> int:
    """What the sector tells."""
    return rescue.told(Records(nor), 1, list(likely))


def twice() -> None:
    """Two records that tell the same are right; so is one, if it tells what is likely. Any others may stand between."""
    for parts, likely, want in (
        ((), (), -1),
        ((7,), (), -1),
        ((7, 7), (), 7),
        ((7,), (7,), 7),
        ((7,), (6, 8), -1),
        ((0, 0), (), 0),
        ((1 << 31, 9, 1 << 31), (5,), 1 << 31),
        ((1, 2, 3, 4, 3, 1), (), 3),
        ((1, 2, 3), (3, 2), 2),
        ((7, b"\xff" * 12, 7), (), 7),
        ((bytes(4), 7, b"junk" * 3, 7), (), 7),
        (((7, b"ab"), (7, bytes(range(128)))), (), 7),  # the shortest body, and the longest
    ):
        have = told(flash(*parts), *likely)
        assert have == want, (parts, likely, have)


def types() -> None:
    """0 is no type, nor is 255."""
    for kind, want in ((1, 7), (2, 7), (8, 7), (254, 7), (0, -1), (255, -1)):
        nor = flash()
        out = memoryview(bytearray(32))
        for at in (48, 64):
            taken = Records(nor).build(out, 7, at, kind, BODY)
            nor.cells[BASE + at : BASE + at + taken] = out[:taken]
        assert told(nor) == told(nor, 7) == want, kind


def others() -> "list[int]":
    """So many sequences as a search takes in, each told by a record without another in it."""
    out: list[int] = []
    sectors = Records(Nor(3, SIZE, 256))
    for sequence in range(100, 1000):
        sum_ = sectors.crc(sequence, 48 + 16 * len(out), FIXED, BODY)
        if sum_ >> 16 & 0xFF > BODY_MAX and len(out) < MANY:
            out.append(sequence)
    return out


def bounds() -> None:
    """A search goes through so much, and to the last byte that is not blank; no record reaches out of its sector."""
    many = others()
    assert len(many) == MANY and told(flash(*many, 7), 7) == -1 and told(flash(*many[:-1], 7), 7) == 7
    assert told(flash(*many[:-1], many[0])) == many[0] and told(flash(*many, many[0])) == -1
    for parts, last in (((7, 8), 76), ((7, 8, b"more"), 80), ((7, b"\xff" * 400, b"last"), 464), ((7, b"fifth"), 68)):
        nor = flash(*parts)
        assert told(nor) == -1 and nor.last == BASE + last, nor.last - BASE
    full = flash(*[b"\xff" * (SIZE - 48 - 32)], 7, 7)
    assert told(full) == 7, "up to its end"
    for length in (14, 15, 30, 128):
        nor, at = flash(), SIZE - 20
        body = BODY + b"tail" + (b"tail" * 32)[: length - 14]
        out = memoryview(bytearray(HEAD + BODY_MAX))
        Records(nor).build(out, 7, at, ROLL, body)
        nor.cells[BASE + at : BASE + SIZE] = out[:20]
        assert told(nor, 7) == (7 if length == 14 else -1), length


def gone() -> None:
    """A killed record is stepped over, whatever it was about; zeros with something behind them are no killed one."""
    body = bytes((8, 5)) + b"\xff\xff"  # about 0x0805: read as a record it would have a length and a type
    killed = bytes((8,)) + bytes(11)
    nor = flash(killed + body, 70, 71)
    assert told(nor) == -1
    behind = bytes(nor.cells[BASE + 64 : BASE + 64 + 10])
    phantom = rescue.implied(
        int.from_bytes(b"\xff\xff" + behind[:2], "little"), (60).to_bytes(4, "little") + b"\x05\x08" + behind[2:]
    )
    assert told(nor, phantom) == -1 and told(nor, 70) == 70
    nor.cells[BASE + 48] = 0  # now it is
    assert told(nor, phantom) == phantom
    nor.cells[BASE + 48 : BASE + 56] = bytes((9,)) + bytes(7)
    assert told(nor, phantom) == phantom, "one byte of its name is another"
    assert told(flash(bytes((100, 0, 9, 9)), 7, 7)) == 7
    assert told(flash(bytes((100,)) + bytes(11), 7, 7, b"\xff" * 90 + b"end.")) == 7
    nor = flash(bytes((10, FIXED)) + bytes(14), b"end.")  # a sum that happens to be 0, over nothing but zeros
    assert told(nor, rescue.implied(0, bytes((48, 0, 0, 0, FIXED, 10)) + bytes(10))) >= 0 and told(nor, 7) == -1
    assert told(flash(bytes((2,)) + bytes(7), 7, 7)) == 7 and told(flash(bytes((16, 0, 9) + (0,) * 17), 7, 7)) == 7


def ring(nor: Nor) -> Ring:
    """In which sector 1 waits for an erase."""
    made = Ring(nor)
    made._dirty = [0, 1, 2]
    made._sequence = 20
    return made


def adopts(nor: Nor, *known: int) -> bool:
    """Whether it is taken back."""
    made = ring(nor)
    took = rescue.adopt(made, 1, list(known))
    left = made._dirty, made._leaving, made._clean, made._order
    assert left == (([0, 2], [1], [], []) if took else ([0, 1, 2], [], [], [])), left
    assert (made._sectors.sequences[1] != 0 or made._sequence == 20) and made._sequence >= 20
    return took


def near() -> None:
    """One record tells enough if the others' sequences, or what is left of the mark, make it likely."""
    for sequence, known, want in (
        (98, (100, 103), True),
        (97, (100, 103), False),
        (99, (100, 103), True),
        (101, (100, 103), True),
        (106, (103, 100), True),
        (107, (103, 100), False),
        (0, (1,), True),
        (4, (1,), True),
        (5, (1,), False),
        (100, (100, 103), False),  # that one is there
        (103, (100, 103), False),
        (11, (), False),
    ):
        assert adopts(flash(sequence), *known) == want, (sequence, known)
        assert adopts(flash(sequence, sequence), *known) == (sequence not in known), (sequence, known)
    assert adopts(flash(12, 11), 12) and adopts(flash(12, 30, 30), 12), "what is known is not asked"
    assert not adopts(flash(12, 12, 11), 12), "two tell what another one has"
    assert not adopts(flash()) and not adopts(flash(), 12) and not adopts(flash(b"some text"), 12)
    for bit in (None, 0, 1, 7, 8, 16, 23, 24, 31):
        nor = flash(0x123456)
        nor.cells[BASE + 32 : BASE + 48] = marks.use_mark(0x123456, 1)
        if bit is not None:
            nor.cells[BASE + 36 + bit // 8] ^= 1 << bit % 8
        assert adopts(nor) == (bit is None or bit < 24), bit
    nor = flash(0x56)
    nor.cells[BASE + 32 : BASE + 48] = marks.use_mark(0x57, 1)
    assert adopts(nor)


def told_off() -> None:
    """Without its erase mark a sector was being erased, or given up, unless no more than 12 bits of its use mark fell.
    """
    for wrong in range(16):
        for erased in (False, True):
            nor = flash(5, 5)
            nor.cells[BASE + 32 : BASE + 48] = marks.use_mark(5, 1)
            nor.cells[BASE + 4] ^= not erased
            for bit in range(wrong):
                nor.cells[BASE + 32 + bit % 8] ^= 1 << bit // 8
            assert adopts(nor) == (erased or wrong <= 12), (wrong, erased)


def sequences() -> None:
    """The next sector that is opened follows all that were taken back."""
    for sequence, want in ((19, 20), (20, 20), (21, 21), (500, 500)):
        made = ring(flash(sequence, sequence))
        assert rescue.adopt(made, 1, [18])
        assert (made._sectors.sequences[1], made._sequence) == (sequence, want)


ALL = (twice, types, bounds, gone, near, told_off, sequences)
