# SPDX-License-Identifier: MIT
"""Bits rot: what is lost is told, what is left goes on, and nothing old comes back. Functions return what broke."""

from agent.errors import StoreError
from agent.store import tables
from agent.store.journal import Journal
from agent.store.ring.layout import VALUE, size_of
from tests.model.dice import Dice
from tests.power.engine import difference
from tests.power.workloads import scene
from tests.power.world import chain, look, open_store
from wire import numbers as n


def rot(geometry: str, seed: int, tries: int) -> "list[str]":
    """One to three bits of a used sector flip: whatever is lost is told, the rest stands, and no old state returns."""
    play = scene("turn", geometry)
    world = play.world
    store = open_store(play.nor)
    for ident in (tables.CONFIG, tables.UPDATE, tables.CONFIG + 1, tables.CONFIG):
        world.put(store, ident, ident, 4)
    world.advance(store, tables.TIME, 77)
    world.values[tables.CONFIG] = bytes(4)
    store.put(tables.CONFIG, bytes(4))
    truth = world.view()
    dice = Dice(seed)
    while store.maintain():  # what is written is sealed
        pass
    used = [at for at in range(0, len(play.nor.cells), 64) if play.nor.cells[at : at + 64] != b"\xff" * 64]
    out = []
    for turn in range(tries):
        nor = play.nor.copy(play.nor.cells, {}, turn)
        near = used[dice.roll(len(used))] if dice.roll(4) else dice.roll(len(play.nor.cells) // 64) * 64
        for _ in range(1 + dice.roll(3)):
            nor.cells[near + dice.roll(64)] ^= 1 << dice.roll(8)
        nor.stuck[near // nor.sector_size] = "rot"  # what is programmed there need not come out
        try:
            store = open_store(nor)
            creds, values, log_next, _ = look(store, store.losses.values)
        except StoreError as error:
            out.append("turn %d: %s" % (turn, error))
            continue
        for handle, want in truth[0].items():
            if creds.get(handle) != want and not (handle not in creds and handle in store.losses.handles):
                out.append("turn %d: key %d is %r" % (turn, handle, creds.get(handle)))
        for ident, want in truth[1].items():
            # what rotted may be its name, which then is no name or a wrong one
            told = ident in store.losses.values or store.losses.unknown or set(store.losses.values) - set(truth[1])
            if values.get(ident) != want and not (ident not in values and told):
                out.append("turn %d: value %d is %r" % (turn, ident, values.get(ident)))
        if store.next_handle() < len(truth[0]) or log_next < truth[2] - 1:
            out.append("turn %d: a number fell, %d %d" % (turn, store.next_handle(), log_next))
        out += ["turn %d: %s" % (turn, said) for said in _goes_on(store, creds)]
    return out


def each_bit(geometry: str) -> "list[str]":
    """Every bit of a setting, one at a time: it reads as before, or its loss is told, by name or as one without."""
    play = scene("unlock", geometry)
    store = open_store(play.nor)
    for ident in (tables.CONFIG, tables.CONFIG + 1):
        play.world.put(store, ident, ident, 4)
    for _ in range(8):
        play.world.log(store)
    start = store.at(VALUE, tables.CONFIG)
    out = []
    for bit in range(size_of(6) * 8):
        nor = play.nor.copy(play.nor.cells, {}, 1)
        nor.cells[start + bit // 8] ^= 1 << bit % 8
        nor.stuck[start // nor.sector_size] = "rot"
        store = open_store(nor)
        kept = None if tables.CONFIG in store.losses.values else store.get(tables.CONFIG)
        if kept != play.world.values[tables.CONFIG] and not (kept is None and store.damage()):
            out.append("bit %d: %r, %d lost" % (bit, kept, store.damage()))
    return out


def headless(geometry: str) -> "list[str]":
    """The sectors in use lose their use marks, whatever is there instead: all is found, and idle time mends it."""
    out = []
    for mark in (bytes(16), b"\xff" * 16, bytes(range(100, 116))):
        play = scene("turn", geometry)
        nor = play.nor.copy(play.nor.cells, {}, 1)
        for sector in open_store(play.nor)._journal._order:
            nor.cells[sector * nor.sector_size + 32 : sector * nor.sector_size + 48] = mark
            nor.stuck[sector] = "rot"
        store = open_store(nor)
        if look(store) != play.world.view() or store.damage() or not store._journal.repaired:
            told = difference(look(store), play.world.view())
            out.append("%r: %d mended, %d lost: %s" % (mark, store._journal.repaired, store.damage(), told))
        nor.stuck = {}
        while store.maintain():
            pass
        store = open_store(nor)
        if look(store) != play.world.view() or store._journal.repaired:
            out.append("%r: it is not mended" % mark)
        for sector in store._journal._order:
            nor.cells[sector * nor.sector_size : sector * nor.sector_size + 48] = bytes(range(48))
        image = bytes(nor.cells)
        try:
            open_store(nor)
            out.append("%r: what can't be told is taken for a store" % mark)
        except StoreError:
            if bytes(nor.cells) != image:
                out.append("%r: what can't be told was written to" % mark)
    return out


def foreign(geometry: str) -> "list[str]":
    """Flash that no agent ever formatted is refused by its heads: a search for records outlasts a watchdog."""
    nor = scene("unlock", geometry).nor
    text = b"what a file system left there, or whoever" * 100
    nor.cells[:] = (text * (len(nor.cells) // len(text) + 1))[: len(nor.cells)]
    image = bytes(nor.cells)
    nor.power_up(0)
    store = tables.Store(Journal(nor))
    try:
        store.mount()
    except StoreError:
        store.maintain()  # idle time comes all the same
        if bytes(nor.cells) != image or nor.reads > 4 * nor.sectors:
            return ["it was written to, or read %d times" % nor.reads]
        return []
    return ["it was not refused"]


def _goes_on(store: "tables.Store", creds: dict) -> "list[str]":
    """What else still opens, does so again and again, and a start shows it."""
    try:
        for more in range(1, 3):
            for handle in creds:
                cred = store.find(handle)
                assert cred is not None
                if cred.state == n.CRED_ACTIVE:
                    store.step(cred, creds[handle][0] + more, chain(handle, creds[handle][0] + more), 1, b"\x01" * 16)
            for _ in range(30):
                store.maintain()
        again = look(open_store(store._journal.flash), store.losses.values)[0]
    except StoreError as error:
        return ["it does not go on: %s" % error]
    wrong = sorted(set(again) ^ set(creds)) or [
        handle
        for handle, (epoch, _, state, *_) in creds.items()
        if again[handle][0] != epoch + 2 * (state == n.CRED_ACTIVE)
    ]
    return ["keys %r are not where they went" % wrong] if wrong else []
