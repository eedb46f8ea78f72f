# SPDX-License-Identifier: MIT
"""What a holder may ask over the air besides moving the lock: each request is checked first, and done once its
token's step is durable.

The body behind the token is AES-CCM under KDF(CK_e, "request"), a reply under KDF(CK_e, "reply"), both with the first
13 bytes of the challenge as nonce: an epoch has its keys, a challenge is answered once.
"""

from wire import bodies, record
from wire import numbers as n
from wire.errors import WireError

from . import floor, keyring
from .credential import ending
from .crypto import ccm, kdf
from .errors import AuthError

_NONCE = 13


def prepare(
    office: "Office", link: int, cred: "Cred", chain: "Cmac", nonce: bytes, token: bytes, action: int
) -> "tuple[int, Callable[[], bytes] | None]":
    """(OK, what does it) or (the reason why not, None). What does it returns the sealed reply, mostly empty."""
    try:
        plain = ccm.Ccm(kdf.derive(chain, b"request"), n.SEAL_TAG).open(nonce[:_NONCE], b"", token[n.TOKEN_SIZE :])
        reason, job = _REQUESTS[action](office, link, cred, plain)
    except (AuthError, WireError):
        return n.MALFORMED, None
    if reason != n.OK:
        return reason, None

    def done() -> bytes:
        reply = job()
        return ccm.Ccm(kdf.derive(chain, b"reply"), n.SEAL_TAG).seal(nonce[:_NONCE], b"", reply) if reply else b""

    return n.OK, done


def _nothing() -> bytes:
    return b""


def _list(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    ask = record.unpack(bodies.LIST, plain)

    def job() -> bytes:
        return keyring.page(office.store, ask["first"], ask["room"])

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
            ending.end_all(office, link, cred.handle)
        else:
            ending.end_one(office, link, cred.handle, ask["ident"])
        return b""

    return n.OK if ending.may(office, every) else n.FULL, job


def _rename(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    ask = record.unpack(bodies.RENAME, plain)

    def job() -> bytes:
        keyring.rename(office.store, office.audit, link, ask["handle"], ask["label"], cred.handle)
        return b""

    return n.NO_KEY if office.store.find(ask["handle"]) is None else n.OK, job


def _clear(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    handle = record.unpack(bodies.CLEAR, plain)["handle"]

    def job() -> bytes:
        keyring.clear(office.store, office.audit, link, handle, cred.handle)
        return b""

    return keyring.check_clear(office.store, handle), job


def _approve(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    record.unpack(bodies.APPROVE, plain)

    def job() -> bytes:
        office.consent()
        return b""

    return n.OK, job


def _set_time(office: "Office", link: int, cred: "Cred", plain: bytes) -> "Prepared":
    seconds = record.unpack(bodies.SET_TIME, plain)["seconds"]
    reason = floor.check(office.clock, seconds, False)

    def job() -> bytes:
        floor.raise_to(office.store, office.clock, seconds)
        return b""

    return reason, job


_REQUESTS = {
    n.LIST: _list,
    n.REVOKE: _revoke,
    n.RENAME: _rename,
    n.CLEAR: _clear,
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
