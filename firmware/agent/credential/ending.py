# SPDX-License-Identifier: MIT
"""An issuer ends one pass by its id, shown or not, or all of them at once."""

from wire import caveats
from wire import numbers as n

from ..errors import StoreFull
from . import guest, places


def may(office: "Office", issuer: "Cred", ident: bytes) -> int:
    """OK, or FULL: whether there is room to remember one more end. A pass that was shown needs none.

    ident: 8 bytes, empty for all passes.
    """
    if not ident:
        return n.OK if issuer.generation < n.GENERATION_LAST else n.FULL
    if _shown(office, issuer, ident) is not None:
        return n.OK
    if not places.ends(office.store, office.clock, issuer.handle):
        return n.FULL
    try:
        places.free(office.store, office.clock, issuer.handle, places.NO_HANDLE)
    except StoreFull:
        return n.FULL
    return n.OK


def end_one(office: "Office", link: int, issuer: "Cred", ident: bytes) -> None:
    """Never again: the key that it became is revoked, the id is remembered."""
    store = office.store
    one = _shown(office, issuer, ident)
    if one is not None:
        cred = store.find(one.handle)
        if cred is not None and cred.kind == n.KIND_PASS:
            if cred.state != n.CRED_REVOKED:
                store.set_state(cred, n.CRED_REVOKED)
                office.audit.note(link, n.EVENT_REVOKE, one.handle, n.OK, issuer.handle)
            return
        if one.handle == n.HANDLE_NONE:
            return
        slot = one.slot  # a cut came between its record and its key: it must not come in later
    else:
        slot = places.free(store, office.clock, issuer.handle, places.NO_HANDLE)
    guest.keep(
        store, guest.made(slot, n.HANDLE_NONE, issuer.handle, issuer.generation, ident, caveats.Limits([]))
    )
    office.audit.note(link, n.EVENT_PASSES, issuer.handle, n.OK, issuer.generation & 0xFFFF)


def end_all(office: "Office", link: int, issuer: "Cred") -> None:
    """The next generation: no pass of this issuer from before opens or can be introduced."""
    issuer.generation += 1
    issuer.lent = b""
    office.store.amend(issuer)
    office.audit.note(link, n.EVENT_PASSES, issuer.handle, n.OK, issuer.generation & 0xFFFF)


def _shown(office: "Office", issuer: "Cred", ident: bytes) -> "guest.Pass | None":
    """The record of a pass of this issuer, shown or ended before that."""
    for one in guest.every(office.store):
        if one.parent == issuer.handle and one.ident == ident and one.generation == issuer.generation:
            return one
    return None


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..office import Office
    from ..store.tables import Cred
