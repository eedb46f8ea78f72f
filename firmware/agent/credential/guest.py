# SPDX-License-Identifier: MIT
"""Passes that were introduced: what is kept of each, and whether it still lets its holder in.

A guest's key is an ordinary rolling credential of KIND_PASS; without its record here it may do nothing. The record also
remembers the id: a pass that was ended stays ended. A slot is used again once its pass could never come back.
"""

from wire import caveats
from wire import numbers as n

from ..errors import StoreError
from ..store import tables

SLOTS = 64
_LIMITS = 20  # where they begin


class Pass:
    """One record. `handle` is HANDLE_NONE for a pass that was ended before it was introduced."""

    def __init__(self, slot: int, raw: bytes) -> None:
        self.slot = slot
        self.handle = raw[0] << 8 | raw[1]
        self.parent = raw[2] << 8 | raw[3]
        self.generation = int.from_bytes(raw[4:8], "big")
        self.ident = bytes(raw[8:16])
        self.first = int.from_bytes(raw[16:20], "big")
        self.limits = caveats.Limits([]).load(raw[_LIMITS:])


def made(
    slot: int, handle: int, parent: int, generation: int, ident: bytes, limits: caveats.Limits
) -> Pass:
    """A record that was not kept yet. ident: 8 bytes."""
    head = handle.to_bytes(2, "big") + parent.to_bytes(2, "big") + generation.to_bytes(4, "big") + ident
    return Pass(slot, head + bytes(4) + limits.save())


def keep(store: "tables.Store", one: Pass) -> None:
    """Makes a record durable."""
    head = one.handle.to_bytes(2, "big") + one.parent.to_bytes(2, "big") + one.generation.to_bytes(4, "big")
    store.put(tables.PASSES + one.slot, head + one.ident + one.first.to_bytes(4, "big") + one.limits.save())


def every(store: "tables.Store") -> "Iterator[Pass]":
    """All records."""
    for slot in range(SLOTS):
        try:
            raw = store.get(tables.PASSES + slot)
        except StoreError:
            continue  # lost, which the store tells: its guest is let in no more, and its place is not given away
        if raw is not None:
            yield Pass(slot, raw)


def of_handle(store: "tables.Store", handle: int) -> "Pass | None":
    """The record of a guest's key."""
    for one in every(store):
        if one.handle == handle:
            return one
    return None


def ended(store: "tables.Store", one: Pass) -> bool:
    """Whether its issuer is gone or ended all passes: for ever, either way."""
    parent = store.find(one.parent)
    return parent is None or parent.state == n.CRED_REVOKED or parent.generation != one.generation


def check(store: "tables.Store", clock: "Clock", handle: int, right: int) -> "tuple[int, list[Pass]]":
    """May the guest, by all passes up to the one who is no guest? OK and those passes, or the reason why not."""
    chain: "list[Pass]" = []
    while len(chain) <= caveats.DEPTH_MAX:
        one = of_handle(store, handle)
        if one is None:
            return n.BAD_PASS, []
        if ended(store, one):
            return n.REVOKED, []
        parent = store.find(one.parent)
        if parent is None or parent.state == n.CRED_SUSPENDED:
            return n.SUSPENDED, []
        if not right and not one.limits.uses:
            return n.USED_UP, []  # nor does who is used up let others in, or end what they lent
        reason = one.limits.judge(right, clock.unix(), clock.trusted, one.first)
        if reason != n.OK:
            return reason, []
        chain.append(one)
        if parent.kind != n.KIND_PASS:
            return n.OK, chain
        handle = one.parent
    return n.BAD_PASS, []


def spend(store: "tables.Store", clock: "Clock", chain: "list[Pass]", right: int) -> None:
    """Takes one use off every pass on the way, and starts lifetimes. To be durable before anything moves."""
    for one in chain:
        changed = False
        if one.limits.uses != caveats.UNCOUNTED and right and right != n.RIGHT_LOCK:
            one.limits.uses -= 1
            changed = True
        if one.limits.lifetime != caveats.NEVER and not one.first and right:
            one.first = clock.unix()
            changed = True
        if changed:
            keep(store, one)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..clock import Clock
