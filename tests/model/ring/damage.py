# SPDX-License-Identifier: MIT
"""What a scan tells of that which does not verify: which type, about whom, where, and whether its length leads on."""

from tests.model.ring import chip as c
from tests.model.ring.records import BASE, SECTOR, SEQUENCE, body
from tests.model.ring.scans import Scanned, good, rotten

KILLED = -1


def run() -> "list[str]":
    """Record by record, for as long as the lengths lead on; of what does not, that there is something."""
    wrong = c.Wrong()
    two = rotten(48, 10) + rotten(64, 20, c.LOG, 0x1234)
    wrong.same("two", Scanned(two).told, [(4, 7, 48, True), (3, 0x1234, 64, True)])
    wrong.same("two, and one that verifies", Scanned(two, good(92)).told, [(4, 7, 48, True), (3, 0x1234, 64, True)])
    for words in (c.QUIET, c.BEGUN, c.HALF, bytes(4), bytes(12), c.QUIET + bytes(144)):
        at = 64 + len(words)
        one = Scanned(rotten(48), words, rotten(at, 12, c.ROLL, 9))
        wrong.same(f"{words!r} between", one.told, [(4, 7, 48, True), (2, 9, at, True)])
    for length in (0, 1, 129, 0xFF):
        one = Scanned(rotten(48), bytes((length, 5)) + b"\x31" * 10, good(76))
        wrong.same(f"a length of {length}", one.told, [(4, 7, 48, True), (5, -1, 64, False)])
    for size in (2, 128):
        data = rotten(48, size, where=3)
        wrong.same(f"a length of {size}", Scanned(data, good(48 + len(data))).told, [(4, 7, 48, True)])
    one = Scanned(rotten(48, 24)[:28], good(76))
    wrong.same("too long by four", one.told, [(4, -1, 48, False)])
    one = Scanned(rotten(48, 22), good(76))
    wrong.same("as long as there is room", one.told, [(4, 7, 48, True)])
    one = Scanned(b"\x02\x04" + bytes(2), good(52))
    wrong.same("too short", one.told, [(4, -1, 48, False)])
    return wrong.out


def untaken() -> "list[str]":
    """Where each byte is zeros or blank, no record was: nothing is told, to the byte."""
    wrong = c.Wrong()
    for size in (12, 300, 512):
        data = bytearray(b"\xff" * 4 + b"\x00\xff" * (size // 2 - 2))
        at = 48 + size
        one = Scanned(bytes(data), good(at))
        one.chip.put(BASE - 40, b"\x55" * 40)  # of another sector
        one.scan()
        wrong.same(f"{size}", one.told, [])
        for place in (5, size // 2 - 1, size - 1):
            data[place] = 0x7F
            told = [told[3] for told in Scanned(bytes(data), good(at)).told]
            wrong.same(f"{size}, {place}", told, [False])
            data[place] = 0xFF
    return wrong.out


def at_the_end() -> "list[str]":
    """It may stand in the last bytes of a sector: a word is cut off there, a record is whole."""
    wrong = c.Wrong()
    for size, about in ((10, 7), (2, 9)):
        one = Scanned()
        at = c.SIZE - 6 - size
        one.chip.put(BASE + at, rotten(at, size, about=about, where=3))
        one.scan()
        wrong.same(f"{size}", one.told, [(4, about, at, True)])
    for left, told in ((6, [(4, -1, c.SIZE - 8, False)]), (8, [(4, -1, c.SIZE - 8, False)])):
        one = Scanned()
        one.chip.put(BASE + c.SIZE - 8, b"\x03\x04\x55\x55" + b"\x01\x55\x55\x55"[: left - 4])
        one.scan()
        wrong.same(f"{left} left", one.told, told)
    one = Scanned()
    one.chip.put(BASE + c.SIZE - 20, rotten(c.SIZE - 20) + b"\x05\x04\x55\x55")
    one.scan()
    wrong.same("four more", one.told, [(4, 7, c.SIZE - 20, True), (4, -1, c.SIZE - 4, False)])
    one = Scanned()
    one.chip.put(BASE + c.SIZE - 20, rotten(c.SIZE - 20) + b"\x05")
    one.scan()
    wrong.same("one more", one.told, [(4, 7, c.SIZE - 20, True), (0xFF, -1, c.SIZE - 4, False)])
    one = Scanned()
    one.chip.put(BASE + c.SIZE - 20, rotten(c.SIZE - 20) + c.HALF)
    one.scan()
    wrong.same("half a word", one.told, [(4, 7, c.SIZE - 20, True)])
    return wrong.out


def names() -> "list[str]":
    """A name with one bit wrong is put right, when all else verifies then; a type that faded as well."""
    wrong = c.Wrong()
    for kind in (c.FIXED, c.ROLL, c.LOG, c.VALUE, c.RETIRED, c.TALLY):
        size = 72 if kind == c.TALLY else 10
        for bit in range(16):
            data = rotten(48, size, kind, 0x1234, 6 + size - 1 - bit // 8, 1 << bit % 8)
            told = Scanned(data).told
            wrong.same(f"{kind}, bit {bit}", told, [(kind, 0x1234, 48, True)])
        data = rotten(48, size, kind, 0x1234, 6 + size - 1, 3)
        wrong.same(f"{kind}, two bits", Scanned(data).told, [(kind, 0x1237, 48, True)])
        data = rotten(48, size, kind, 0x1234, 1, kind)
        want = (kind if kind <= c.VALUE else 0, 0x1234, 48, True)
        wrong.same(f"{kind} faded", Scanned(data).told, [want])
        data = rotten(48, size, kind, 0x1234, 6)
        wrong.same(f"{kind}, its body", Scanned(data).told, [(kind, 0x1234, 48, True)])
    raw = bytearray(rotten(48, 10, c.ROLL, 0x1234, 1, c.ROLL))
    raw[14] ^= 0x80
    wrong.same("type and name", Scanned(bytes(raw)).told, [(c.ROLL, 0x1234, 48, True)])
    raw[14] ^= 0x40
    wrong.same("type and two bits", Scanned(bytes(raw)).told, [(0, 0xD234, 48, True)])
    raw = bytearray(rotten(48, 2, c.LOG, 0x1234, 7, 2))
    wrong.same("nothing but a name", Scanned(bytes(raw)).told, [(c.LOG, 0x1234, 48, True)])
    raw = bytearray(rotten(48, 10, c.LOG, 0x1234))
    raw[2:6] = good(48, 10, c.VALUE, 0x1235)[2:6]
    wrong.same("another type's sum", Scanned(bytes(raw)).told, [(c.LOG, 0x1234, 48, True)])
    return wrong.out


def fading() -> "list[str]":
    """A kill that was cut: the body is zeros, and the sum is its own but for ones that are gone. Else it is rot."""
    wrong = c.Wrong()
    for size, kind in ((10, c.VALUE), (128, c.LOG)):
        full = bytearray(c.record(SEQUENCE, 48, kind, bytes(size - 2) + b"\x00\x07"))
        for name, at, mask, told in (
            ("a sum with ones gone", 2, 0x00, KILLED),
            ("another byte of it", 5, 0x00, KILLED),
        ):
            data = bytearray(full)
            data[at] &= mask
            wrong.same(f"{size}: {name}", Scanned(c.padded(bytes(data))).told, [(told, 7, 48, True)])
        for at in range(2, 6):
            data = bytearray(full)
            data[at] = 0xFF
            want = [(kind, 7, 48, True)] if full[at] != 0xFF else []
            wrong.same(f"{size}: a sum with ones that never were, {at}", Scanned(c.padded(bytes(data))).told, want)
        data = bytearray(full)
        data[2:6] = bytes(4)
        wrong.same(f"{size}: no sum", Scanned(c.padded(bytes(data))).told, [(KILLED, 7, 48, True)])
        data[1] = 0
        data[2] = 0x5A
        wrong.same(f"{size}: no type", Scanned(c.padded(bytes(data))).told, [(KILLED, 7, 48, True)])
        data[6] = 1
        wrong.same(f"{size}: a body", Scanned(c.padded(bytes(data))).told, [(0, 7, 48, True)])
        data[1:7] = full[1:7]
        data[6] = 1
        wrong.same(f"{size}: a body, and all else", Scanned(c.padded(bytes(data))).told, [(kind, 7, 48, True)])
        data[6] = 0
        data[6 + size - 3] = 1
        wrong.same(f"{size}: its last byte", Scanned(c.padded(bytes(data))).told, [(kind, 7, 48, True)])
    short = c.record(SEQUENCE, 48, c.VALUE, body(2))
    data = bytearray(short)
    data[3] = 0
    wrong.same("nothing but a name", Scanned(bytes(data)).told, [(KILLED, 7, 48, True)])
    return wrong.out


def weak() -> "list[str]":
    """A record that reads wrong is read twice more before it counts as broken; its neighbours stay what they are."""
    wrong = c.Wrong()
    for place in (2, 5, 6, 15):
        for times in (1, 2, 3):
            chip = c.Chip()
            for at in (48, 64, 80):
                chip.put(BASE + at, good(at))
            chip.misread = {BASE + 64 + place: [0] + [0x40] * times}  # one look for the end
            one = Scanned(chip=chip)
            told = [at for _, _, at in one.seen], [at for _, _, at, _ in one.told]
            wrong.same(f"{place}, {times} times", told, ([48, 64, 80], []) if times < 3 else ([48, 80], [64]))
    return wrong.out


def given_up() -> "list[str]":
    """Behind the end of a head that was given up nothing counts, and nothing is told."""
    wrong = c.Wrong()
    one = Scanned(good(48), rotten(64), good(80), rotten(96), good(112))
    seen = [(c.VALUE, body(10), at) for at in (48, 80, 112)]
    told = [(c.VALUE, 7, at, True) for at in (64, 96)]
    wrong.same("all", (one.seen, one.told), (seen, told))
    ends = (48, 0, 0), (64, 1, 0), (80, 1, 1), (96, 2, 1), (112, 2, 2), (128, 3, 2), (900, 3, 2)
    for end, seen_to, told_to in ends:
        for keep in (False, True):
            one.records.ends = {SECTOR: end}
            one.scan(keep=keep)
            to = min(told_to, seen_to - 1) if keep and seen_to else 0 if keep else told_to
            wrong.same(f"to {end}, {keep}", (one.seen, one.told, one.back), (seen[:seen_to], told[:to], c.SIZE))
            one.records.ends = {SECTOR - 1: end}
            one.scan()
            wrong.same("of another sector", len(one.seen), 3)
    return wrong.out


ALL = (weak, run, untaken, at_the_end, names, fading, given_up)
