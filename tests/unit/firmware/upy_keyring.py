# SPDX-License-Identifier: MIT
"""Runs under MicroPython: who is left that could consent, and so what the button inside the car is good for."""

from agent import keyring
from agent.gate import car_keys
from tests.kit.target import AGENT_ID, ALL, CLAIM_KEY, Bench, run
from tests.kit.technician import Technician
from wire import messages as m
from wire import numbers as n
from wire import record

DRIVER = ALL & ~(n.RIGHT_ENROL | n.RIGHT_PASS)
OK, ASKED = bytes((n.C_OK,)), bytes((n.C_NEEDS_APPROVAL,))


class Car(Bench):
    """A claimed agent with an open session."""

    def __init__(self):
        super().__init__()
        self.tech = Technician(self.channel.handle, car_keys(AGENT_ID, CLAIM_KEY)[2])
        assert self.tech.open()


def clear(b, handle):
    return b.tech.ask(n.R_CLEAR, record.pack(m.HANDLE, {"handle": handle}))


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


if __name__ == "__main__":
    run(globals())
