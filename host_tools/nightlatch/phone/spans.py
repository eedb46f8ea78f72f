# SPDX-License-Identifier: MIT
"""Spans of time and hours of the week, as people write them."""

import re

from ..errors import UsageError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"m": 60, "h": 3600, "d": 86400}


def span(text: str) -> int:
    """Seconds of 90m, 12h or 3d. UsageError for anything else."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if not found or not int(found[1]):
        raise UsageError(f"{text!r} is no span of time", "such as 90m, 12h or 3d")
    return int(found[1]) * _UNITS[found[2]]


def hours(text: str) -> tuple[int, int, int]:
    """(days, bit 0 Monday; first minute; minute after the last) of mon-fri,08:00-18:00 or sat,22:00-06:00."""
    found = re.fullmatch(r"([a-z]{3})(?:-([a-z]{3}))?,([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})", text.lower())
    if not found or found[1] not in _DAYS or (found[2] or "mon") not in _DAYS:
        raise UsageError(f"{text!r} are no hours of the week", "such as mon-fri,08:00-18:00")
    first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
    days = sum(1 << (first + step) % 7 for step in range((last - first) % 7 + 1))
    start, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (3, 5))
    if start >= 1440 or end > 1440 or int(found[4]) > 59 or int(found[6]) > 59:
        raise UsageError(f"{text!r}: no such time of day", "from 00:00 to 24:00")
    return days, start, end


def text(windows: bytes) -> str:
    """Hours of the week as wire.caveats keeps them: 5 bytes a window."""
    found = []
    for at in range(0, len(windows), 5):
        days = ",".join(name for bit, name in enumerate(_DAYS) if windows[at] >> bit & 1)
        start, end = (int.from_bytes(windows[at + place : at + place + 2], "big") for place in (1, 3))
        found.append(f"{days} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}")
    return "; ".join(found)
