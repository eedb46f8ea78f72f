# SPDX-License-Identifier: MIT
"""Old secrets are gone at once, also while a sector is being emptied. Returns what could be read."""

from agent.store import tables
from tests.power.workloads import scene
from tests.power.world import open_store, readable
from wire import numbers as n


def lingering(geometry: str) -> "list[str]":
    """Unlocks between the slices of a collection, and a revocation at its end."""
    play = scene("compaction", geometry)
    nor, world = play.nor, play.world
    store = open_store(nor)
    out = []
    slices = turn = 0
    while store.maintain():
        slices += 1
        turn += 1
        world.step(store, turn % 3)
        world.put(store, tables.LINK, 100 + turn, 21)  # the one before the first of these stood in the emptied sector
        if readable(bytes(nor.cells), world.dead):
            out.append("after slice %d" % slices)
    world.standing(store, 1, n.CRED_REVOKED)
    if readable(bytes(nor.cells), world.dead):
        out.append("a revoked key")
    return out if slices > 3 else ["nothing was emptied"]
