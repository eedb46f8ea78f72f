# SPDX-License-Identifier: MIT
"""Room for passes: so much for each issuer, so that nobody who may lend can leave others without.

A place is free again once its pass could never come back. Handles are given once for ever: an issuer has so many, and
some are left to the cable alone.
"""

from wire import caveats
from wire import numbers as n

from ..crypto import ct
from ..errors import StoreFull
from ..store import tables
from . import chain, guest

_PLACES = 16  # of the 64 that one issuer may hold
_ENDS = 8  # of these, passes that were ended before they were shown
_GUEST_HANDLES = 8  # that one guest may give on: who lent to it has the others
_SHARE = 4  # an issuer has this part of all handles
_CABLE = 8  # and the cable alone has the last part of so many
_CABLE_LEAST = 16
NO_HANDLE = 0x10000  # in place of a handle that a place is wanted for: none


def lenders(store: "Store", issuer: "Cred") -> "list[Cred]":
    """The issuer, and all between it and the one who is no guest: each answers for what comes of its pass."""
    found = [issuer]
    while found[-1].kind == n.KIND_PASS and len(found) <= caveats.DEPTH_MAX:
        one = guest.of_handle(store, found[-1].handle)
        parent = store.find(one.parent) if one is not None else None
        if parent is None:
            break
        found.append(parent)
    return found


def handle_left(store: "Store", issuer: "Cred") -> bool:
    """Whether one more handle may be given for a pass of this issuer."""
    capacity = store.capacity()
    if store.next_handle() >= capacity - min(max(_CABLE_LEAST, capacity // _CABLE), capacity // 2):
        return False
    for one in lenders(store, issuer):
        if one.introduced >= (_GUEST_HANDLES if one.kind == n.KIND_PASS else capacity // _SHARE):
            return False
    return True


def over(store: "Store", clock: "Clock", one: guest.Pass) -> bool:
    """Whether a pass never lets its holder in again: its place may be given to another one (see free())."""
    if not one.limits.uses or clock.unix() > one.limits.not_after or guest.ended(store, one):
        return True
    cred = store.find(one.handle) if one.handle != n.HANDLE_NONE else None
    return cred is not None and cred.kind == n.KIND_PASS and cred.state == n.CRED_REVOKED


def given_before(store: "Store", agent_id: bytes, root: bytes) -> bool:
    """Whether a guest of this root key was let in before, and its place was given to another one since."""
    for handle in range(store.next_handle()):
        cred = store.find(handle)
        if cred is not None and cred.kind == n.KIND_PASS and cred.state == n.CRED_REVOKED:
            if ct.equal(chain.first_keys(root, agent_id, handle)[0], cred.handout):
                return True
    return False


def free(store: "Store", clock: "Clock", issuer: int, handle: int) -> int:
    """A place for another pass of this issuer: an empty one, or that of a pass that is over. StoreFull without any.

    The key of a pass that loses its place is revoked, so that the same pass is known should it come again.
    What a cut of the power left for this very handle is written over first of all: a key has one record, not two.
    """
    taken = []
    spare: "guest.Pass | None" = None
    mine = 0
    for one in guest.every(store):
        if one.handle == handle:
            return one.slot
        taken.append(one.slot)
        if over(store, clock, one):
            spare = one
        elif one.parent == issuer:
            mine += 1
    if mine >= _PLACES:
        raise StoreFull("this issuer has its places")
    for slot in range(guest.SLOTS):
        if slot not in taken and tables.PASSES + slot not in store.losses.values:
            return slot
    if spare is not None:
        cred = store.find(spare.handle)
        if cred is not None and cred.kind == n.KIND_PASS and cred.state != n.CRED_REVOKED:
            store.set_state(cred, n.CRED_REVOKED)
        return spare.slot
    raise StoreFull("no room for another pass")


def ends(store: "Store", clock: "Clock", issuer: int) -> int:
    """How many more passes of this issuer may be ended before they are shown; then only all of them at once."""
    count = 0
    for one in guest.every(store):
        if one.parent == issuer and one.handle == n.HANDLE_NONE and not over(store, clock, one):
            count += 1
    return max(0, _ENDS - count)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..clock import Clock
    from ..store.tables import Cred, Store
