# SPDX-License-Identifier: MIT
"""The tables of a start by themselves: what supersedes what, what is told of it, what a collection asks of them. Each
function raises where that does not hold."""

from array import array

from agent.errors import Damaged
from agent.store.journal import Journal
from agent.store.mount.blocks import Blocks
from agent.store.mount.index import Index
from agent.store.ring import cred
from agent.store.ring.layout import FIXED, LOG, PLACES, ROLL, TALLY, VALUE
from tests.model.nor import Nor
from wire import numbers as n

KEY = bytes(16)


def new() -> Index:
    """Empty ones, of a flash of four sectors."""
    return Index(Journal(Nor(4, 4096, 256)))


def about(number: int) -> bytes:
    """A body that tells what it is about."""
    return b"body" + number.to_bytes(2, "big")


def entry(sequence: int, tail: bytes = b"the tail") -> bytes:
    """Of the log."""
    return sequence.to_bytes(4, "big") + bytes(12) + tail


def seen() -> None:
    """A record takes the place of the one before under its type and name, and of no other."""
    index = new()
    assert (index.next_handle(), index.known(), index.log_next, index.log_tail) == (0, 0, 0, b"")
    for first, second in ((0x100, 0x200), (0x300, 0x80)):
        names = ((FIXED, 5), (FIXED, 300), (ROLL, 5), (ROLL, 300), (VALUE, PLACES | 5), (VALUE, PLACES | 44))
        for turn, addr in enumerate((first, second)):
            for place, (kind, name) in enumerate(names):
                before = first + 4 * place if turn else (0x200 + 4 * place if first == 0x300 else 0)
                assert index.see(kind, about(name), addr + 4 * place) == before, (kind, name, addr)
                assert index.at(kind, name & 0xFF if kind == VALUE else name) == addr + 4 * place
    assert index.see(TALLY, about(PLACES), 0x400) == 0 and index.at(TALLY, 0) == 0x400
    assert index.see(TALLY, about(PLACES), 0x500) == 0x400 and index.at(TALLY, 0) == 0x500
    for kind in (5, 8, 200):
        assert index.see(kind, about(5), 0x600) == 0 and index.at(kind, 5) == index.at(kind, 300) == 0
    assert index.at(TALLY, 0) == 0x500 and index.at(FIXED, 5) == 0x80 and index.known() == 301
    assert index.lacking() == [one for one in range(301) if one not in (5, 300)]
    index.forget(VALUE, 5)
    index.forget(ROLL, 300)
    assert index.at(VALUE, 5) == index.at(ROLL, 300) == 0 and index.at(VALUE, 44) and index.at(FIXED, 300)


def entries() -> None:
    """An entry follows the newest, or is there twice; the last 256 count. In turn: its number, what it supersedes."""
    index = new()
    there: dict[int, int] = {}
    for place, (sequence, before, first, following) in enumerate(
        (
            (7, 0, 7, 8),
            (8, 0, 7, 9),
            (8, 2, 7, 9),  # a collection was cut between a copy and a kill
            (7, 1, 7, 9),
            (10, 0, 7, 11),
            (9, 0, 7, 11),
            (9, 6, 7, 11),
            (263, 0, 8, 264),  # in the place of the first one
            (8, 3, 8, 264),
            (7, 0, 8, 264),  # too old
            (264, 0, 9, 265),
            (9, 7, 9, 265),
            (1 << 24, 0, 1 << 24, (1 << 24) + 1),
            ((1 << 24) + 256, 0, (1 << 24) + 256, (1 << 24) + 257),
            ((1 << 24) + 1, 0, (1 << 24) + 1, (1 << 24) + 257),
            ((1 << 24) + 1, 15, (1 << 24) + 1, (1 << 24) + 257),
            ((1 << 24), 0, (1 << 24) + 1, (1 << 24) + 257),
        ),
        1,
    ):
        old = index.see(LOG, entry(sequence, b"tail %3d" % place), place << 4)
        assert old == before << 4, (sequence, old)
        assert (index.log_first(), index.log_next) == (first, following), (sequence, index.log_first())
        there[sequence] = place << 4
        for one in range(first, following):
            assert index.log_address(one) == there.get(one, 0), (sequence, one)
        if sequence == following - 1:
            assert index.log_tail == b"tail %3d" % place


def gaps() -> None:
    """What is missing in front of a later entry has no address, though one stood in its place 256 before."""
    index = new()
    for sequence in range(300):
        assert index.see(LOG, entry(sequence), 0x1000 + 32 * sequence) == 0
    assert index.log_first() == 44 and index.log_address(44) == 0x1000 + 32 * 44
    index.see(LOG, entry(303), 0x4000)
    kept = [one for one in range(48, 304) if index.log_address(one)]
    assert kept == [*range(48, 300), 303] and index.log_first() == 48 and index.log_next == 304
    index.see(LOG, entry(700), 0x5000)
    assert index.log_first() == 700 and [one for one in range(445, 701) if index.log_address(one)] == [700]


def handles() -> None:
    """The next handle is behind all that were given or that a record tells of; one that was cut off is taken again."""
    for given, there, want in (
        (0, (), 0),
        (3, (), 3),
        (0, ((FIXED, 0),), 0),  # its second record is missing
        (0, ((FIXED, 0), (ROLL, 0)), 1),
        (0, ((ROLL, 0),), 1),
        (1, ((FIXED, 0),), 1),
        (0, ((FIXED, 4),), 4),
        (4, ((FIXED, 4),), 4),
        (5, ((FIXED, 4),), 5),
        (2, ((ROLL, 4),), 5),
        (9, ((ROLL, 4),), 9),
        (0, ((ROLL, 3), (FIXED, 4)), 4),
    ):
        index = new()
        index._handles = given
        for kind, handle in there:
            index.see(kind, about(handle), 0x100)
        assert index.next_handle() == want, (given, there, index.next_handle())


def lacking() -> None:
    """Either record may be the one that is missing, of the first handle of a block as of any other."""
    index = new()
    index._keys.grow(259)
    lone = {0: FIXED, 1: ROLL, 2: FIXED, 3: FIXED, 127: ROLL, 128: ROLL, 129: ROLL, 256: FIXED, 259: FIXED}
    for handle in range(260):
        for kind in (FIXED, ROLL):
            if lone.get(handle) != kind:
                index.see(kind, about(handle), 0x100)
    assert index.lacking() == sorted(lone) and index.known() == 260


def large() -> None:
    """In a flash of 512 KB a record is found behind the first 256."""
    index = Index(Journal(Nor(128, 4096, 256)))
    for handle, addr in ((0, 0x40000), (1, 0x7FFFC), (2, 0x100)):
        index.see(ROLL, about(handle), addr)
        assert index.at(ROLL, handle) == addr


def standing() -> None:
    """Without a fixed record a key is revoked when the other one says so, and that one has to verify."""
    journal = Journal(Nor(8, 1024, 256))
    journal._clean = list(range(8))
    index = Index(journal)
    index._keys.grow(3)
    for handle, state in ((0, n.CRED_REVOKED), (1, n.CRED_ACTIVE)):
        one = cred.new(handle, 1, 1, 1, "", KEY, KEY)
        one.state = state
        body = one.roll()
        index.see(ROLL, body, journal.append(ROLL, body))
    index.see(ROLL, about(2), 0x1C00)
    assert index.buried(0) is True and index.buried(1) is False and index.buried(3) is False
    try:
        index.buried(2)
    except Damaged:
        return
    raise AssertionError("what does not verify tells")


def kept() -> None:
    """A collection moves what is live where it looks, and nothing else, and the tables follow."""
    index = new()
    names = ((FIXED, 260, 0x100), (ROLL, 4, 0x140), (VALUE, PLACES | 4, 0x180), (TALLY, PLACES, 0x1C0))
    bodies = [(kind, about(name), addr) for kind, name, addr in names]
    bodies += [(LOG, entry(sequence), 0x1000 + 32 * sequence) for sequence in (0, 1, 255)]
    for kind, body, addr in bodies:
        index.see(kind, body, addr)
    for kind, body, addr in bodies:
        assert index.keep(kind, body, addr + 4) is None, kind
        moved = index.keep(kind, body, addr)
        assert moved is not None, kind
        moved(0x2000 + addr)
        assert index.keep(kind, body, addr) is None and index.keep(kind, body, 0x2000 + addr) is not None, kind
    assert index.at(FIXED, 260) == 0x2100 and index.at(ROLL, 4) == 0x2140 and index.at(VALUE, 4) == 0x2180
    assert index.at(TALLY, 0) == 0x21C0
    assert [index.log_address(one) for one in (0, 1, 2, 255)] == [0x3000, 0x3020, 0, 0x3000 + 32 * 255]
    assert index.keep(FIXED, about(4), 0x2100) is None and index.keep(VALUE, about(PLACES | 5), 0x2180) is None


def weighed() -> None:
    """What is live in each sector, with the padding: to the byte, and of the log only where that is asked."""
    nor = Nor(4, 4096, 256)
    index = Index(Journal(nor))
    for turn, (kind, name, addr, length) in enumerate(
        (
            (FIXED, 2, 0x0100, 23),  # 32
            (FIXED, 200, 0x1100, 47),  # 56
            (ROLL, 0, 0x2100, 42),  # 48
            (ROLL, 200, 0x3100, 42),
            (ROLL, 4, 0x3200, 42),
            (VALUE, PLACES | 16, 0x2200, 2),  # 8
            (VALUE, PLACES | 17, 0x1200, 66),  # 72
            (VALUE, PLACES | 18, 0x3300, 66),  # forgotten
            (TALLY, PLACES, 0x0200, 72),  # 80
        )
    ):
        assert index.see(kind, about(name), addr) == 0, turn
        nor.cells[addr] = length
    nor.cells[0] = 90  # no record stands there: it is the address of nothing
    index.forget(VALUE, 18)
    for sequence, addr in ((0, 0x0300), (1, 0x0320), (2, 0x1300), (255, 0x3400)):
        index.see(LOG, entry(sequence), addr)
        nor.cells[addr] = 24  # 32
    for log, more in ((False, [0, 0, 0, 0]), (True, [64, 32, 0, 32])):
        live = array("I", [1, 2, 3, 4])
        index.weigh(live, log)
        want = [1 + 32 + 80 + more[0], 2 + 56 + 72 + more[1], 3 + 48 + 8 + more[2], 4 + 96 + more[3]]
        assert list(live) == want, (log, list(live))
    empty = Index(Journal(nor))
    live = array("I", [0] * 4)
    empty.weigh(live, True)
    assert list(live) == [0] * 4, list(live)


def dropped() -> None:
    """Entries of one sector are given up, from its first byte to its last; those before and behind stay."""
    index = new()
    places = (0x0FE0, 0x1000, 0x1020, 0x1FE0, 0x2000)
    for sequence, addr in enumerate(places):
        index.see(LOG, entry(sequence), addr)
    index.drop(0x1000, 0x2000)
    assert [index.log_address(one) for one in range(6)] == [0x0FE0, 0, 0, 0, 0x2000, 0]
    index.drop(0, 0x1000)
    assert index.log_first() == 4 and index.log_next == 5
    index.drop(0x2000, 0x3000)
    assert index.log_first() == index.log_next == 5


def sizes() -> None:
    """4 bytes a key up to 256 KB of flash, 8 beyond; each handle once, in blocks of 128."""
    for size, wide, each in ((1 << 18, 0, 512), ((1 << 18) + 1, 1, 1024), (1 << 20, 1, 1024), (4096, 0, 512)):
        one = Blocks(size)
        assert bool(one.wide) == bool(wide) and list(one.both()) == []
        for count in (1, 127, 128, 129, 256, 300):
            one.grow(count - 1)
            assert one.count == count and len(one.blocks) == (count + 127) // 128
            assert [len(bytes(block)) for block in one.blocks] == [each] * len(one.blocks)
            assert list(one.both()) == [(0, 0)] * count and one.lacking() == list(range(count))
            assert one.get(FIXED, count) == one.get(ROLL, count) == 0, "behind the last one"
        for handle in (0, 127, 128, 299):
            one.set(FIXED, handle, 4 * handle + 48)
            one.set(ROLL, handle, 4 * handle + 2048)
        both = list(one.both())
        assert both[299] == (4 * 299 + 48, 4 * 299 + 2048) and both[128] == (560, 2560) and both[1] == (0, 0)
        assert len(one.lacking()) == 296


ALL = (seen, entries, gaps, handles, lacking, large, standing, kept, weighed, dropped, sizes)
