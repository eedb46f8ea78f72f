# SPDX-License-Identifier: MIT
"""From what a flash holds at power-up to a journal that may be written: sorts the sectors, reads them, settles the end.

Within a power-up a program that returned is done. Across a cut, the last one may be torn, or have left cells that read
differently each time, and nothing tells. Hence the last record is programmed again as it reads, which completes it,
before it counts; what it superseded may have been killed by half and read as zeros now: it is killed again. Then what
may stand behind it is settled: see writer.py. A start that finds this done, and nothing appended since, writes nothing.
"""

from ...errors import StoreError
from ..ring import marks
from . import rescue


def sort(ring: "Writer") -> int:
    """Reads all heads; finds the order, what is clean, and what has to be erased. Writes nothing.

    Returns how many sectors were taken back whose use mark does not read.
    """
    sectors = ring._sectors
    wear = ring._wear
    found = []
    orphans = []
    notes = []
    for sector in range(ring.flash.sectors):
        head = sectors.head(sector)
        ring._marked = ring._marked or head.erased or head.used
        wear[sector] = max(head.wear, 0)
        before, end = head.noted()
        if before:
            notes.append((sector, before, end))
        if head.used:
            sectors.sequences[sector] = head.sequence
            found.append(sector)
        elif head.erased and not head.touched:
            ring._clean.append(sector)
        else:
            ring._dirty.append(sector)
            if head.touched and not head.killed:
                orphans.append(sector)
    if found:
        ring._sequence = max([sectors.sequences[sector] for sector in found])
    repaired = 0
    # what was never formatted by an agent is not searched for records: a watchdog may run by now
    for sector in orphans if ring._marked else ():
        if rescue.adopt(ring, sector, [sectors.sequences[other] for other in found]):
            found.append(sector)
            repaired += 1
    if not found:
        _refuse(ring)
    worst = max(wear)
    for sector in ring._dirty:
        wear[sector] = wear[sector] or worst
    found.sort(key=lambda sector: sectors.sequences[sector])
    ring._order = found
    for sector, before, end in notes:
        for other in found:  # one that is not in use has no sequence
            if sectors.sequences[other] == sectors.sequences[sector] - before:
                sectors.ends[other] = end
    return repaired


def _refuse(ring: "Writer") -> None:
    """StoreError when a flash without a sector in use holds something of somebody.

    On one of ours that is a sector whose records speak, its head lost; what an erase left that was cut does not speak.
    """
    sectors = ring._sectors
    for sector in ring._dirty:
        if sectors.end(sector) > marks.FIRST and not sectors.head(sector).dying:
            if not ring._marked or rescue.told(sectors, sector, []) >= 0:
                raise StoreError("no sector of this layout in a flash that is not blank")


def scan(ring: "Writer", walk: "Walk", broken: "Broken") -> None:
    """Visits all records in order."""
    sectors = ring._sectors
    order = ring._order
    for sector in order[:-3:-1]:  # the head may hold no record yet
        walk.end(sector)
        if sectors.last:
            body = sectors.last_body
            sectors.about, sectors.about_size = body[-2] << 8 | body[-1], len(body)
            walk.look_for(sectors.about, sectors.about_size)
            break
    for sector in order:
        ring.beat()
        walk.sector(sector, broken, sector == order[-1])
    sectors.killed = walk.killed()
    ring._bad_known = ring.retired()
    for sector in range(ring.flash.sectors):
        if ring._is_bad(sector):
            for listed in (ring._clean, ring._dirty):
                if sector in listed:
                    listed.remove(sector)
            if sector in order and sector not in ring._leaving:
                ring._leaving.append(sector)


def settle(ring: "Writer", keep: "Keep", clear: "Callable[[list[int], bool], None]") -> None:
    """Makes sure of the end of the journal.

    keep(type, body, addr) returns a function that is told the new address, or None for what is not live.
    clear(addresses, whole) kills what is superseded and was not, but for what is killed here; `whole`: whether the last
    record is safe.
    """
    sectors = ring._sectors
    first = not ring._order and not ring._clean  # then the mark of a blank chip is all that tells whose this is
    for sector in ring._dirty:
        head = sectors.head(sector)
        if (head.touched or head.used) and not (first and head.erased and not head.used):
            try:
                sectors.kill_head(sector)
            except StoreError:
                pass  # its erase will be refused as well
    if not ring._order:
        return
    sector = ring._order[-1]
    size = ring.flash.sector_size
    tail = ring._end = sectors.tail  # no length behind the last record that verifies can be trusted
    ring._copies = sectors.head(sector).copies
    ring._unsealed = not sectors.sealed
    last, kind, body = sectors.last, sectors.last_kind, sectors.last_body
    place = tail if ring._copies else ring.seek(tail)
    calm = ring._calm
    again = [addr for killed in sectors.killed for addr in killed if addr // size != sector or addr % size < tail]
    sectors.killed = ([], [])
    whole = calm or ring.confirm(sector, last, kind, body)
    for addr in again if not calm else ():
        ring.kill(addr)
    if whole:
        clear(again, True)
    if ring._copies:
        ring._at = tail
        ring._unsure = True
    else:
        ring.settle_tail(tail, place)
    if sector in ring._leaving:
        ring._at = size
        if not last and not calm and ring._is_bad(sector):
            ring._give_back(sector)  # it never took a record
    if not whole:
        clear(again, _moved(ring, keep, last, kind, body))


def _moved(ring: "Writer", keep: "Keep", last: int, kind: int, body: bytes) -> bool:
    """Copies the last record, where its sector does not take it again; whether that is done."""
    moved = keep(kind, body, last) if last else None
    if moved is not None:
        try:
            moved(ring.append(kind, body))
        except StoreError:
            return False  # it reads now: what it superseded stays beside it
        ring.kill(last)
    return True


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ring.records import Broken
    from ..ring.writer import Writer
    from .walk import Walk

    Keep = Callable[[int, bytes, int], Callable[[int], None] | None]
