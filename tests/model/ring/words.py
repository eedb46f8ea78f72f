# SPDX-License-Identifier: MIT
"""The heads of sectors, the words between records, the bodies of credentials: their bytes, and what is none of them."""

import struct
from binascii import crc32

from agent.store.ring import cred, layout, marks
from tests.model.ring.chip import Wrong, erased, head, in_use, summed

BLANK = b"\xff" * 48
KEY = bytes(range(0x20, 0x30))


def numbers() -> "list[str]":
    """What units in the field have written stays readable: no number of the layout moves."""
    wrong = Wrong()
    types = [layout.FIXED, layout.ROLL, layout.LOG, layout.VALUE, layout.RETIRED, layout.TALLY, layout.KILLED]
    wrong.same("types", types, [1, 2, 3, 4, 8, 16, -1])
    have = [layout.HEAD, layout.ALIGN, layout.BODY_MAX, layout.REACH, layout.KEY, layout.PLACES]
    wrong.same("records", have, [6, 4, 128, 136, 2, 0xFF00])
    wrong.same("marks of a tally", [layout.MARKS_AT, layout.MARKS_END, layout.TALLY_SIZE], [6, 70, 72])
    wrong.same("words", [layout.WORD, layout.TRACES], [8, 144])
    wrong.same("seal", layout.SEAL.hex(), "a9569a65c33c5aa5")
    wrong.same("quiet, begun", (layout.QUIET.hex(), layout.BEGUN.hex()), ("c53a9768d32ce916", "00000000d32ce916"))
    have = [marks.LAYOUT, marks.OLDEST, marks.MARK, marks.TOUCH_AT, marks.OPEN_AT, marks.USE_AT, marks.FIRST]
    wrong.same("heads", have, [4, 4, 16, 16, 24, 32, 48])
    wrong.same("zeros", (marks.TOUCHED, marks.KILLED), (bytes(16), bytes(48)))
    wrong.same("credentials", (cred.FIXED_SIZE, cred.ROLL_SIZE), (44, 41))
    return wrong.out


def sizes() -> "list[str]":
    """A record is padded to a multiple of four."""
    wrong = Wrong()
    want = {0: 8, 1: 8, 2: 8, 3: 12, 6: 12, 7: 16, 126: 132, 127: 136, 128: 136}
    wrong.same("sizes", {length: layout.size_of(length) for length in want}, want)
    wrong.same("both", layout.both(b"\xf0\x0f\xff", b"\xcc\xcc\x81"), b"\xc0\x0c\x81")
    return wrong.out


def seals() -> "list[str]":
    """Six bits of a seal may have rotted, in one byte or in several, either way; not seven, and nothing may lack."""
    wrong = Wrong()
    seal = layout.SEAL
    for bits, good in ((0, True), (0x3F, True), (0x7F, False), (0xFF, False)):
        for at in (0, 7):
            bent = bytes([byte ^ bits if place == at else byte for place, byte in enumerate(seal)])
            wrong.same(f"{bits:x} at {at}", layout.is_seal(bent), good)
            wrong.same(f"{bits:x} at {at}, and more", layout.is_seal(bent + b"more"), good)
    for count in range(9):
        bent = bytes([byte ^ (place < count) for place, byte in enumerate(seal)])
        wrong.same(f"{count} bytes", layout.is_seal(memoryview(bent)), count <= 6)
    for size in (0, 1, 7):
        wrong.same(f"{size} bytes of it", layout.is_seal(seal[:size]), False)
    return wrong.out


def written() -> "list[str]":
    """The marks of a head."""
    wrong = Wrong()
    for number in (0, 1, 0x01020304, 0xFFFFFFFF):
        wrong.same("erase mark", marks.erase_mark(number), erased(number))
        wrong.same("use mark", marks.use_mark(number, 0x0A0B0C0D), in_use(number, 0x0A0B0C0D))
    return wrong.out


def _told(data: bytes) -> "tuple[object, ...]":
    one = marks.Head(data)
    return one.erased, one.used, one.touched, one.zeroed, one.copies, one.killed, one.dying, one.wear, one.sequence


def heads() -> "list[str]":
    """What a head tells, of each state that a sector goes through, and of what only looks like it."""
    wrong = Wrong()
    no, yes = False, True
    clean = erased(7) + BLANK[16:]
    half = erased(7) + bytes(8) + BLANK[24:]
    used = head(0x01020304, 0x0A0B0C0D)
    cases = {
        "blank": (BLANK, (no, no, no, no, yes, no, no, -1, 0)),
        "clean": (clean, (yes, no, no, no, yes, no, no, 7, 0)),
        "touched for copies": (half, (yes, no, yes, no, yes, no, no, 7, 0)),
        "touched": (erased(7) + bytes(16) + BLANK[32:], (yes, no, yes, yes, no, no, no, 7, 0)),
        "copies": (head(9, 7, True), (yes, yes, yes, no, yes, no, no, 7, 9)),
        "used": (used, (yes, yes, yes, yes, no, no, no, 0x0A0B0C0D, 0x01020304)),
        "erase mark lost": (BLANK[:16] + used[16:], (no, yes, yes, yes, no, no, no, 0x0A0B0C0D, 0x01020304)),
        "dying": (bytes(32) + used[32:], (no, yes, yes, yes, no, no, yes, 0x0A0B0C0D, 0x01020304)),
        "killed": (bytes(48), (no, no, yes, yes, no, yes, yes, -1, 0)),
        "almost killed": (bytes(47) + b"\x01", (no, no, yes, yes, no, no, yes, -1, 0)),
        "almost dying": (bytes(15) + b"\x01" + bytes(32), (no, no, yes, yes, no, no, no, -1, 0)),
        "its touch is weak": (erased(7) + bytes(15) + b"\x01" + in_use(9, 7), (yes, yes, yes, no, no, no, no, 7, 9)),
        "one bit of a touch": (erased(7) + b"\xff" * 7 + b"\xfe" + BLANK[24:], (yes, no, yes, no, yes, no, no, 7, 0)),
        "one of its last": (erased(7) + BLANK[17:32] + b"\xfe" + BLANK[32:], (yes, no, yes, no, no, no, no, 7, 0)),
        "the use mark counts": (erased(3) + bytes(16) + in_use(9, 7), (yes, yes, yes, yes, no, no, no, 7, 9)),
    }
    for name, (data, want) in cases.items():
        wrong.same(name, _told(data), want)
    wrong.same("none given", _told(bytes(marks.Head().data)), _told(bytes(48)))
    for place in range(3):  # a sum that is right behind a name that is not
        for magic, at in ((b"NLM4", 0), (b"NLU4", 32)):
            bad = bytes([byte ^ (place == at) for at, byte in enumerate(magic)])
            data = bytearray(bytes(48))
            data[at : at + 16] = summed(bad + bytes(4)) + bytes(4) if at == 0 else summed(bad + bytes(8))
            wrong.same(f"{bad!r}", _told(bytes(data))[:2], (no, no))
    for at in (*range(12), *range(32, 48)):
        data = bytearray(used)
        data[at] ^= 1
        wrong.same(f"a bit of {at}", _told(bytes(data))[:2], (at >= 12, at < 12))
    return wrong.out


def layouts() -> "list[str]":
    """Layouts 2 and 3 are read, others refused by name, whichever mark tells."""
    wrong = Wrong()
    newer, older = "the store is of a newer layout", "the store is of an older layout"
    for digit, text in ((b"1", older), (b"3", older), (b"5", newer), (b"9", newer)):
        wrong.refused("erase mark", text, marks.Head, erased(1, digit) + BLANK[16:])
        wrong.refused("use mark", text, marks.Head, bytes(32) + in_use(1, 1, digit))
        wrong.refused("behind one of ours", text, marks.Head, erased(1) + bytes(16) + in_use(1, 1, digit))
    return wrong.out


def another() -> "list[str]":
    """One object looks at one head after the other; none leaves anything behind."""
    wrong = Wrong()
    one = marks.Head(head(9, 7))
    one.data[:] = BLANK
    one.look()
    have = one.erased, one.used, one.touched, one.wear, one.sequence
    wrong.same("blank after used", have, (False, False, False, -1, 0))
    one.data[:] = erased(5) + BLANK[16:]
    one.look()
    wrong.same("clean after blank", (one.erased, one.wear, one.sequence), (True, 5, 0))
    return wrong.out


def notes() -> "list[str]":
    """Where the records of a head end that was given up; no bit of it may be another one."""
    wrong = Wrong()
    for before, end in ((1, 48), (254, 4096), (3, 0x3FFFC), (2, 0x1238)):
        data = struct.pack("<BH", before, end // 4)
        data += struct.pack("<I", crc32(data))[:1]
        wrong.same(f"{before}, {end}", marks.note(before, end), data)
        whole = erased(7)[:12] + data + bytes(16) + in_use(9, 7)
        wrong.same(f"{before}, {end}, read", marks.Head(whole).noted(), (before, end))
        wrong.same("and nothing else changes", _told(whole), _told(head(9, 7)))
        for bit in range(32):
            bent = bytearray(whole)
            bent[12 + bit // 8] ^= 1 << bit % 8
            wrong.same(f"bit {bit} of {before}, {end}", marks.Head(bent).noted(), (0, 0))
    for data in (b"\xff" * 4, bytes(4), marks.note(0, 48), marks.note(255, 48)):
        wrong.same(f"{data!r}", marks.Head(erased(7)[:12] + data + BLANK[16:]).noted(), (0, 0))
    return wrong.out


def distances() -> "list[str]":
    """How far a use mark is from that of a sequence, in bits: its name and its sequence count, what is behind does not.
    """
    wrong = Wrong()
    for have, want, bits in ((5, 5, 0), (5, 4, 1), (0x80000001, 0, 2), (0, 0xFFFFFFFF, 32)):
        for data in (head(have, 0x55AA), head(have, 0x55AA) + bytes(16)):
            wrong.same(f"{have:x} to {want:x}", marks.distance(data, want), bits)
    bent = bytearray(head(5, 7))
    bent[32] ^= 0x81
    bent[39] ^= 0x10
    bent[40] ^= 0xFF
    bent[31] ^= 0xFF
    wrong.same("bent", marks.distance(bytes(bent), 5), 3)
    return wrong.out


def credentials() -> "list[str]":
    """The bodies of a key's two records, byte by byte."""
    wrong = Wrong()
    for label, text in {"": b"", "abc": b"abc", "\xe9t": b"\xc3\xa9t"}.items():
        one = cred.new(300, 3, 2, 0x1234, label, KEY, KEY[::-1])
        want = bytes((3, 2, 0x12, 0x34)) + KEY + KEY
        want += bytes(6) + bytes((0x81, len(text))) + text + b"\x01\x2c"
        wrong.same(f"label {label!r}", one.fixed(), want)
    first = bytes(6) + KEY[::-1] + b"\xff" * 16 + b"\x81\x01\x2c"
    wrong.same("never used", one.roll(), first)
    one.identity, one.lent, one.generation, one.introduced = KEY[::-1], KEY[1:] + b"x", 0x01020304, 0x0506
    one.renew, one.tried, one.withheld = False, True, True
    want = bytes((3, 2, 0x12, 0x34)) + KEY + KEY[::-1]
    want += b"\x01\x02\x03\x04\x05\x06\x8e\x03" + KEY[1:] + b"x\xc3\xa9t\x01\x2c"
    wrong.same("in use", one.fixed(), want)
    one.epoch, one.attempt, one.state, one.before = 0x01020304, 0x0506, 7, KEY
    roll = one.roll()
    wrong.same("roll", roll, bytes(range(1, 7)) + KEY[::-1] + KEY + b"\x07\x01\x2c")
    wrong.same("standing", [cred.state(roll), cred.state(first)], [7, 1])
    wrong.same("revoked", cred.revoked(300), bytes(6) + b"\xff" * 32 + b"\x84\x01\x2c")
    return wrong.out


ALL = (numbers, sizes, seals, written, heads, layouts, another, notes, distances, credentials)
