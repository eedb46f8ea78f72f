# SPDX-License-Identifier: MIT
"""Runs under MicroPython: several issuers end their passes, and none touches those of another."""

from agent.credential import ending, guest, introduce
from agent.store import tables
from tests.kit.target import BLE, Bench, run
from wire import caveats
from wire import numbers as n

ISSUERS = 20  # whose generations are remembered
IDENT = b"the pass"


def owners(count):
    b = Bench()
    for _ in range(count):
        b.enrol()
    return b


def let_in(b, issuer, ident):
    """A pass of an issuer becomes a key."""
    handle = b.store.next_handle()
    slot = introduce.free(b.store, b.clock, handle)
    head = handle.to_bytes(2, "big") + issuer.to_bytes(2, "big")
    head += bytes((guest.generation(b.store, issuer),)) + ident + bytes(4)
    guest.keep(b.store, guest.Pass(slot, head + caveats.Limits([]).save()))
    b.store.enrol(handle, n.KIND_PASS, n.ROLE_GUEST, n.RIGHT_UNLOCK, "", ident + bytes(8), bytes(16))
    return handle


def generations(b, count):
    return [guest.generation(b.store, issuer) for issuer in range(count)]


def test_all_of_one_issuer_leaves_the_others_alone():
    b = owners(3)
    for issuer, want in ((0, [1, 0, 0]), (1, [1, 1, 0]), (0, [2, 1, 0]), (2, [2, 1, 1]), (1, [2, 2, 1])):
        ending.end_all(b.gate.office, BLE, issuer)
        assert generations(b, 3) == want
        assert len(b.store.get(tables.GENERATIONS)) == 3 * sum([one > 0 for one in want])
    assert generations(b.restart(), 3) == [2, 2, 1]


def test_a_guest_of_another_issuer_stays():
    b = owners(2)
    first, second = let_in(b, 0, IDENT), let_in(b, 1, IDENT)
    ending.end_all(b.gate.office, BLE, 0)
    assert guest.check(b.store, b.clock, first, 0)[0] == n.REVOKED
    assert guest.check(b.store, b.clock, second, 0)[0] == n.OK
    ending.end_all(b.gate.office, BLE, 1)
    for handle in (first, second):
        assert guest.check(b.store, b.clock, handle, 0)[0] == n.REVOKED, "the first one's are not back"


def test_one_by_its_id_is_only_its_issuers():
    b = owners(2)
    first, second = let_in(b, 0, IDENT), let_in(b, 1, IDENT)
    b.verdicts()
    ending.end_one(b.gate.office, BLE, 1, IDENT)
    assert (b.cred(first).state, b.cred(second).state) == (n.CRED_ACTIVE, n.CRED_REVOKED)
    assert b.verdicts() == [(n.EVENT_REVOKE, second, n.OK)]
    ending.end_one(b.gate.office, BLE, 1, b"not seen")
    assert b.verdicts() == [(n.EVENT_PASSES, 1, n.OK)]
    kept = [(one.parent, one.ident) for one in guest.every(b.store) if one.handle == n.HANDLE_NONE]
    assert kept == [(1, b"not seen")] and b.cred(first).state == n.CRED_ACTIVE


def test_generations_of_twenty_issuers_fit():
    b = owners(ISSUERS)
    for issuer in range(ISSUERS):
        assert ending.may(b.gate.office, True), issuer
        ending.end_all(b.gate.office, BLE, issuer)
    assert not ending.may(b.gate.office, True) and ending.may(b.gate.office, False)
    assert len(b.store.get(tables.GENERATIONS)) <= tables.VALUE_MAX
    assert generations(b, ISSUERS + 1) == [1] * ISSUERS + [0]


if __name__ == "__main__":
    run(globals())
