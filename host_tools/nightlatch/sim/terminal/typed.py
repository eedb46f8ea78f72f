# SPDX-License-Identifier: MIT
"""What a person types to a phone in a terminal: `unlock`, `list`, `revoke 3`, `wanted`, `approve 5f1d0001` …"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...device.names import place
from ...errors import UsageError
from ...phone import requests
from ...wire import numbers as n

ACTS = {"unlock": n.UNLOCK, "lock": n.LOCK, "trunk": n.TRUNK, "drive": n.DRIVE, "status": n.STATUS}
REQUESTS = ("list", "revoke", "clear", "rename", "wanted", "approve", "time")
_TAKES = {"revoke": 1, "clear": 2, "rename": 2, "approve": 1}
KNOWN = (
    *ACTS, "list", "revoke HANDLE", "clear HANDLE CODE", "rename HANDLE NAME", "wanted", "approve CODE", "time", "code",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """One thing to ask of the car: its word, the action's wire number, and the body of a request.

    `code`: what a person read of a request that waits for consent. Action 0: nothing is asked of the car.
    """

    word: str
    action: int
    body: bytes | None = None
    code: str = ""


def parse(words: Sequence[str]) -> list[Wanted]:
    """What these words ask for, in order. UsageError for one that is not known or lacks what it takes."""
    left = list(words)
    found = []
    while left:
        word = left.pop(0)
        if word in ACTS:
            found.append(Wanted(word, ACTS[word]))
            continue
        if word == "code":
            found.append(Wanted(word, 0))
            continue
        if word not in REQUESTS:
            raise UsageError(f"{word!r} is no action", f"actions are {', '.join(KNOWN)}")
        takes = _TAKES.get(word, 0)
        if len(left) < takes:
            raise UsageError(f"{word} takes {takes} more", f"actions are {', '.join(KNOWN)}")
        given, left = left[:takes], left[takes:]
        code = given[0].lower() if word == "approve" else ""
        found.append(Wanted(word, *_request(word, given), code))
    return found


def _request(word: str, given: list[str]) -> requests.Ask:
    if word == "list":
        return requests.listing()
    if word in ("wanted", "approve"):  # an approval follows once it is known what of
        return requests.wanted()
    if word == "time":
        return requests.set_time(int(time.time()))
    if not (given[0].isascii() and given[0].isdigit() and int(given[0]) <= n.HANDLE_LAST):
        raise UsageError(f"{given[0]!r} is no handle", "`list` shows them")
    handle = int(given[0])
    if word == "rename":
        return requests.rename(handle, given[1])
    return requests.revoke_key(handle) if word == "revoke" else requests.clear(handle, *place(given[1]))
