# SPDX-License-Identifier: MIT
"""What a person types to a phone in a terminal: `unlock`, `list`, `revoke 3`, `rename 3 NAME`, `approve` …"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import UsageError
from ...phone import requests
from ...wire import numbers as n

ACTS = {"unlock": n.UNLOCK, "lock": n.LOCK, "trunk": n.TRUNK, "drive": n.DRIVE, "status": n.STATUS}
REQUESTS = ("list", "revoke", "clear", "rename", "approve", "time")
_TAKES = {"revoke": 1, "clear": 1, "rename": 2}
KNOWN = (*ACTS, "list", "revoke HANDLE", "clear HANDLE", "rename HANDLE NAME", "approve", "time")


@dataclass(frozen=True)
class Wanted:
    """One thing to ask of the car: its word, the action's wire number, and the body of a request."""

    word: str
    action: int
    body: bytes | None = None


def parse(words: Sequence[str]) -> list[Wanted]:
    """What these words ask for, in order. UsageError for one that is not known or lacks what it takes."""
    left = list(words)
    found = []
    while left:
        word = left.pop(0)
        if word in ACTS:
            found.append(Wanted(word, ACTS[word]))
            continue
        if word not in REQUESTS:
            raise UsageError(f"{word!r} is no action", f"actions are {', '.join(KNOWN)}")
        takes = _TAKES.get(word, 0)
        if len(left) < takes:
            raise UsageError(f"{word} takes {takes} more", f"actions are {', '.join(KNOWN)}")
        given, left = left[:takes], left[takes:]
        found.append(Wanted(word, *_request(word, given)))
    return found


def _request(word: str, given: list[str]) -> requests.Ask:
    if word == "list":
        return requests.listing()
    if word == "approve":
        return requests.approve()
    if word == "time":
        return requests.set_time(int(time.time()))
    if not (given[0].isascii() and given[0].isdigit() and int(given[0]) <= n.HANDLE_LAST):
        raise UsageError(f"{given[0]!r} is no handle", "`list` shows them")
    handle = int(given[0])
    if word == "rename":
        return requests.rename(handle, given[1])
    return requests.revoke_key(handle) if word == "revoke" else requests.clear(handle)
