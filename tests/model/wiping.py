# SPDX-License-Identifier: MIT
"""A reset, cut anywhere: it goes on at the next start, and nothing stops that start. Functions return what broke."""

from agent.errors import StoreError
from agent.store import tables, wipe
from agent.store.journal import Journal
from tests.model.nor import MOODS, Nor
from tests.power import engine
from tests.power.workloads import scene
from tests.power.world import look, open_store

TEARS = "0qh1sSMwe"
TWICE = 5  # of the second cuts, one in so many
BLANK = ({}, {}, 0, 0)


def begun(nor: Nor, mood: int = 0) -> "tuple[tables.Store, Journal, bool]":
    """A start: what is there, and whether a reset has begun."""
    nor.power_up(mood)
    journal = Journal(nor)
    store = tables.Store(journal)
    store.mount()
    return store, journal, store.get(tables.WIPE) is not None


def _trace(nor: Nor, work: "Callable[[], None]") -> list:
    nor.trace = []
    work()
    trace, nor.trace = nor.trace, None
    return trace


def finished(nor: Nor, mood: int) -> "list[str]":
    """What the agent does at a start in the middle of a reset; then there is nothing."""
    store, journal, going = begun(nor, mood)
    if going:
        wipe.finish(store, journal)
        store, journal, going = begun(nor, mood)
    if going or look(store) != BLANK or store.damage() or store.claim_lost():
        return ["something is left: %r" % (look(store),)]
    return []


def reset(geometry: str) -> "list[str]":
    """Every change of a reset is cut, and some of what the next start then does."""
    play = scene("turn", geometry)
    nor, world = play.nor, play.world
    store, journal, _ = begun(nor)
    wear = list(nor.wear)
    nor.trace = []
    wipe.begin(store)
    first = len(nor.trace)
    wipe.finish(store, journal)
    trace, nor.trace = nor.trace, None
    out = finished(nor.copy(nor.cells, nor.weak, 1), 0)
    if sum(nor.wear) > sum(wear) + nor.sectors or open_store(nor)._journal.wear() < max(wear):
        out.append("the sectors lost count of their erases, or had too many")
    for place, change in enumerate(trace):
        for number, tear in enumerate(TEARS):
            mood = (place + number) % MOODS
            name = "%d.%s" % (place, tear)
            cut = engine.after_cut(nor, change, tear, place)
            try:
                told = _cut(cut, world.view(), place < first, mood, place + number)
                out += ["%s: %s" % (name, said) for said in told]
            except StoreError as error:
                out.append("%s: %s" % (name, error))
    return out


def last_erase(geometry: str) -> "list[str]":
    """The last sector in use is being erased, neither what it was nor blank: the others tell whose flash it is."""
    nor = scene("turn", geometry).nor
    store, journal, _ = begun(nor)
    wipe.begin(store)
    last = [change for change in _trace(nor, lambda: wipe.finish(store, journal)) if change[0] == "erase"][-1]
    out = []
    for tear in TEARS:
        for mood in range(MOODS):
            try:
                cut = engine.after_cut(nor, last, tear, 1)
                out += ["%s, mood %d: %s" % (tear, mood, said) for said in finished(cut, mood)]
            except StoreError as error:
                out.append("%s, mood %d: %s" % (tear, mood, error))
    return out


def _cut(nor: Nor, whole: tuple, early: bool, mood: int, turn: int) -> "list[str]":
    """`early`: it may be that the reset has not begun; then all is there."""
    copy = nor.copy(nor.cells, nor.weak, 1)
    store, journal, going = begun(copy, mood)
    if not going and early and look(store) == whole:
        return []
    if going:
        trace = _trace(copy, lambda: wipe.finish(store, journal))
        for place in range(turn % TWICE, len(trace), TWICE):
            again = engine.after_cut(copy, trace[place], TEARS[(place + turn) % len(TEARS)], place)
            told = finished(again, (mood + place) % MOODS)
            if told:
                return ["%d, %s" % (place, told[0])]
    return finished(copy, mood)


def refused(geometry: str) -> "list[str]":
    """A sector that refuses stops a reset, which goes on once it works again; one that is worn is given up."""
    out = []
    for turn in range(3):
        for how in ("refuse", "erase"):
            nor = scene("turn", geometry).nor
            store, journal, _ = begun(nor)
            wipe.begin(store)
            sector = journal._order[turn % len(journal._order)]
            nor.stuck = {sector: how}
            try:
                wipe.finish(store, journal)
                if how == "refuse":
                    out.append("sector %d: it said that it is done" % sector)
            except StoreError:
                if how == "erase":
                    out.append("sector %d: it is not given up" % sector)
            nor.stuck = {} if how == "refuse" else nor.stuck
            out += ["sector %d, %s: %s" % (sector, how, said) for said in finished(nor, 0)]
    return out


def unreadable(geometry: str) -> "list[str]":
    """What is no store is erased all the same, sector by sector; one that refuses is left, and the watchdog is fed."""
    nor = scene("unlock", geometry).nor
    nor.cells[:] = bytes(range(256)) * (len(nor.cells) // 256)
    nor.stuck = {2: "refuse"}
    beats = []
    wipe.erase(nor, lambda: beats.append(1))
    firsts = [nor.cells[sector * nor.sector_size] for sector in range(nor.sectors)]
    good = firsts == [0 if sector == 2 else 0xFF for sector in range(nor.sectors)] and len(beats) == nor.sectors
    return [] if good else ["%r after %d beats" % (firsts, len(beats))]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
