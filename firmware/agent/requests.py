# SPDX-License-Identifier: MIT
"""What a holder may ask over the air besides moving the lock: each request is checked first, and done once its
token's step is durable.

The gate hands `prepare` to the kind of credential whose tokens carry requests.
"""

from wire import bodies, record
from wire import numbers as n
from wire.errors import WireError

from . import keyring, time_floor
from .credential import ending, sealed
from .errors import AuthError


def prepare(
    office: "Office", link: int, cred: "Cred", chain: "Cmac", nonce: bytes, token: bytes, action: int
) -> "tuple[int, Callable[[], bytes] | None]":
    """(OK, what does it) or (the reason why not, anything). What does it returns the reply, mostly empty."""
    try:
        return _REQUESTS[action](office, link, cred, sealed.request(chain, nonce, token))
    except (AuthError, WireError):
        return n.MALFORMED, None


def _nothing() -> bytes:
    return b""


def _list(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    ask = record.unpack(bodies.LIST, plain)

    def job() -> bytes:
        return keyring.page(office.store, office.clock, ask["first"], ask["room"])

    return n.OK, job


def _revoke(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    ask = record.unpack(bodies.REVOKE, plain)
    handle = ask["handle"]
    if ask["what"] != bodies.WHAT_KEY:
        return _end_passes(office, link, cred, ask)
    if not cred.rights & n.RIGHT_ENROL:
        return n.NO_RIGHT, _nothing
    reason = keyring.check_revoke(office.store, handle)

    def job() -> bytes:
        keyring.revoke(office.store, office.audit, link, handle, cred.handle)
        return b""

    return reason, job


def _end_passes(office: "Office", link: int, cred: "Cred", ask: dict) -> "Prepared":
    if not cred.rights & n.RIGHT_PASS:
        return n.NO_RIGHT, _nothing

    every = ask["what"] == bodies.WHAT_PASSES

    def job() -> bytes:
        if every:
            ending.end_all(office, link, cred)
        else:
            ending.end_one(office, link, cred, ask["ident"])
        return b""

    return ending.may(office, cred, b"" if every else ask["ident"]), job


def _rename(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    ask = record.unpack(bodies.RENAME, plain)

    def job() -> bytes:
        keyring.rename(office.store, office.audit, link, ask["handle"], ask["label"], cred.handle)
        return b""

    return n.NO_KEY if office.store.find(ask["handle"]) is None else n.OK, job


def _clear(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    ask = record.unpack(bodies.CLEAR, plain)
    handle = ask["handle"]

    def job() -> bytes:
        keyring.clear(office.store, office.audit, link, handle, cred.handle)
        return b""

    return keyring.check_clear(office.store, handle, ask["epoch"], ask["mark"]), job


def _wanted(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    record.unpack(bodies.WANTED, plain)
    pending = office.consent.pending()
    if pending is None:
        return n.NOTHING_WANTED, _nothing
    return n.OK, pending.told


def _approve(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    digest = record.unpack(bodies.APPROVE, plain)["digest"]
    pending = office.consent.pending()

    def job() -> bytes:
        office.consent.approve(link, cred.handle)
        return b""

    if pending is None or pending.digest[: n.CONSENT_SIZE] != digest:
        return n.NOTHING_WANTED, job
    return n.OK, job


def _set_time(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    seconds = record.unpack(bodies.SET_TIME, plain)["seconds"]
    reason = time_floor.check(office.clock, seconds, False)
    lower = reason == n.TIME_BACK and seconds >= n.TIME_FIRST and office.button()

    def job() -> bytes:
        if lower:
            time_floor.lower_to(office.store, office.clock, seconds)
            office.audit.note(link, n.EVENT_LOWERED, cred.handle, n.OK)
        else:
            time_floor.raise_to(office.store, office.clock, seconds)
        return b""

    return n.OK if lower else reason, job


_REQUESTS = {
    n.LIST: _list,
    n.REVOKE: _revoke,
    n.RENAME: _rename,
    n.CLEAR: _clear,
    n.WANTED: _wanted,
    n.APPROVE: _approve,
    n.SET_TIME: _set_time,
}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .crypto.cmac import Cmac
    from .office import Office
    from .store.tables import Cred

    Prepared = tuple[int, Callable[[], bytes]]
