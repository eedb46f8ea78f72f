# SPDX-License-Identifier: MIT
"""Words for the numbers of the wire, as people type and read them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ..errors import UsageError
from ..wire import numbers as n
from .types import KINDS, ROLES

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


def place(text: str) -> tuple[int, bytes]:
    """(epoch, mark of 2 bytes) of the code by which a phone says where it stands: 17-a4c0; a card: its epoch alone."""
    epoch, found, mark = text.strip().partition("-")
    try:
        values = int(epoch), bytes.fromhex(mark) if found else bytes(n.MARK_SIZE)
    except ValueError:
        values = -1, b""
    if not epoch.isdecimal() or not 0 <= values[0] <= n.EPOCH_LAST or len(values[1]) != n.MARK_SIZE:
        raise UsageError(f"{text!r} is no such code", "such as 17-a4c0: the phone that keeps the key shows it")
    return values


_ASKED = {
    n.R_ENROL: "enrol key",
    n.R_REVOKE: "revoke key",
    n.R_CLEAR: "clear key",
    n.R_CONFIG_SET: "set",
    n.R_TIME: "set the time to",
    n.R_RESET: "forget everything: a factory reset",
    n.R_UPDATE_TRUST: "take updates of the key",
}


def asked(request: int, handle: int, kind: int, role: int, rights: int, text: str, value: int, key: bytes) -> str:
    """What a session asks an owner's consent to, in one line. All but text and key are wire numbers."""
    words = [_ASKED.get(request, f"request {request}")]
    if handle != n.HANDLE_NONE:
        words.append(str(handle))
    if request == n.R_ENROL:
        words.append(f"as a {word(KINDS, kind)}, {word(ROLES, role)} ({rights_text(rights)})")
    if text:
        words.append(f"“{text}”" if request != n.R_CONFIG_SET else f"{text} to {value}")
    if request == n.R_TIME:
        words.append(moment(value))
    if key:
        words.append(key.hex()[:16] + "…")
    return " ".join(words)
