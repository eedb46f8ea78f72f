# SPDX-License-Identifier: MIT
"""What a store has by name: keys, entries of the log, values, the claim. Each function returns what is wrong."""

from agent.store import tables
from agent.store.ring.layout import FIXED, ROLL, VALUE
from tests.model.gathered import store_of
from tests.model.nor import Nor
from tests.model.ring.chip import Wrong
from tests.power.world import entry, open_store
from wire import numbers as n

KEY = bytes(range(16))
BEFORE = bytes(range(100, 116))


def restarted(nor: Nor) -> tables.Store:
    """What another start would find."""
    return open_store(nor.copy(nor.cells, nor.weak, 1))


def entries() -> "list[str]":
    """The log: in turn, of one size, the last 256 of it; what does not read as its number is none."""
    wrong = Wrong()
    nor, store = store_of(20)
    text = "a log entry out of turn"
    for bad in (entry(1), entry(0)[:23], entry(0) + b"x", b""):
        wrong.refused(f"{len(bad)}", text, store.log_append, bad)
    for number in range(300):
        store.log_append(entry(number))
        store.maintain()
    for again in (store, restarted(nor)):
        have = again.log_next, again.log_first(), bytes(again.log_tail)
        wrong.same("kept", have, (300, 44, entry(299)[16:24]))
        for number in (43, 44, 45, 255, 256, 298, 299, 300):
            want = entry(number) if 44 <= number < 300 else None
            wrong.same(f"entry {number}", again.log_read(number), want)
    store.log_next = 1 << 24
    store.log_append(entry(1 << 24))
    wrong.same("a large number", store.log_read(1 << 24), entry(1 << 24))
    store.log_next = 300
    store._log[50] = store._log[51]
    wrong.same("another one's place", store.log_read(256 + 50), None)
    store._log[51] = 0
    wrong.same("missing", store.log_read(51), None)
    store._log[60] = store._log[61]
    wrong.same("of another number", store.log_read(60), None)
    return wrong.out


def values() -> "list[str]":
    """What a value may be, where its other copy is, and what is said of one that is lost."""
    wrong = Wrong()
    _, store = store_of(8)
    text = "a value too long, or no such identifier"
    for ident, size in ((0, 1), (128, 1), (-1, 1), (200, 1), (1, 65), (127, 65)):
        wrong.refused(f"{ident}, {size}", text, store.put, ident, bytes(size))
    for ident, copies in ((1, True), (15, True), (16, False), (127, False)):
        store.put(ident, bytes(64))
        wrong.same(f"{ident}, other copy", store.at(VALUE, ident | 0x80) != 0, copies)
        wrong.same(f"{ident}", store.get(ident), bytes(64))
    store.forget(VALUE, 1)
    wrong.same("one copy", store.get(1), bytes(64))
    store.forget(VALUE, 0x81)
    wrong.same("never set", (store.get(1), store.get(99)), (None, None))
    store.forget(VALUE, 0x80 | 15)
    wrong.same("the other one lost", store.get(15), bytes(64))
    store.put(0x11, b"set")
    store.forget(VALUE, 0x10)
    store.point(VALUE, 0x90, store.at(VALUE, 0x11))
    wrong.same("no other copy of a setting", store.get(0x10), None)
    store.put(0x10, b"set")
    store.losses.values = [1, 15]
    wrong.refused("lost", "a value is lost", store.get, 1)
    wrong.same("told, and there", store.get(15), bytes(64))
    store._journal._sectors.zero(store.at(VALUE, 16) + 8, 1)
    store.losses.values = []
    wrong.refused("rotten", "a value is lost", store.get, 16)
    wrong.same("rotten, told", store.losses.values, [16])
    for value, raised, then in ((7, True, 7), (7, False, 7), (6, False, 7), (8, True, 8)):
        wrong.same(f"advance {value}", (store.advance(4, value), store.counter(4)), (raised, then))
    wrong.same("counter never set", store.counter(3), 0)
    wrong.same("of four bytes", store.get(4), bytes((0, 0, 0, 8)))
    wrong.same("room", store.room(), store._journal.room())
    return wrong.out


def claims() -> "list[str]":
    """A car with keys or a log and no claim has lost it; a blank one has not."""
    wrong = Wrong()
    for claim, handles, log, lost, want in (
        (False, 0, 0, [], False),
        (False, 1, 0, [], True),
        (False, 0, 1, [], True),
        (True, 1, 1, [], False),
        (True, 0, 0, [1], True),
        (True, 0, 0, [2], False),
    ):
        _, store = store_of(8)
        if claim:
            store.put(tables.AGENT, bytes(48))
        store._handles, store.log_next, store.losses.values = handles, log, list(lost)
        wrong.same(f"{claim}, {handles}, {log}, {lost}", store.claim_lost(), want)
    return wrong.out


def credentials() -> "list[str]":
    """A key from its enrolment on: what is kept, what is superseded, what a damaged one says."""
    wrong = Wrong()
    nor, store = store_of(24)
    wrong.refused("out of turn", "handle is taken or out of turn", store.enrol, 1, 1, 1, 1, "", KEY, KEY)
    store.enrol(0, 3, 2, 0x1234, "a", KEY, KEY[::-1])
    store.enrol(1, 1, 1, 1, "b", KEY, KEY)
    wrong.same("given", (store.counter(tables.HANDLES), store.next_handle()), (2, 2))
    one = store.find(0)
    assert one
    have = one.epoch, one.attempt, one.state, bytes(one.chain), one.label
    wrong.same("new", have, (0, None, n.CRED_ACTIVE, KEY[::-1], "a"))
    store.step(one, 5, KEY, 9, BEFORE)
    one = store.find(0)
    assert one
    wrong.same("a step", (one.epoch, one.attempt, bytes(one.chain), bytes(one.before)), (5, 9, KEY, BEFORE))
    for epoch in (4, 5):
        wrong.refused("backwards", "an epoch only rises", store.step, one, epoch, KEY, 9, BEFORE)
    one.label = "other"
    store.amend(one)
    for state, keys in ((n.CRED_SUSPECT, (KEY, BEFORE)), (n.CRED_REVOKED, (b"\xff" * 16, b"\xff" * 16))):
        one = store.find(0)
        assert one
        store.set_state(one, state)
        one = store.find(0)
        assert one
        stands = one.epoch, one.attempt, one.state, bytes(one.chain), bytes(one.before), one.label
        wrong.same(f"standing {state}", stands, (5, 9, state, *keys, "other"))
    wrong.same("what it was", (one.kind, one.role, one.rights, bytes(one.handout)), (3, 2, 0x1234, KEY))
    wrong.same("none", (store.find(2), store.find(900)), (None, None))
    for kind in (FIXED, ROLL):
        addr = store.at(kind, 1)
        store.point(kind, 1, 0)
        wrong.same(f"half of one, {kind}", store.find(1), None)
        store.point(kind, 1, addr)
    store._journal._sectors.zero(store.at(FIXED, 1) + 12, 1)
    wrong.refused("damaged", "a record is damaged", store.find, 1, by="Damaged")
    wrong.same("damaged, told", (store.losses.handles, store.at(ROLL, 1)), ([1], 0))
    store.bury(1)
    roll = store._journal.read(store.at(ROLL, 1))
    buried = bytes(6) + b"\xff" * 32 + bytes((n.CRED_REVOKED | 0x80,)) + b"\x00\x01"
    wrong.same("buried", (roll, store.at(FIXED, 1), restarted(nor).damage()), (buried, 0, 0))
    store._handles = 4
    store.enrol(4, 1, 1, 1, "", KEY, KEY)
    wrong.same("those that were skipped are revoked", [store.buried(one) for one in (2, 3)], [True, True])
    return wrong.out


def handles() -> "list[str]":
    """Each enrolment is counted once; one that a cut left uncounted before the next. As many as fit."""
    wrong = Wrong()
    _, store = store_of(24)
    puts: list[int] = []
    put = store.put

    def noted(ident: int, value: bytes) -> None:
        puts.append(int.from_bytes(value, "big") if ident == tables.HANDLES and len(value) == 4 else -1)
        put(ident, value)

    store.put = noted  # type: ignore[method-assign]
    for handle in range(2):
        store.enrol(handle, 1, 1, 1, "", KEY, KEY)
    wrong.same("in turn", (puts, store.next_handle()), ([1, 2], 2))
    store._handles = store.capacity()
    wrong.refused("no room", "no room for another key", store.enrol, 14, 1, 1, 1, "", KEY, KEY, by="StoreFull")
    _, store = store_of(24)
    store.bury(9)
    wrong.same("one that no table has", (store.buried(9), store.known()), (True, 10))
    _, store = store_of(24)
    store.enrol(0, 1, 1, 1, "", KEY, KEY)
    store._handles = 0  # a cut came before it was counted
    for place in (tables.HANDLES, tables.HANDLES | 0x80):
        store.forget(VALUE, place)
    put = store.put
    store.put = noted  # type: ignore[method-assign]
    store.enrol(1, 1, 1, 1, "", KEY, KEY)
    store.enrol(2, 1, 1, 1, "", KEY, KEY)
    wrong.same("the first before the second", puts[2:], [1, 2, 3])
    return wrong.out


def identifiers() -> "list[str]":
    """What a unit in the field has in its flash under these numbers, it finds after every update."""
    wrong = Wrong()
    have = [tables.AGENT, tables.LINK, tables.BOOTS, tables.TIME, tables.HANDLES, tables.UPDATE, tables.ASKED]
    wrong.same("kept twice", [*have, tables.WIPE], [1, 2, 3, 4, 5, 6, 7, 9])
    rest = tables.CONFIG, tables.PASSES, tables.MIRROR, tables.VALUE_MAX
    wrong.same("the others", rest, (16, 64, 128, 64))
    return wrong.out


ALL = (identifiers, entries, values, claims, credentials, handles)
