# SPDX-License-Identifier: MIT
"""What a holder may ask of the car besides moving the lock: action and body for a token, and how to read the reply."""

from collections.abc import Callable
from dataclasses import dataclass

from ..wire import bodies, record
from ..wire import messages as m
from ..wire import numbers as n
from ..wire.errors import WireError
from .errors import PhoneError
from .exchange import Link, act
from .holder import Holder
from .state import Result

_NO_ID = bytes(n.PASS_ID_SIZE)
_NFC_ROOM = 230 - n.ANSWER_SIZE - n.SEAL_TAG

Ask = tuple[int, bytes]


@dataclass(frozen=True)
class HeldKey:
    """One key as the car lists it. All but the label are wire numbers; `epoch` is the one that it expects next."""

    handle: int
    kind: int
    role: int
    rights: int
    state: int
    epoch: int
    label: str


def listing(first: int = 0, room: int = n.REPLY_MAX - n.SEAL_TAG) -> Ask:
    """A page of keys from a handle on, of at most `room` bytes."""
    return n.LIST, record.pack(bodies.LIST, {"first": first, "room": min(room, _NFC_ROOM)})


def page(reply: bytes) -> tuple[list[HeldKey], int | None]:
    """The keys of a page, and the handle where the next one begins (None: that was all)."""
    try:
        head, at = record.take(m.LIST_ANSWER, reply)
        found = []
        while at < len(reply):
            values, at = record.take(m.KEY_INFO, reply, at)
            found.append(HeldKey(**values))
    except WireError:
        raise PhoneError("the car's list can't be read", "update one of the two", code="mismatch") from None
    return found, None if head["next"] == n.HANDLE_NONE else head["next"]


def revoke_key(handle: int) -> Ask:
    """An end to the key of this handle."""
    return n.REVOKE, record.pack(bodies.REVOKE, {"what": bodies.WHAT_KEY, "handle": handle, "ident": _NO_ID})


def end_pass(ident: bytes) -> Ask:
    """An end to one pass that this holder made, shown to the car or not. ident: 8 bytes."""
    return n.REVOKE, record.pack(bodies.REVOKE, {"what": bodies.WHAT_PASS, "handle": 0, "ident": ident})


def end_passes() -> Ask:
    """An end to all passes that this holder made; tell Holder.ended_passes() when it was done."""
    return n.REVOKE, record.pack(bodies.REVOKE, {"what": bodies.WHAT_PASSES, "handle": 0, "ident": _NO_ID})


def rename(handle: int, label: str) -> Ask:
    """Another label for a key. PhoneError when it is longer than LABEL_MAX bytes."""
    try:
        return n.RENAME, record.pack(bodies.RENAME, {"handle": handle, "label": label})
    except WireError:
        raise PhoneError(f"a label holds {n.LABEL_MAX} bytes at most", "shorten it", code="usage") from None


def clear(handle: int, epoch: int, mark: bytes) -> Ask:
    """A suspect key gets its rights back, for the phone that is there (State.code). mark: 2 bytes; zeros: a card."""
    return n.CLEAR, record.pack(bodies.CLEAR, {"handle": handle, "epoch": epoch, "mark": mark})


def wanted() -> Ask:
    """What does a session at the cable ask an owner's consent to?"""
    return n.WANTED, b""


@dataclass(frozen=True)
class Wanted:
    """What a session asks consent to. Wire numbers; `text`: a label, or the name of a setting; what it has not is 0."""

    request: int
    handle: int
    kind: int
    role: int
    rights: int
    text: str
    value: int
    key: bytes
    digest: bytes


def read_wanted(reply: bytes) -> Wanted:
    """The reply to wanted()."""
    try:
        return Wanted(**record.unpack(bodies.WANTED_ANSWER, reply))
    except WireError:
        raise PhoneError("what the car asks for can't be read", "update one of the two", code="mismatch") from None


def approve(one: Wanted) -> Ask:
    """Consent to this one request of a session, to be repeated within APPROVAL_MS."""
    return n.APPROVE, record.pack(bodies.APPROVE, {"digest": one.digest})


def set_time(seconds: int) -> Ask:
    """It is that time, in Unix seconds."""
    return n.SET_TIME, record.pack(bodies.SET_TIME, {"seconds": seconds})


async def ask(link: Link, holder: Holder, wanted: Ask, timeout: float = 2.0) -> Result:
    """Asks over a link; as act()."""
    return await act(link, holder, wanted[0], timeout=timeout, body=wanted[1])


async def consent(link: Link, holder: Holder, says: Callable[[Wanted], bool], timeout: float = 2.0) -> Result:
    """Asks what waits for an owner's consent, and consents where says() does; the last result."""
    result = await ask(link, holder, wanted(), timeout)
    if not result.ok:
        return result
    one = read_wanted(result.reply)
    return await ask(link, holder, approve(one), timeout) if says(one) else result


async def keys(link: Link, holder: Holder, timeout: float = 2.0) -> tuple[Result, list[HeldKey]]:
    """All keys of the car, page by page, and the last result: the list is whole when that is ok."""
    found: list[HeldKey] = []
    first: int | None = 0
    while True:
        result = await ask(link, holder, listing(first or 0), timeout)
        if not result.ok:
            return result, found
        more, following = page(result.reply)
        found += more
        if following is None or following <= (first or 0):
            return result, found
        first = following
