# SPDX-License-Identifier: MIT
"""Runs under MicroPython: several issuers end their passes, and none touches those of another."""

from agent.credential import ending, guest, places
from agent.store import tables
from tests.kit.target import BLE, Bench, run
from wire import caveats
from wire import numbers as n

ISSUERS = 20
IDENT = b"the pass"


def owners(count):
    b = Bench()
    for _ in range(count):
        b.enrol()
    return b


def let_in(b, issuer, ident, limits=()):
    """A pass of an issuer becomes a key."""
    handle = b.store.next_handle()
    slot = places.free(b.store, b.clock, issuer, handle)
    kept = caveats.Limits(list(limits))
    guest.keep(b.store, guest.made(slot, handle, issuer, b.cred(issuer).generation, ident, kept))
    b.store.enrol(handle, n.KIND_PASS, n.ROLE_GUEST, n.RIGHT_UNLOCK, "", ident + bytes(8), bytes(16))
    return handle


def generations(b, count):
    return [b.cred(issuer).generation for issuer in range(count)]


def test_all_of_one_issuer_leaves_the_others_alone():
    b = owners(3)
    for issuer, want in ((0, [1, 0, 0]), (1, [1, 1, 0]), (0, [2, 1, 0]), (2, [2, 1, 1]), (1, [2, 2, 1])):
        ending.end_all(b.office, BLE, b.cred(issuer))
        assert generations(b, 3) == want
    assert generations(b.restart(), 3) == [2, 2, 1]


def test_no_number_of_issuers_is_too_many():
    b = owners(ISSUERS)
    for _ in range(3):
        for issuer in range(ISSUERS):
            assert ending.may(b.office, b.cred(issuer), b"") == n.OK
            ending.end_all(b.office, BLE, b.cred(issuer))
    assert generations(b, ISSUERS) == [3] * ISSUERS


def test_all_are_ended_so_often_and_no_more():
    b = owners(1)
    cred = b.cred()
    for generation, want in ((255, n.OK), (0xFFFF, n.OK), (n.GENERATION_LAST - 1, n.OK), (n.GENERATION_LAST, n.FULL)):
        cred.generation = generation
        b.store.amend(cred)
        assert ending.may(b.office, b.cred(), b"") == want
    cred.generation = 0xFFFF
    handle = let_in(b, 0, IDENT)
    ending.end_all(b.office, BLE, cred)
    assert b.cred().generation == 0x10000, "no generation comes again"
    assert guest.check(b.store, b.clock, handle, 0)[0] == n.REVOKED


def test_ending_all_forgets_what_they_hung_on():
    b = owners(1)
    cred = b.cred()
    cred.lent = b"a pass secret..."
    b.store.amend(cred)
    ending.end_all(b.office, BLE, b.cred())
    assert b.cred().lent == b"" and b.restart().cred().lent == b""


def test_a_guest_of_another_issuer_stays():
    b = owners(2)
    first, second = let_in(b, 0, IDENT), let_in(b, 1, IDENT)
    ending.end_all(b.office, BLE, b.cred(0))
    assert guest.check(b.store, b.clock, first, 0)[0] == n.REVOKED
    assert guest.check(b.store, b.clock, second, 0)[0] == n.OK
    ending.end_all(b.office, BLE, b.cred(1))
    for handle in (first, second):
        assert guest.check(b.store, b.clock, handle, 0)[0] == n.REVOKED, "the first one's are not back"


def test_one_by_its_id_is_only_its_issuers():
    b = owners(2)
    first, second = let_in(b, 0, IDENT), let_in(b, 1, IDENT)
    b.verdicts()
    ending.end_one(b.office, BLE, b.cred(1), IDENT)
    assert (b.cred(first).state, b.cred(second).state) == (n.CRED_ACTIVE, n.CRED_REVOKED)
    assert b.verdicts() == [(n.EVENT_REVOKE, second, n.OK)]
    ending.end_one(b.office, BLE, b.cred(1), b"not seen")
    assert b.verdicts() == [(n.EVENT_PASSES, 1, n.OK)]
    kept = [(one.parent, one.ident) for one in guest.every(b.store) if one.handle == n.HANDLE_NONE]
    assert kept == [(1, b"not seen")] and b.cred(first).state == n.CRED_ACTIVE


def test_eight_ends_are_remembered_for_each_issuer_and_then_all_must_go():
    b = owners(2)
    for number in range(8):
        ident = bytes((number,)) * 8
        assert ending.may(b.office, b.cred(0), ident) == n.OK
        ending.end_one(b.office, BLE, b.cred(0), ident)
        assert ending.may(b.office, b.cred(0), ident) == n.OK, "again is done already"
        ending.end_one(b.office, BLE, b.cred(0), ident)
    assert len(list(guest.every(b.store))) == 8
    assert ending.may(b.office, b.cred(0), b"one more") == n.FULL
    shown = let_in(b, 0, IDENT)
    assert ending.may(b.office, b.cred(0), IDENT) == n.OK, "one that was shown needs no memory"
    ending.end_one(b.office, BLE, b.cred(0), IDENT)
    assert b.cred(shown).state == n.CRED_REVOKED
    assert ending.may(b.office, b.cred(1), b"one more") == n.OK, "another issuer has his own"
    assert ending.may(b.office, b.cred(0), b"") == n.OK
    ending.end_all(b.office, BLE, b.cred(0))
    assert ending.may(b.office, b.cred(0), b"one more") == n.OK, "from before: nobody needs to remember"


def test_the_numbers_of_passes_are_within_the_stores():
    assert tables.PASSES + guest.SLOTS == 128


if __name__ == "__main__":
    run(globals())
