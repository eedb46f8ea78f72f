# SPDX-License-Identifier: MIT
"""From what a flash holds at power-up to a journal that may be written: sorts the sectors, reads them, settles the end.

Within a power-up a program that returned is done. Across a cut, the last one may be torn, or have left cells that read
differently each time, and nothing tells. Hence two rules. Only zeros go where an unknown program may have been cut:
repeating them completes them. And the last record is programmed again as it reads, which completes it, before it
counts and before those zeros; one that does not take it is copied behind them. What the last record superseded may
have been killed by half and read as zeros now: it is killed again.
"""

from ..errors import StoreError, StoreFull
from . import marks, rescue
from .sectors import ALIGN, REACH

_ALL = 1 << 28


def sort(journal: "Journal") -> None:
    """Reads all heads; finds the order, what is clean, and what has to be erased. Writes nothing."""
    sectors = journal._sectors
    wear = journal._wear
    found = []
    orphans = []
    ours = False  # what was never formatted by an agent is not searched for records: a watchdog may run by now
    for sector in range(journal.flash.sectors):
        head = sectors.head(sector)
        ours = ours or head.erased > 0 or head.used > 0
        wear[sector] = max(head.wear, 0)
        sectors.old[sector] = head.used == 1
        if head.used:
            sectors.sequences[sector] = head.sequence
            found.append(sector)
        elif head.erased == marks.LAYOUT and not head.touched:
            journal._clean.append(sector)
        else:
            journal._dirty.append(sector)
            if head.touched and not head.killed:
                orphans.append(sector)
    if found:
        journal._sequence = max([sectors.sequences[sector] for sector in found])
    for sector in orphans if ours else ():
        if rescue.adopt(journal, sector, [sectors.sequences[other] for other in found]):
            found.append(sector)
    dirty = journal._dirty
    if not found and any(sectors.end(sector) > marks.FIRST and not sectors.head(sector).dying for sector in dirty):
        raise StoreError("no sector of this layout in a flash that is not blank")
    worst = max(wear)
    for sector in journal._dirty:
        wear[sector] = wear[sector] or worst
    found.sort(key=lambda sector: sectors.sequences[sector])
    # the mark of a head without a record may be half there: it was not used, and is not going to be
    while found and sectors.end(found[-1]) <= (marks.FIRST_OLD if sectors.old[found[-1]] else marks.FIRST):
        journal._dirty.append(found.pop())
    journal._order = found


def scan(journal: "Journal", visit: "Visit", broken: "Broken") -> None:
    """Visits all records in order."""
    sectors = journal._sectors
    order = journal._order
    sectors.about = -1
    for sector in order[:-3:-1]:  # the head may hold no record yet
        sectors.scan(sector, 0, _ALL, _ignore_record, _ignore, True)
        if sectors.last:
            body = sectors.last_body
            sectors.about, sectors.about_size = body[-2] << 8 | body[-1], len(body)
            break
    for sector in order:
        journal.beat()
        sectors.scan(sector, 0, _ALL, visit, broken, sector == order[-1])
    journal._bad_known = journal.retired()
    for sector in range(journal.flash.sectors):
        if journal._is_bad(sector):
            for listed in (journal._clean, journal._dirty):
                if sector in listed:
                    listed.remove(sector)
            if sector in journal._order and sector not in journal._leaving:
                journal._leaving.append(sector)


def settle(journal: "Journal", keep: "Keep") -> None:
    """Makes sure of the end of the journal."""
    sectors = journal._sectors
    for sector in journal._dirty:
        head = sectors.head(sector)
        if (head.touched or head.used) and not head.killed:
            sectors.kill_head(sector)
    if not journal._order:
        return
    head_sector = journal._order[-1]
    size = journal.flash.sector_size
    tail = sectors.tail  # no length behind the last record that verifies can be trusted
    for killed in sectors.killed:
        for addr in killed:
            if addr // size != head_sector or addr % size < tail:
                journal.kill(addr)
    sectors.killed = ([], [])
    end = (sectors.end(head_sector) + ALIGN - 1) // ALIGN * ALIGN
    last, kind, body = sectors.last, sectors.last_kind, sectors.last_body
    old = sectors.old[head_sector]
    if not old:
        solid = not last or journal.complete(last, kind, body)
        limit = min(size, max(end, tail) + REACH)
        sectors.wipe(head_sector, tail, limit)
        journal._at = limit
        if solid:
            last = 0
    moved = keep(kind, body, last) if last else None
    if moved is not None:
        moved(journal.append(kind, body, True))
        sectors.kill(last)
    if journal._at + REACH > size and (journal._clean or journal._dirty):
        try:
            journal._open(True)  # now, and not on the path of an unlock
        except StoreFull:
            pass  # too many are worn: what is there can be read all the same


def _ignore_record(kind: int, body: bytes, addr: int) -> None:
    """It is visited later."""


def _ignore(kind: int, about: int, addr: int, alone: bool) -> None:
    """Only what verifies counts."""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .journal import Journal, Keep
    from .sectors import Broken, Visit
