# SPDX-License-Identifier: MIT
"""One record: its bytes, how it is read although a cell is weak, and how it is killed."""

import struct
from binascii import crc32

from agent.store.ring.records import Records
from tests.model.ring.chip import LOG, PAGE, SECTORS, SIZE, TALLY, VALUE, Chip, Wrong, killed, padded, record

SEQUENCE = 0x0A0B0C0D
SECTOR = SECTORS - 1  # behind the last one nothing can be read
BASE = SECTOR * SIZE


def made() -> "tuple[Chip, Records]":
    """A flash, and a sector of it that is in use."""
    chip = Chip()
    records = Records(chip)
    records.sequences[SECTOR] = SEQUENCE
    return chip, records


def body(size: int, about: int = 7) -> bytes:
    """One without zeros."""
    return bytes([1 + at * 7 % 250 for at in range(size - 2)]) + about.to_bytes(2, "big")


def built() -> "list[str]":
    """The sum covers sequence, place, type, length and body; of a tally not the marks."""
    wrong = Wrong()
    _, records = made()
    for kind, size in ((1, 2), (4, 128), (16, 72)):
        out = memoryview(bytearray(b"\x55" * 140))
        wrong.same(f"{size}", records.build(out, SEQUENCE, 0x1234, kind, body(size)), 6 + size)
        wrong.same(f"{size} bytes", bytes(out), record(SEQUENCE, 0x1234, kind, body(size)) + b"\x55" * (134 - size))
    tally = bytearray(body(72))
    want = crc32(struct.pack("<IIBB", 1, 2, TALLY, 72) + tally[:6] + tally[70:])
    wrong.same("tally", records.crc(1, 2, TALLY, tally), want)
    for at in (5, 6, 69, 70):
        tally[at] ^= 1
        wrong.same(f"mark {at}", records.crc(1, 2, TALLY, tally) == want, 6 <= at < 70)
        tally[at] ^= 1
    for given in ((2, 2, 4, 4), (1, 3, 4, 4), (1, 2, 3, 4), (1, 2, 4, 5)):
        same = records.crc(*given[:3], body(given[3])) == records.crc(1, 2, 4, body(4))
        wrong.same(f"{given}", same, False)
    return wrong.out


def bodies() -> "list[str]":
    """A record is read back at its place, in a sector's last bytes as well; and nowhere else."""
    wrong = Wrong()
    for size in (2, 57, 58, 59, 127, 128):
        for at in (48, 500, SIZE - len(padded(bytes(6 + size))), SIZE - 6 - size):
            chip, records = made()
            chip.put(BASE + at, record(SEQUENCE, at, LOG, body(size)))
            wrong.same(f"{size} at {at}", records.body(BASE + at), body(size))
            wrong.same(f"{size} at {at}, length", records.length(BASE + at), size)
            wrong.same(f"{size} at {at}, reads", chip.reads, 2 if size <= 58 else 3)
            records.sequences[SECTOR] += 1
            wrong.refused(f"{size} at {at}, elsewhere", "a record is damaged", records.body, BASE + at, by="Damaged")
    chip, records = made()
    chip.put(BASE + 48, record(SEQUENCE, 52, LOG, body(9)))
    wrong.refused("elsewhere", "a record is damaged", records.body, BASE + 48, by="Damaged")
    wrong.same("reads", chip.reads, 3)
    chip.put(BASE + 48, record(SEQUENCE, 48, LOG, body(9)))
    chip.refuse = {("read", BASE + 48): 2}
    wrong.refused("refused", "flash can't be read", records.body, BASE + 48)
    wrong.refused("refused", "flash can't be read", records.length, BASE + 48)
    chip.put(BASE + 48, record(SEQUENCE, 48, LOG, body(129)))
    wrong.refused("too long", "a record is damaged", records.body, BASE + 48, by="Damaged")
    chip.put(BASE + SIZE - 1, b"\x21")
    wrong.same("the last byte of all", records.length(BASE + SIZE - 1), 0x21)
    for at, size, there in ((48, 60, 58), (SIZE - 30, 60, 24)):
        chip.put(BASE + at, b"%c" % size + record(SEQUENCE, at, LOG, body(there))[1:])
        name = f"{there} bytes of {size}, and their sum"
        wrong.refused(name, "a record is damaged", records.body, BASE + at, by="Damaged")
    return wrong.out


def weak() -> "list[str]":
    """What reads wrong twice is read a third time, and not a fourth."""
    wrong = Wrong()
    for at in (0, 1, 2, 5, 6, 14):
        for times in (1, 2, 3):
            chip, records = made()
            chip.put(BASE + 48, record(SEQUENCE, 48, LOG, body(9)))
            chip.misread = {BASE + 48 + at: [0x40] * times}
            if times < 3:
                wrong.same(f"{at}, {times} times", records.body(BASE + 48), body(9))
            else:
                wrong.refused(f"{at}, {times} times", "a record is damaged", records.body, BASE + 48, by="Damaged")
    return wrong.out


def kills() -> "list[str]":
    """Zeros from the type up to what it is about. No length leads beyond the largest record, or out of the sector."""
    wrong = Wrong()
    for size, at in ((2, 48), (3, 60), (60, 48), (128, 48), (128, SIZE - 136)):
        chip, records = made()
        data = record(SEQUENCE, at, VALUE, body(size))
        chip.put(BASE + at, data)
        for _ in range(2):  # it may be repeated, by another start
            chip.power_up(1)
            records.kill(BASE + at)
            wrong.same(f"{size} at {at}", chip.at(BASE + at, len(data)), killed(data))
        around = chip.at(BASE + 40, at - 40) + chip.at(BASE + at + len(data), SIZE)
        wrong.same("around", around.strip(b"\xff"), b"")
    for length, at, want in ((0, 48, 0), (1, 48, 0), (2, 48, 5), (129, 48, 131), (255, 48, 131), (60, SIZE - 20, 17)):
        chip, records = made()
        chip.put(BASE + at, bytes([length]))
        records.kill(BASE + at)
        wrong.same(f"length {length} at {at}", sum([len(data) for _, _, data in chip.done()]), want)
        wrong.same(f"length {length} at {at}, where", chip.at(BASE + at + 1, want), bytes(want))
    chip, records = made()
    chip.put(BASE + 2 * PAGE - 4, record(SEQUENCE, 2 * PAGE - 4, VALUE, body(20)))
    chip.refuse = {("program", BASE + 2 * PAGE): 1}
    wrong.refused("refused", "flash can't be programmed", records.kill, BASE + 2 * PAGE - 4)
    return wrong.out


def zeros() -> "list[str]":
    """Whether all that stands between two offsets is zeros, to the byte."""
    wrong = Wrong()
    for at, stop in ((48, 48), (60, 48), (48, 49), (40, 296), (40, 297), (100, 900), (0, SIZE)):
        chip, records = made()
        chip.put(BASE + at, bytes(max(0, stop - at)))
        wrong.same(f"{at} to {stop}", records.is_zero(SECTOR, at, stop), True)
        for bad in {at, (at + stop) // 2, stop - 1} if at < stop else ():
            chip.put(BASE + bad, b"\x10")
            wrong.same(f"{at} to {stop}, but {bad}", records.is_zero(SECTOR, at, stop), False)
            chip.put(BASE + bad, b"\x00")
    return wrong.out


ALL = (built, bodies, weak, kills, zeros)
