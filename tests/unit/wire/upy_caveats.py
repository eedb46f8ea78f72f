# SPDX-License-Identifier: MIT
"""Runs under both interpreters: caveats made, split, kept and judged, over a grid of times and rights; bodies."""

from wire import bodies, record
from wire import caveats as c
from wire import numbers as n
from wire.errors import WireError

T0 = 1800000000
PARTS = [
    c.caveat(c.ACTIONS, n.RIGHT_UNLOCK | n.RIGHT_ENROL),
    c.caveat(c.NOT_BEFORE, T0),
    c.caveat(c.NOT_AFTER, T0 + 86400 * 3),
    c.caveat(c.USES, 1),
    c.caveat(c.USES, 0),
    c.caveat(c.LIFETIME, 7200),
    c.caveat(c.DEPTH, 1),
    c.weekly(0x1F, 480, 1080),
    c.weekly(0x41, 1320, 360),
    b"\x80\x03odd",
]


def judged():
    """One line for each set of caveats: its verdicts, as letters."""
    for choice in range(1, 1 << len(PARTS)):
        if choice % 7 and bin(choice).count("1") > 2:
            continue
        chain = [part for at, part in enumerate(PARTS) if choice >> at & 1]
        assert c.split(b"".join(chain)) == chain
        limits = c.Limits([]).load(c.Limits(chain).save())
        row = ""
        for now in range(T0 - 20000, T0 + 8 * 86400, 20011):
            for trusted in (False, True):
                for first in (0, T0):
                    for right in (0, n.RIGHT_UNLOCK, n.RIGHT_LOCK, n.RIGHT_DRIVE):
                        row += chr(65 + limits.judge(right, now, trusted, first))
        print("judged", choice, limits.depth, limits.uses, row)


def bent():
    """What the parser says to bytes that are none."""
    good = b"".join(PARTS)
    for size in range(len(good)):
        try:
            print("cut", size, len(c.split(good[:size])))
        except WireError as error:
            print("cut", size, error)
    for data in (b"\x09\x00", b"\x05\x05\x00\x00\x00\x00\x01", b"\x07\x01\x04", b"\x80\x00" * 17, bytes(121)):
        try:
            print("bent", len(c.split(data)))
        except WireError as error:
            print("bent", error)


judged()
bent()
for layout, size in ((bodies.REVOKE, 11), (bodies.LIST, 3), (bodies.APPROVE, 8), (bodies.SET_TIME, 4)):
    print("body", sorted(record.unpack(layout, bytes(size))))
print("body", record.unpack(bodies.RENAME, b"\x00\x01\x03abc") == {"handle": 1, "label": "abc"})
