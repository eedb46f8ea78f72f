# SPDX-License-Identifier: MIT
"""Runs under MicroPython: who is left that could consent, and so what the button inside the car is good for."""

from agent import keyring
from agent.channel.car import car_keys
from agent.credential import chain
from tests.kit.target import AGENT_ID, ALL, CLAIM_KEY, Bench, run
from tests.kit.technician import Technician
from wire import bodies, record
from wire import numbers as n

DRIVER = ALL & ~(n.RIGHT_ENROL | n.RIGHT_PASS)
OK, ASKED = bytes((n.C_OK,)), bytes((n.C_NEEDS_APPROVAL,))


class Car(Bench):
    """A claimed agent with an open session."""

    def __init__(self):
        super().__init__()
        self.tech = Technician(self.channel.handle, car_keys(AGENT_ID, CLAIM_KEY)[2])
        assert self.tech.open()


def clear(b, handle, epoch=0, mark=None):
    """Asks for it, for the phone that stands at this epoch and mark; without one: where the car stands."""
    cred = b.cred(handle)
    if mark is None:
        mark = chain.mark(chain.told_key(cred.chain))
    return b.tech.ask(n.R_CLEAR, record.pack(bodies.CLEAR, {"handle": handle, "epoch": epoch, "mark": mark}))


def later(b):
    """What waits for consent is over."""
    b.ticks.go(n.APPROVAL_MS + 1)


def family(owners, driver, drivers_rights=DRIVER):
    """A car that was handed over: an owner in each of these states, and a driver in one."""
    b = Car()
    for _ in owners:
        b.enrol()
    b.enrol(drivers_rights, n.ROLE_DRIVER)
    b.config.set("handed_over", 1)
    for handle, state in enumerate(tuple(owners) + (driver,)):
        if state != n.CRED_ACTIVE:
            b.store.set_state(b.cred(handle), state)
    return b


def test_owners_suspect_and_a_driver_active_the_button_clears():
    b = family((n.CRED_SUSPECT, n.CRED_SUSPECT), n.CRED_ACTIVE)
    assert not keyring.can_consent(b.store), "a driver can't"
    assert clear(b, 0) == ASKED and b.cred(0).state == n.CRED_SUSPECT, "not without the button"
    b.button = True
    assert clear(b, 0) == OK and b.cred(0).state == n.CRED_ACTIVE
    later(b)
    assert clear(b, 1) == ASKED and b.cred(1).state == n.CRED_SUSPECT, "the first one can, from now on"


def test_one_owner_active_the_button_does_not():
    for owners in ((n.CRED_SUSPECT, n.CRED_ACTIVE), (n.CRED_ACTIVE, n.CRED_SUSPECT)):
        b = family(owners, n.CRED_SUSPECT)
        assert keyring.can_consent(b.store)
        b.button = True
        for handle in (owners.index(n.CRED_SUSPECT), 2):
            assert clear(b, handle) == ASKED and b.cred(handle).state == n.CRED_SUSPECT


def test_it_is_the_right_that_counts():
    b = family((n.CRED_SUSPENDED,), n.CRED_ACTIVE, DRIVER | n.RIGHT_ENROL)
    assert keyring.can_consent(b.store)
    b = family((n.CRED_REVOKED,), n.CRED_SUSPECT, DRIVER | n.RIGHT_ENROL)
    assert not keyring.can_consent(b.store)


def test_only_for_a_phone_that_stands_where_the_car_does():
    for far in (True, False):
        b = Car()
        phone = b.enrol()
        assert b.ask(phone)[1]
        if not far:
            copy = phone.copy(phone.attempt + 1)
            assert b.ask(phone)[1] and b.ask(copy)[0] == n.STALE
        else:
            b.store.set_state(b.cred(), n.CRED_SUSPENDED)
        phone = phone if far else copy
        no = bytes((n.C_NOT_THERE,))
        for epoch, mark in ((phone.epoch, bytes(2)), (phone.epoch + 1, phone.mark()), (0, phone.mark())):
            assert clear(b, 0, epoch, mark) == no and b.cred().state != n.CRED_ACTIVE
        assert clear(b, 0, phone.epoch, phone.mark()) == (OK if far else no)
        assert (b.cred().state == n.CRED_ACTIVE) == far


def test_clearing_shuts_older_copies_out_of_the_identity_key():
    b = Car()
    phone = b.enrol()
    assert b.ask(phone)[1]
    old = phone.copy(9)
    assert b.ask(phone)[1] and b.ask(phone)[1]
    assert b.ask(old, n.REPORT)[0] == n.STALE and b.cred().state == n.CRED_SUSPECT
    assert clear(b, 0, phone.epoch, phone.mark()) == OK and b.cred().renew
    assert clear(b, 0, phone.epoch, phone.mark()) == OK, "again is done already"
    assert b.ask(phone)[2][1] == n.STATE_RENEWED and phone.identity != old.identity
    assert b.ask(old, n.REPORT)[0] is None and b.cred().state == n.CRED_ACTIVE


def test_clearing_forgets_that_a_hand_out_was_tried():
    b = Car()
    phone = b.enrol()
    photo = phone.copy(9)
    assert b.ask(phone)[1] and b.ask(photo, n.REPORT)[0] == n.STALE
    assert b.ask(phone)[2][1] & n.STATE_TRIED
    b.store.set_state(b.cred(), n.CRED_SUSPECT)
    assert clear(b, 0, phone.epoch, phone.mark()) == OK and not b.cred().tried
    assert not b.ask(phone)[2][1] & n.STATE_TRIED


def test_a_card_is_named_by_its_epoch_and_zeros():
    b = Car()
    b.enrol()
    b.store.enrol(1, n.KIND_CARD, n.ROLE_OWNER, ALL, "", bytes(16), b"chain of a card.")
    b.store.set_state(b.cred(1), n.CRED_SUSPECT)
    assert clear(b, 1) == bytes((n.C_NOT_THERE,))
    assert clear(b, 1, 1, bytes(2)) == bytes((n.C_NOT_THERE,))
    assert clear(b, 1, 0, bytes(2)) == OK and b.cred(1).state == n.CRED_ACTIVE


def test_what_can_not_be_cleared():
    b = Car()
    b.enrol()
    b.enrol()
    b.store.set_state(b.cred(1), n.CRED_REVOKED)
    assert clear(b, 1) == bytes((n.C_KEY_REVOKED,))
    body = record.pack(bodies.CLEAR, {"handle": 2, "epoch": 0, "mark": bytes(2)})
    assert b.tech.ask(n.R_CLEAR, body) == bytes((n.C_NO_SUCH_KEY,))
    assert clear(b, 0, 9, bytes(2)) == OK, "an active one: nothing is done"
    assert b.verdicts()[-1][0] != n.EVENT_CLEAR


def test_an_owner_clears_over_the_air_by_the_same_rule():
    b = Bench()
    owner, other = b.enrol(), b.enrol()
    assert b.ask(other)[1]
    b.store.set_state(b.cred(1), n.CRED_SUSPECT)
    for epoch, mark, want in ((1, bytes(2), n.STALE), (0, other.mark(), n.STALE), (1, other.mark(), n.OK)):
        body = record.pack(bodies.CLEAR, {"handle": 1, "epoch": epoch, "mark": mark})
        assert b.ask(owner, n.CLEAR, body=body)[0] == want
        assert (b.cred(1).state == n.CRED_ACTIVE) == (want == n.OK)
    assert (n.EVENT_CLEAR, 1, n.OK) in b.verdicts()
    own = record.pack(bodies.CLEAR, {"handle": 1, "epoch": 1, "mark": other.mark()})
    b.store.set_state(b.cred(1), n.CRED_SUSPECT)
    assert b.ask(other, n.CLEAR, body=own)[0] == n.NO_RIGHT, "neither copy clears itself"


if __name__ == "__main__":
    run(globals())
