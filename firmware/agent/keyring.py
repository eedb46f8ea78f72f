# SPDX-License-Identifier: MIT
"""What owners and technicians do to keys, whatever the link: list, revoke, rename, clear."""

from wire import messages as m
from wire import numbers as n
from wire import record

from .credential import chain, guest, places
from .crypto import ct
from .errors import NightlatchError

_ENTRY_MAX = 12 + n.LABEL_MAX


def page(store: "Store", clock: "Clock", first: int, room: int) -> bytes:
    """LIST_ANSWER and as many KEY_INFO records as fit into so many bytes, from a handle on. A guest's key whose pass is
    over shows as ended."""
    lent = {one.handle: places.over(store, clock, one) for one in guest.every(store)}
    handle = first
    end = store.next_handle()
    out = b""
    while handle < end and len(out) + 2 + _ENTRY_MAX <= room:
        cred = _find(store, handle)
        if cred is not None:
            info = {name: getattr(cred, name) for name in ("handle", "kind", "role", "rights", "state", "label")}
            info["epoch"] = cred.epoch
            if cred.kind == n.KIND_PASS and cred.state == n.CRED_ACTIVE and lent.get(handle, True):
                info["state"] = n.CRED_ENDED
            out += record.pack(m.KEY_INFO, info)
        handle += 1
    return record.pack(m.LIST_ANSWER, {"next": handle if handle < end else n.HANDLE_NONE}) + out


def check_revoke(store: "Store", handle: int) -> int:
    """OK, NO_KEY or LAST_OWNER: whether a key may be revoked."""
    cred = store.find(handle)
    if cred is None:
        return n.NO_KEY
    if cred.state != n.CRED_REVOKED and cred.role == n.ROLE_OWNER and not _other_owner(store, handle):
        return n.LAST_OWNER
    return n.OK


def revoke(store: "Store", audit: "Audit", link: int, handle: int, by: int) -> None:
    """Ends a key that check_revoke allowed. `by` is the handle of who asked, HANDLE_NONE for the technician."""
    cred = store.find(handle)
    if cred is not None and cred.state != n.CRED_REVOKED:
        store.set_state(cred, n.CRED_REVOKED)
        audit.note(link, n.EVENT_REVOKE, handle, n.OK, by)


def rename(store: "Store", audit: "Audit", link: int, handle: int, label: str, by: int) -> int:
    """Gives a key another label: OK or NO_KEY."""
    cred = store.find(handle)
    if cred is None:
        return n.NO_KEY
    if cred.label != label:
        cred.label = label
        store.amend(cred)
        audit.note(link, n.EVENT_RENAME, handle, n.OK, by)
    return n.OK


def check_clear(store: "Store", handle: int, epoch: int, mark: bytes) -> int:
    """OK, NO_KEY, REVOKED, or STALE where the car does not stand at that epoch and mark: may this key be cleared?

    One that is active already may: then nothing is done. mark: 2 bytes, zeros for a card.
    """
    cred = store.find(handle)
    if cred is None:
        return n.NO_KEY
    if cred.state == n.CRED_REVOKED:
        return n.REVOKED
    if cred.state == n.CRED_ACTIVE:
        return n.OK
    have = bytes(n.MARK_SIZE) if cred.kind == n.KIND_CARD else chain.mark(chain.told_key(cred.chain))
    return n.OK if epoch == cred.epoch and ct.equal(have, mark) else n.STALE


def clear(store: "Store", audit: "Audit", link: int, handle: int, by: int) -> None:
    """Gives a suspect or suspended key its rights back. Its next use makes another identity key, which no copy has."""
    cred = store.find(handle)
    if cred is not None and cred.state in (n.CRED_SUSPECT, n.CRED_SUSPENDED):
        cred.renew, cred.tried = True, False
        store.amend(cred)
        store.set_state(cred, n.CRED_ACTIVE)
        audit.note(link, n.EVENT_CLEAR, handle, n.OK, by)


def can_consent(store: "Store") -> bool:
    """Whether any key is left whose holder may consent at the car."""
    for handle in range(store.next_handle()):
        cred = _find(store, handle)
        if cred is not None and cred.state == n.CRED_ACTIVE and cred.rights & n.RIGHT_ENROL:
            return True
    return False


def _other_owner(store: "Store", handle: int) -> bool:
    for other in range(store.next_handle()):
        cred = _find(store, other) if other != handle else None
        if cred is None or cred.role != n.ROLE_OWNER or not cred.rights & n.RIGHT_ENROL:
            continue
        if cred.state in (n.CRED_ACTIVE, n.CRED_SUSPECT):
            return True
    return False


def _find(store: "Store", handle: int) -> "Cred | None":
    """A damaged credential is reported by the count in the status, not by a list that fails."""
    try:
        return store.find(handle)
    except NightlatchError:
        return None


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .audit import Audit
    from .clock import Clock
    from .store.tables import Cred, Store
