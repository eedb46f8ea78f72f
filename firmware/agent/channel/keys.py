# SPDX-License-Identifier: MIT
"""Requests of a session about keys."""

from wire import bodies, record
from wire import messages as m
from wire import numbers as n

from .. import keyring
from ..credential import chain
from ..crypto import ct
from ..errors import StoreError
from .refusals import BATCH, Refused, must_be_ok, need_consent


def _enrol(car: "Car", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.ENROL, body)
    handle = ask["handle"]
    agent_id = car.agent_id
    if ask["kind"] == n.KIND_PASS:  # only an introduction makes these
        raise Refused(n.C_BAD_REQUEST)
    if ask["kind"] == n.KIND_RECOVERY:
        if ask["role"] != n.ROLE_GUEST or ask["rights"] != n.RIGHT_UNLOCK:
            raise Refused(n.C_BAD_REQUEST)
        agent_id = bytes(n.AGENT_ID_SIZE)  # who types a code by the road does not know the car's
    handout, first = chain.first_keys(ask["root"], agent_id, handle)
    known = car.store.find(handle)
    if known is not None:  # a repeated request, whose answer was lost, is done already
        if known.state != n.CRED_ACTIVE or not ct.equal(known.handout, handout):
            raise Refused(n.C_HANDLE_TAKEN)
        return b""
    if handle != car.store.next_handle():
        raise Refused(n.C_HANDLE_TAKEN)
    shown = {name: ask[name] for name in ("handle", "kind", "role", "rights")}
    need_consent(car, config, n.R_ENROL, body, text=ask["label"], **shown)
    car.store.enrol(handle, ask["kind"], ask["role"], ask["rights"], ask["label"], handout, first)
    car.audit.note(n.LINK_SERIAL, n.EVENT_ENROL, handle, n.OK)
    return b""


def _list(car: "Car", config: "Config", body: bytes) -> bytes:
    first = record.unpack(m.LIST, body)["first"]
    return keyring.page(car.store, car.clock, first, BATCH)


def _revoke(car: "Car", config: "Config", body: bytes) -> bytes:
    handle = record.unpack(m.HANDLE, body)["handle"]
    if _damaged(car.store, handle):  # it can't be read; nor must it ever open, should it read well again
        car.store.bury(handle)
        car.store.losses.count()
        car.audit.note(n.LINK_SERIAL, n.EVENT_REVOKE, handle, n.OK, n.HANDLE_NONE)
        return b""
    must_be_ok(keyring.check_revoke(car.store, handle))
    cred = car.store.find(handle)
    if cred is not None and cred.role == n.ROLE_OWNER and cred.state != n.CRED_REVOKED:
        need_consent(car, config, n.R_REVOKE, body, handle=handle, role=cred.role, text=cred.label)
    keyring.revoke(car.store, car.audit, n.LINK_SERIAL, handle, n.HANDLE_NONE)
    return b""


def _damaged(store: "Store", handle: int) -> bool:
    try:
        return store.find(handle) is None and handle in store.losses.handles
    except StoreError:
        return handle in store.losses.handles


def _rename(car: "Car", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.RENAME, body)
    done = keyring.rename(
        car.store, car.audit, n.LINK_SERIAL, ask["handle"], ask["label"], n.HANDLE_NONE
    )
    must_be_ok(done)
    return b""


def _clear(car: "Car", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(bodies.CLEAR, body)
    handle = ask["handle"]
    must_be_ok(keyring.check_clear(car.store, handle, ask["epoch"], ask["mark"]))
    cred = car.store.find(handle)
    if cred is None or cred.state == n.CRED_ACTIVE:  # also a repeated request, whose answer was lost
        return b""
    # where every owner's key is suspect nobody could consent: then the button inside the car does
    if keyring.can_consent(car.store) or not car.held():
        need_consent(car, config, n.R_CLEAR, body, handle=handle, role=cred.role, text=cred.label)
    keyring.clear(car.store, car.audit, n.LINK_SERIAL, handle, n.HANDLE_NONE)
    return b""


HANDLERS = {n.R_ENROL: _enrol, n.R_LIST: _list, n.R_REVOKE: _revoke, n.R_RENAME: _rename, n.R_CLEAR: _clear}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..config import Config
    from ..store.tables import Store
    from .car import Car
