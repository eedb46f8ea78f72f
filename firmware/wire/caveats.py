# SPDX-License-Identifier: MIT
"""Caveats: what narrows a pass. Each is type (1) · length (1) · value; adding one can only take something away.

    1 actions   mask of RIGHT_… (2)                5 hours     days, bit 0 Monday (1) · from · to, minutes (2 + 2), UTC
    2 not before, Unix seconds (4)                 6 lifetime  seconds from the first use (4)
    3 not after, Unix seconds (4)                  7 depth     how many times whoever was let in may lend on (1)
    4 uses (2)                                     128 and up  not critical: skipped by who does not know them

Any other type is critical and unknown: the pass is refused. What is absent is as wide as can be.
"""

from .errors import WireError
from .numbers import (
    EXPIRED,
    HOURS,
    NO_RIGHT,
    NO_TIME,
    NOT_YET,
    OK,
    RIGHT_DRIVE,
    RIGHT_LOCK,
    RIGHT_TRUNK,
    RIGHT_UNLOCK,
    USED_UP,
)

ACTIONS = 1
NOT_BEFORE = 2
NOT_AFTER = 3
USES = 4
WEEKLY = 5
LIFETIME = 6
DEPTH = 7
OPTIONAL = 0x80
_SIZES = {ACTIONS: 2, NOT_BEFORE: 4, NOT_AFTER: 4, USES: 2, WEEKLY: 5, LIFETIME: 4, DEPTH: 1}

LENDABLE = RIGHT_UNLOCK | RIGHT_LOCK | RIGHT_TRUNK | RIGHT_DRIVE
COUNT_MAX = 16
SIZE_MAX = 120  # all caveats of a pass, bytes
HOURS_MAX = 4
DEPTH_MAX = 3
NEVER = 0xFFFFFFFF
UNCOUNTED = 0xFFFF
_DAY = 1440
_MONDAY = 4 * 86400  # 1970-01-05, the first Monday of Unix time
_SAVED = 18


def caveat(kind: int, value: int) -> bytes:
    """One caveat of a type whose value is a number. WireError when it is out of bounds."""
    if kind == WEEKLY or kind not in _SIZES or not 0 <= value < 1 << 8 * _SIZES[kind]:
        raise WireError("no such caveat, or its value is out of range")
    made = bytes((kind, _SIZES[kind])) + value.to_bytes(_SIZES[kind], "big")
    split(made)
    return made


def weekly(days: int, start: int, end: int) -> bytes:
    """Hours of the week in UTC: from minute start to before minute end of the days (bit 0 Monday).

    With end at or before start they go on past midnight, into the day after.
    """
    made = bytes((WEEKLY, 5, days)) + start.to_bytes(2, "big") + end.to_bytes(2, "big")
    split(made)
    return made


def split(data: bytes) -> "list[bytes]":
    """The single caveats of a chain. WireError: none or too many, cut off, out of bounds, or critical and unknown."""
    if len(data) > SIZE_MAX:
        raise WireError("more than %d bytes of caveats" % SIZE_MAX)
    found = []
    at = 0
    while at < len(data):
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            raise WireError("a caveat is cut off")
        one = bytes(data[at : at + 2 + data[at + 1]])
        kind = one[0]
        if kind < OPTIONAL:
            if kind not in _SIZES:
                raise WireError("an unknown critical caveat")
            if one[1] != _SIZES[kind] or not _within(kind, one):
                raise WireError("a caveat is out of bounds")
        found.append(one)
        at += len(one)
    if not 0 < len(found) <= COUNT_MAX:
        raise WireError("a pass has 1 to %d caveats" % COUNT_MAX)
    return found


def _within(kind: int, one: bytes) -> bool:
    if kind == WEEKLY:
        start, end = one[3] << 8 | one[4], one[5] << 8 | one[6]
        return 0 < one[2] < 0x80 and start < _DAY and end <= _DAY and start != end
    value = int.from_bytes(one[2:], "big")
    if kind == USES:
        return value < UNCOUNTED
    return value <= DEPTH_MAX if kind == DEPTH else True


class Limits:
    """What all caveats of a chain leave, whatever their order."""

    def __init__(self, caveats: "list[bytes]") -> None:
        self.mask = LENDABLE
        self.not_before = 0
        self.not_after = NEVER
        self.uses = UNCOUNTED
        self.lifetime = NEVER
        self.depth = DEPTH_MAX
        self.hours = b""
        for one in caveats:
            kind = one[0]
            value = int.from_bytes(one[2:], "big")
            if kind == ACTIONS:
                self.mask &= value
            elif kind == NOT_BEFORE:
                self.not_before = max(self.not_before, value)
            elif kind == NOT_AFTER:
                self.not_after = min(self.not_after, value)
            elif kind == USES:
                self.uses = min(self.uses, value)
            elif kind == LIFETIME:
                self.lifetime = min(self.lifetime, value)
            elif kind == DEPTH:
                self.depth = min(self.depth, value)
            elif kind == WEEKLY and one[2:] not in [self.hours[at : at + 5] for at in range(0, len(self.hours), 5)]:
                self.hours += one[2:]
        if len(self.hours) > 5 * HOURS_MAX:
            raise WireError("more than %d different hours of the week" % HOURS_MAX)

    def save(self) -> bytes:
        """As they are kept: mask, not before, not after, uses, lifetime, depth, then the hours."""
        head = self.mask.to_bytes(2, "big") + self.not_before.to_bytes(4, "big") + self.not_after.to_bytes(4, "big")
        head += self.uses.to_bytes(2, "big") + self.lifetime.to_bytes(4, "big")
        return head + bytes((self.depth, 0)) + self.hours

    def load(self, data: bytes) -> "Limits":
        """The reverse of save()."""
        self.mask = int.from_bytes(data[0:2], "big")
        self.not_before = int.from_bytes(data[2:6], "big")
        self.not_after = int.from_bytes(data[6:10], "big")
        self.uses = int.from_bytes(data[10:12], "big")
        self.lifetime = int.from_bytes(data[12:16], "big")
        self.depth = data[16]
        self.hours = bytes(data[_SAVED:])
        return self

    def judge(self, right: int, now: int, trusted: bool, first: int) -> int:
        """OK, or the reason why not.

        right: RIGHT_… of the act, 0 for one that moves nothing; now: Unix seconds, a lower bound unless trusted;
        first: when it was first used, 0 for never. What is over even by the lower bound is over for certain; whatever
        else depends on a time that is not trusted fails.
        """
        if right and not self.mask & right:
            return NO_RIGHT
        if now > self.not_after or first and now > first + self.lifetime:
            return EXPIRED
        if not self.uses and right and right != RIGHT_LOCK:  # who opened may lock
            return USED_UP
        if now < self.not_before:
            return NOT_YET if trusted else NO_TIME
        if not trusted and (self.not_after != NEVER or self.lifetime != NEVER or self.hours):
            return NO_TIME
        for at in range(0, len(self.hours), 5):
            if not _open(self.hours[at : at + 5], now):
                return HOURS
        return OK


def _open(window: bytes, now: int) -> bool:
    minutes = (now - _MONDAY) // 60
    day, minute = minutes // _DAY % 7, minutes % _DAY
    start, end = window[1] << 8 | window[2], window[3] << 8 | window[4]
    today, yesterday = window[0] >> day & 1, window[0] >> (day - 1) % 7 & 1
    if start < end:
        return bool(today) and start <= minute < end
    return bool(today) and minute >= start or bool(yesterday) and minute < end
