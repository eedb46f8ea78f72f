# SPDX-License-Identifier: MIT
"""A reset, a change of the flash at a time. Each function raises where something does not hold."""

from agent.errors import StoreError
from agent.store import tables, wipe
from agent.store.ring import marks
from agent.store.ring.layout import VALUE
from tests.model.gathered import EACH, SIZE, filled, put
from tests.model.idling import Fed
from tests.model.nor import Nor
from tests.power.world import open_store


class Refusing(Nor):
    """Of one sector the erase is refused."""

    refuses = -1
    error: "type[Exception]" = OSError

    def erase(self, sector: int) -> None:
        if sector == self.refuses:
            raise self.error("refused")
        super().erase(sector)


def begun(values: int, apart: bool = False) -> "tuple[Nor, tables.Store, list[int]]":
    """A store of 9 sectors in which it has begun, behind so many values; the sectors that say so. Apart: each copy in
    another one."""
    nor, store = filled(9, values)
    if apart:
        store.put(tables.CONFIG + 40, bytes(11))  # what is left of the sector holds one more of 12 bytes
    wipe.begin(store)
    for number in range(3):
        put(store, number + 50)
    return nor, store, [store.at(VALUE, tables.WIPE | copy) // SIZE for copy in (0, tables.MIRROR)]


def says_so(nor: Nor) -> "tuple[bool, bool]":
    """What a start finds: whether it has begun, and whether anything is there at all."""
    store = open_store(nor.copy(nor.cells, nor.weak, 1))
    return store.get(tables.WIPE) == b"\x01", any(store._values.values())


def begins() -> None:
    """It is told by two copies, so that one may rot; with none of them, all is as it was."""
    nor, store = filled(9, 3)
    wipe.begin(store)
    both = [store.at(VALUE, tables.WIPE | copy) for copy in (0, tables.MIRROR)]
    assert says_so(nor) == (True, True) and both[0] != both[1]
    for addr in both:
        other = nor.copy(nor.cells, {}, 1)
        other.cells[addr + 7] ^= 0x10
        assert says_so(other) == (True, True)
    nor, store = filled(9, 3)
    nor.fault_at, nor.fault_more = 0, 999
    try:
        wipe.begin(store)
        refused = False
    except StoreError:
        refused = True
    nor.fault_at = -1
    assert refused and says_so(nor) == (False, True)


def reset() -> None:
    """Dirty sectors are erased first, then each that is in use, its head killed; those that say so go last."""
    nor, store = filled(9, 2 * EACH + 3)
    journal = store._journal
    journal._dirty.append(journal._clean.pop())
    loose = journal._dirty[0]
    wipe.begin(store)
    for number in range(3):
        put(store, number + 50)
    holding = sorted({store.at(VALUE, tables.WIPE | copy) // SIZE for copy in (0, tables.MIRROR)})
    used = list(journal._order)
    assert len(used) > len(holding)
    beats: list[int] = []
    journal.beat = lambda: beats.append(1)
    trace: list = []
    nor.trace = trace
    wear = list(nor.wear)
    wipe.finish(store, journal)
    erased = [addr // SIZE for what, addr, *_ in trace if what == "erase"]
    assert erased == [loose] + [one for one in used if one not in holding] + [one for one in used if one in holding]
    assert [one - was for one, was in zip(nor.wear, wear)] == [int(one in erased) for one in range(9)]
    for what, addr, _, cells, _ in trace:
        if what == "erase" and addr // SIZE != loose:
            assert cells[addr : addr + 48] == bytes(48), "its head was not killed"
    assert len(beats) >= len(erased) and journal._order == [] and sorted(journal._clean) == list(range(9))
    for sector in range(9):
        assert bytes(nor.cells[sector * SIZE : sector * SIZE + SIZE]) == marks.erase_mark(nor.wear[sector]).ljust(
            SIZE, b"\xff"
        ), sector



def until_the_end() -> None:
    """Whatever moment the power fails at, a start finds that it has begun, or else nothing."""
    for values, apart in ((3, False), (EACH, True), (2 * EACH, True), (2 * EACH, False)):
        nor, store, holding = begun(values, apart)
        assert len(set(holding)) == 1 + apart
        trace: list = []
        nor.trace = trace
        wipe.finish(store, store._journal)
        nor.trace = None
        found = [says_so(nor.copy(cells, weak, 1)) for _, _, _, cells, weak in trace]
        assert found[0] == (True, True) and set(found) == {(True, True), (False, False)}, (values, apart, found)
        assert found == sorted(found, reverse=True) and says_so(nor) == (False, False)


def refused_once() -> None:
    """An operation that is refused is tried again, or stops a reset: the next start goes on, if anything is left."""
    ends = set()
    place = 0
    while "not met" not in ends:
        nor, store, _ = begun(EACH, True)
        nor.fault_at = place
        stopped = False
        try:
            wipe.finish(store, store._journal)
        except StoreError:
            stopped = True
        met, nor.fault_at = nor.fault_at < 0, -1
        found = says_so(nor)
        assert found == (False, False) or (stopped and found == (True, True)), (place, found)
        ends.add(f"stopped, {found[0]}" if stopped else "done" if met else "not met")
        if stopped:
            store = open_store(nor)
            if found[0]:
                wipe.finish(store, store._journal)
            store = open_store(nor)
            while store.maintain():
                pass
        assert says_so(nor) == (False, False), place
        assert all(nor.cells[sector * SIZE :].startswith(b"NLM4") for sector in range(9)), "one was not erased"
        place += 1
    assert ends == {"stopped, True", "stopped, False", "done", "not met"} and place < 200


def given_up() -> None:
    """A sector whose head does not take zeros stops a reset. One that does not erase is killed again: it passes for
    nothing; one that refuses to erase rests, its head killed."""
    for how, stops in (("program", True), ("refuse", True), ("erase", False)):
        nor, store, _ = begun(2 * EACH + 3)
        journal = store._journal
        sector = journal._order[0]
        nor.stuck = {sector: how}
        try:
            wipe.finish(store, journal)
            assert not stops, how
        except StoreError:
            assert stops and says_so(nor) == (True, True), how
        if not stops:
            assert bytes(nor.cells[sector * SIZE : sector * SIZE + 48]) == bytes(48) and journal.retired() == 1
            assert says_so(nor) == (False, False)
    nor, store, _ = begun(2 * EACH + 3)
    sector = store._journal._order[0]
    nor, image = Refusing(9, SIZE, 256), nor.cells
    nor.cells[:], nor.refuses = image, sector
    store = open_store(nor)
    wipe.finish(store, store._journal)
    assert says_so(nor) == (False, False) and nor.cells[sector * SIZE : sector * SIZE + 48] == bytes(48)
    assert store._journal._clean and sector not in store._journal._clean


def unreadable() -> None:
    """What is no store is erased all the same, each sector once; what refuses is left, however it says so."""
    for error in (OSError, StoreError):
        nor = Refusing(5, SIZE, 256)
        nor.refuses, nor.error = 1, error
        nor.cells[:] = b"junk" * (len(nor.cells) // 4)
        fed = Fed()
        wipe.erase(nor, fed)
        assert nor.wear == [1, 0, 1, 1, 1] and fed.count == 5, error


ALL = (begins, reset, until_the_end, refused_once, given_up, unreadable)
