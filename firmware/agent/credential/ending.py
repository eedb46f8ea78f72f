# SPDX-License-Identifier: MIT
"""An issuer ends one pass by its id, shown or not, or all of them at once."""

from wire import caveats
from wire import numbers as n

from ..errors import StoreFull
from ..store import tables
from . import guest, introduce

_ISSUERS_MAX = 20  # that fit the value
_NO_HANDLE = 0x10000


def may(office: "Office", all_: bool) -> bool:
    """Whether there is room to remember one more end."""
    store = office.store
    if all_:
        return len(store.get(tables.GENERATIONS) or b"") < 3 * _ISSUERS_MAX
    try:
        introduce.free(store, office.clock, _NO_HANDLE)
    except StoreFull:
        return False
    return True


def end_one(office: "Office", link: int, issuer: int, ident: bytes) -> None:
    """Never again: the key that it became is revoked, the id is remembered."""
    store = office.store
    generation = guest.generation(store, issuer)
    for one in guest.every(store):
        if one.parent == issuer and one.ident == ident and one.generation == generation:
            cred = store.find(one.handle)
            if cred is not None and cred.kind == n.KIND_PASS and cred.state != n.CRED_REVOKED:
                store.set_state(cred, n.CRED_REVOKED)
                office.audit.note(link, n.EVENT_REVOKE, one.handle, n.OK, issuer)
            return
    slot = introduce.free(store, office.clock, _NO_HANDLE)
    head = n.HANDLE_NONE.to_bytes(2, "big") + issuer.to_bytes(2, "big") + bytes((generation,)) + ident + bytes(4)
    guest.keep(store, guest.Pass(slot, head + caveats.Limits([]).save()))
    office.audit.note(link, n.EVENT_PASSES, issuer, n.OK, generation)


def end_all(office: "Office", link: int, issuer: int) -> None:
    """The next generation: no pass of this issuer from before opens or can be introduced."""
    store = office.store
    generation = guest.generation(store, issuer) + 1 & 0xFF
    raw = store.get(tables.GENERATIONS) or b""
    name = issuer.to_bytes(2, "big")
    others = [raw[at : at + 3] for at in range(0, len(raw), 3) if raw[at : at + 2] != name]
    store.put(tables.GENERATIONS, b"".join(others) + name + bytes((generation,)))
    office.audit.note(link, n.EVENT_PASSES, issuer, n.OK, generation)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..office import Office
