# SPDX-License-Identifier: MIT
"""Words for the numbers of the wire, as people type and read them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ..errors import UsageError
from ..wire import numbers as n

RIGHTS = {
    "unlock": n.RIGHT_UNLOCK,
    "lock": n.RIGHT_LOCK,
    "trunk": n.RIGHT_TRUNK,
    "drive": n.RIGHT_DRIVE,
    "enrol": n.RIGHT_ENROL,
    "service": n.RIGHT_SERVICE,
    "passive": n.RIGHT_PASSIVE,
    "pass": n.RIGHT_PASS,
}


def word(words: Mapping[int, str], number: int) -> str:
    """The word for a number; a number without one shows as itself."""
    return words.get(number, str(number))


def number(words: Mapping[int, str], text: str) -> int:
    """The reverse; UsageError lists what would do."""
    for value, name in words.items():
        if name == text:
            return value
    raise UsageError(f"{text!r} is not known here", f"known are {', '.join(words.values())}")


def rights_text(rights: int) -> str:
    """unlock,lock,… ; unknown bits in hexadecimal; `none` for zero."""
    words = [name for name, bit in RIGHTS.items() if rights & bit]
    rest = rights & ~n.RIGHTS_KNOWN
    return ",".join(words + ([hex(rest)] if rest else [])) or "none"


def rights_number(text: str) -> int:
    """The reverse, for what a user typed."""
    rights = 0
    for name in text.split(","):
        if name.strip() not in RIGHTS:
            raise UsageError(f"{name.strip()!r} is not a right", f"rights are {', '.join(RIGHTS)}")
        rights |= RIGHTS[name.strip()]
    return rights


def moment(seconds: int) -> str:
    """Unix seconds as people read them, in UTC: 2026-01-31 12:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def unix(text: str) -> int:
    """Unix seconds of an ISO 8601 date or time; without an offset it is local time, without a time midnight."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{text!r} is no date", "such as 2026-01-31 or 2026-01-31T12:00+01:00") from None
