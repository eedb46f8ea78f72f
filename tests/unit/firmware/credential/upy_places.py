# SPDX-License-Identifier: MIT
"""Runs under MicroPython: how many passes an issuer may have in the car, and whose place is given to another one."""

from agent.credential import guest, places
from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from agent.errors import StoreFull
from tests.kit.target import BLE, Bench, raises, run
from wire import caveats
from wire import numbers as n
from wire import token as t

NOW = 1_800_000_000


class Lender:
    """A phone that lends: passes hang on the secret of the epoch that it is at."""

    def __init__(self, b, phone, used=True):
        self.b, self.phone = b, phone
        if used:
            assert b.ask(phone)[1]
        self.secret = kdf.derive(Cmac(phone.chain), b"pass")

    def show(self, ident, found=(), handle=None):
        """A pass is shown to the car: (verdict, handle of the guest's key)."""
        b, key, salt = self.b, self.secret, ident
        found = [caveats.caveat(caveats.DEPTH, 0)] + list(found)
        for one in found:
            key = Cmac(key).mac(b"\x02" + salt + one)
            salt = b""
        nonce = b.gate.challenge(BLE)
        veil = b.office.veil
        head = t.head(n.INTRODUCE, n.HANDLE_NONE, 0, 0, 0, veil.place(nonce))
        issuer = self.phone.handle if handle is None else handle
        body = veil.body(nonce, issuer.to_bytes(2, "big") + ident + b"".join(found))
        last = Cmac(key)
        tag = Cmac(kdf.derive(last, b"introduce")).mac(nonce + head + body)[: n.TAG_SIZE]
        answer, accepted = b.gate.present(BLE, head + tag + body)
        mac = Cmac(kdf.derive(last, b"answer"))
        mask = mac.mac(answer[4:16])
        plain = bytes([answer[at] ^ mask[at] for at in range(4)])
        if mac.mac(nonce + head + tag + plain)[:12] != answer[4:16]:
            return None, n.HANDLE_NONE
        assert accepted == (plain[0] == n.OK)
        return plain[0], plain[1] << 8 | plain[2]


def ident(number):
    return number.to_bytes(8, "big")


def uses(count):
    return [caveats.caveat(caveats.USES, count)]


def use_up(b, handle):
    kept = guest.of_handle(b.store, handle)
    assert kept is not None
    kept.limits.uses = 0
    guest.keep(b.store, kept)


def lender(b=None):
    b = b or Bench()
    return Lender(b, b.enrol())


def test_sixteen_for_each_issuer():
    one = lender()
    two = lender(one.b)
    for number in range(16):
        assert one.show(ident(number), uses(1))[0] == n.OK
    assert one.show(ident(99), uses(1)) == (n.FULL, n.HANDLE_NONE)
    assert one.show(ident(3), uses(1))[0] == n.OK, "who is in stays in"
    assert two.show(ident(0), uses(1))[0] == n.OK, "nobody leaves others without"
    assert one.b.cred(0).introduced == 16 and one.b.cred(1).introduced == 1


def test_a_place_is_free_again_when_its_pass_is_over():
    def used(one, handle):
        use_up(one.b, handle)

    def revoked(one, handle):
        one.b.store.set_state(one.b.cred(handle), n.CRED_REVOKED)

    def expired(one, handle):
        one.b.clock.set_unix(NOW + 1000, True)

    for over in (used, revoked, expired):
        one = lender()
        one.b.clock.set_unix(NOW, True)
        found = uses(5) + [caveats.caveat(caveats.NOT_AFTER, NOW + 500)]
        handles = [one.show(ident(number), found if number == 5 else uses(5))[1] for number in range(16)]
        assert one.show(ident(99), uses(1))[0] == n.FULL
        over(one, handles[5])
        assert one.show(ident(99), uses(1))[0] == n.OK
        assert one.show(ident(98), uses(1))[0] == n.FULL


def test_its_place_is_given_away_only_when_all_are_taken():
    one = lender()
    handles = [one.show(ident(number), uses(1))[1] for number in range(16)]
    for handle in handles:
        one.b.store.set_state(one.b.cred(handle), n.CRED_REVOKED)
    for number in range(16, 32):
        assert one.show(ident(number), uses(1))[0] == n.OK
    assert all(guest.of_handle(one.b.store, handle) for handle in handles), "there was room beside them"


def test_a_used_pass_that_is_shown_again_is_revoked_even_without_its_place():
    b = Bench(flash=None)
    lenders = [lender(b) for _ in range(4)]
    first = lenders[0].show(ident(0), uses(1))[1]
    use_up(b, first)
    assert b.cred(first).state == n.CRED_ACTIVE
    for number in range(1, 64):  # every other place is taken
        assert lenders[number // 16].show(ident(number), uses(1))[0] == n.OK
    assert lenders[0].show(ident(77), uses(1))[0] == n.OK, "the place of the one that is used up"
    assert guest.of_handle(b.store, first) is None and b.cred(first).state == n.CRED_REVOKED
    for again in (b, b.restart()):
        lenders[0].b = again
        assert lenders[0].show(ident(0), uses(1)) == (n.REVOKED, n.HANDLE_NONE)


def test_shown_again_it_is_the_same_key():
    one = lender()
    verdict, handle = one.show(ident(1), uses(3))
    assert verdict == n.OK and one.show(ident(1), uses(3)) == (n.OK, handle)
    assert one.b.cred().introduced == 1, "introduced once"
    assert one.show(ident(1), uses(2))[0] == n.BAD_PASS, "the same id with other caveats"
    one.b.store.set_state(one.b.cred(handle), n.CRED_REVOKED)
    assert one.show(ident(1), uses(3)) == (n.REVOKED, n.HANDLE_NONE)


def test_a_cut_between_its_place_and_its_key_takes_no_second_place():
    one = lender()
    b = one.b
    handle = b.store.next_handle()
    kept = guest.made(0, handle, 0, 0, ident(7), caveats.Limits(uses(1)))
    guest.keep(b.store, kept)
    assert places.free(b.store, b.clock, 0, handle) == 0
    assert one.show(ident(8), uses(1)) == (n.OK, handle), "another pass takes handle and place"
    assert [one.ident for one in guest.every(b.store)] == [ident(8)]


def test_some_handles_are_left_to_the_cable():
    one = lender()
    b = one.b
    for capacity, reserve in ((64, 16), (400, 50), (20, 10)):
        b.store.capacity = lambda capacity=capacity: capacity  # type: ignore[method-assign]
        cred = b.cred()
        cred.introduced = 0
        for handle, left in ((0, True), (capacity - reserve - 1, True), (capacity - reserve, False), (capacity, False)):
            b.store.next_handle = lambda handle=handle: handle  # type: ignore[method-assign]
            assert places.handle_left(b.store, cred) == left, (capacity, handle)


def test_handles_are_shared_out():
    one = lender()
    store = one.b.store
    store.capacity = lambda: 100  # type: ignore[method-assign]
    cred = one.b.cred()
    for given, left in ((0, True), (24, True), (25, False), (0xFFFF, False)):
        cred.introduced = given
        assert places.handle_left(store, cred) == left, given
    cred.kind = n.KIND_PASS
    for given, left in ((7, True), (8, False)):
        cred.introduced = given
        assert places.handle_left(store, cred) == left, "a guest gives fewer on"


def test_who_has_no_handle_left_is_full():
    one = lender()
    cred = one.b.cred()
    cred.introduced = 5000
    one.b.store.amend(cred)
    assert one.show(ident(1), uses(1)) == (n.FULL, n.HANDLE_NONE) and one.b.cred(1) is None


def test_all_places_taken_by_passes_that_live():
    b = Bench()
    lenders = [lender(b) for _ in range(5)]
    for number in range(64):
        assert lenders[number // 16].show(ident(number), uses(1))[0] == n.OK
    assert lenders[4].show(ident(99), uses(1))[0] == n.FULL
    assert raises(StoreFull, places.free, b.store, b.clock, 4, places.NO_HANDLE)


def test_a_pass_hangs_on_the_epoch_or_on_what_was_lent():
    one = lender()
    b, phone = one.b, one.phone
    assert b.ask(phone, n.UNLOCK, BLE, n.FLAG_LEND)[2][1] == n.STATE_LENT
    assert one.show(ident(1), uses(1))[0] == n.OK
    assert b.ask(phone, n.LOCK, BLE, n.FLAG_KEEP)[2][1] == n.STATE_LENT
    assert b.restart().cred().lent == one.secret and one.show(ident(2), uses(1))[0] == n.OK
    assert b.ask(phone, n.LOCK)[2][1] == 0
    assert one.show(ident(3), uses(1))[0] is None, "nothing is lent any more"


def test_the_first_epoch_lends_nothing():
    b = Bench()
    phone = b.enrol()
    one = Lender(b, phone, used=False)
    assert one.show(ident(1), uses(1))[0] is None, "whoever handed the key out could mint"
    assert b.ask(phone, n.UNLOCK, BLE, n.FLAG_LEND)[2][1] & n.STATE_LENT == 0 and b.cred().lent == b""


def test_nobody_issues_with_a_key_that_is_not_active():
    for state, want in ((n.CRED_SUSPECT, n.BAD_PASS), (n.CRED_SUSPENDED, n.BAD_PASS), (n.CRED_REVOKED, None)):
        one = lender()
        one.b.store.set_state(one.b.cred(), state)
        assert one.show(ident(1), uses(1))[0] == want



if __name__ == "__main__":
    run(globals())
