# SPDX-License-Identifier: MIT
"""One act of a holder over Bluetooth LE, with what a good phone does by itself: retry what was lost, ask why."""

from dataclasses import replace
from typing import Protocol

from ..wire import numbers as n
from .holder import Holder
from .state import Result

_TRIES = 3  # tokens that nobody could make anything of, before the question why
_TOKENS = 9  # in all: the car may have to be brought along, and asked why


class Link(Protocol):
    """The part of a BLE phone that an act needs."""

    async def transact(self, make_token: "MakeToken", timeout: float = ...) -> bytes | None:
        """Obtains a challenge, sends the token made for it, and returns the answer; None when none came in time."""


class MakeToken(Protocol):
    """Makes 20 bytes that answer a challenge of 16."""

    def __call__(self, challenge: bytes, /) -> bytes:
        """The token."""


async def act(
    link: Link, holder: Holder, action: int, flags: int = 0, timeout: float = 2.0, body: bytes | None = None
) -> Result:
    """Asks the car for an action (a wire number) and returns what it said. body: see Holder.token.

    A lost answer is asked for again with a fresh challenge; so is what somebody else disturbed. Where the car then says
    that it had done the first one, that counts. A refusal is asked about once more, in the same connection.
    """
    result = Result(None)
    reason: Result | None = None  # what the car said before it was asked why
    lost = 0
    retry = False
    for _ in range(_TOKENS):
        if lost == _TRIES and reason is None:
            holder.ask_why()
            reason = result
        elif lost > _TRIES:
            break
        answer = await link.transact(lambda challenge: holder.token(challenge, action, flags, body), timeout)
        if answer is None:
            lost += 1
            continue
        result = holder.answer(answer)
        retry = retry or result.retry
        if result.report:
            reason = result
        elif result.verdict is None and not result.again:
            lost += 1
        elif not result.again:
            return replace(result, retry=retry)
    return reason if reason is not None and result.verdict is None else result


def told(result: Result) -> str:
    """What the holder's screen says, in words."""
    if result.verdict is None:
        return "this car does not know the key"
    text = _WORDS.get(result.verdict, f"refused, reason {result.verdict}")
    if result.suspect:
        text += "; a second copy of this key was used: see the owner"
    if result.tried:
        text += "; somebody tried a copy of what this key was handed over with"
    if result.void:
        text += "; the passes of this key are void: make them anew"
    if result.shown:
        text += f"; {result.shown} more of its passes were shown to the car"
    return text


_WORDS = {
    n.OK: "done",
    n.BAD_TAG: "the car could not verify this key",
    n.STALE: "this copy of the key is out of date: another one was used since",
    n.REVOKED: "this key was revoked",
    n.SUSPENDED: "this key is suspended: see the owner",
    n.EXPIRED: "this key has expired",
    n.NO_RIGHT: "this key may not do that",
    n.EXHAUSTED: "this key is used up: have it enrolled again",
    n.PASSIVE_OFF: "this car does not open by itself",
    n.UNKNOWN_ACTION: "this car can't do that",
    n.NOT_READY: "this car is not ready",
    n.NO_TIME: "the car is not sure of the time: an owner can set it",
    n.NOT_YET: "this key is not valid yet",
    n.HOURS: "this key is not valid at this hour",
    n.USED_UP: "this key has no use left",
    n.NO_KEY: "the car knows no such key",
    n.LAST_OWNER: "the last owner's key can't be removed: enrol another owner first",
    n.TIME_BACK: "the car's time never goes back",
    n.TOO_FAR: "that is too far ahead of the car's time: see the workshop",
    n.BAD_PASS: "its issuer may not give this pass",
    n.INTERLOCK: "something at the car forbids it now",
    n.REPEAT: "done before, and not again",
    n.AHEAD: "the car lost what it did last and could not be brought along: try again",
    n.NOTHING_WANTED: "nothing is waiting for an owner's consent, or not this",
    n.FULL: "the car has no room for another pass: an owner can end old ones, or the workshop knows why",
}
