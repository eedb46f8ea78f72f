# SPDX-License-Identifier: MIT
"""Runs under MicroPython: what a step writes, in which order, and what a cut between two of its writes leaves."""

from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from agent.errors import StoreError
from tests.kit.target import BLE, Bench, run
from wire import numbers as n

LEND, KEEP = n.FLAG_LEND, n.FLAG_KEEP
RENEWED, LENT = n.STATE_RENEWED, n.STATE_LENT


def secret(phone):
    """What passes of its epoch hang on."""
    return kdf.derive(Cmac(phone.chain), b"pass")


def identity(chain):
    return kdf.derive(Cmac(chain), b"identity")


def ask(b, phone, flags=0, action=n.UNLOCK):
    """The state byte of an exchange that steps."""
    status, accepted, state = b.ask(phone, action, BLE, flags)
    assert accepted and status == n.OK
    return state[1]


class Written:
    """Writes down what a store keeps of credentials, in order; cut(n) makes the power go before write n."""

    def __init__(self, b):
        self.log = []
        self._cut = None
        store, pulse = b.store, b.actuator.pulse
        step, amend = store.step, store.amend

        def stepped(*args):
            self._before("step")
            step(*args)

        def amended(cred):
            self._before("amend")
            amend(cred)

        def pulsed(*args):
            self._before("pulse")
            pulse(*args)

        store.step, store.amend, b.actuator.pulse = stepped, amended, pulsed

    def cut(self, number):
        self._cut = number
        return self

    def _before(self, what):
        if self._cut == len(self.log):
            raise StoreError("the power went")
        self.log.append(what)


# --- lending


def test_lend_keep_and_forget():
    b = Bench()
    phone = b.used()
    first = secret(phone)
    assert ask(b, phone, LEND) == LENT and b.cred().lent == first
    assert ask(b, phone, KEEP) == LENT and b.restart().cred().lent == first
    second = secret(phone)
    assert ask(b, phone, LEND) == LENT and b.cred().lent == second != first
    assert ask(b, phone) == 0 and b.cred().lent == b"" and b.restart().cred().lent == b""
    assert ask(b, phone, KEEP) == 0 and b.cred().lent == b"", "nothing to keep"


def test_lend_at_the_first_epoch_keeps_nothing():
    b = Bench()
    phone = b.enrol()
    assert ask(b, phone, LEND) == RENEWED and b.cred().lent == b""
    assert ask(b, phone, LEND) == LENT


def test_who_may_not_lend_is_told_that_nothing_is_kept():
    b = Bench()
    phone = b.used(rights=n.RIGHTS_KNOWN & ~n.RIGHT_PASS)
    assert ask(b, phone, LEND) == 0 and b.cred().lent == b""
    b = Bench()
    phone = b.used()
    b.store.set_state(b.cred(), n.CRED_SUSPECT)
    assert ask(b, phone, LEND) == n.STATE_SUSPECT and b.cred().lent == b""


def test_a_refusal_and_a_status_leave_it():
    b = Bench()
    phone = b.used(rights=n.RIGHT_UNLOCK | n.RIGHT_PASS)
    assert ask(b, phone, LEND) == LENT
    lent = b.cred().lent
    assert b.ask(phone, n.DRIVE)[0] == n.NO_RIGHT and b.cred().lent == lent
    assert b.ask(phone, n.STATUS)[2][1] == LENT and b.cred().lent == lent


def test_a_repeat_says_what_is_kept():
    b = Bench()
    phone = b.used()
    phone.keeps = True
    assert ask(b, phone, LEND) == LENT
    for _ in range(2):
        status, _, state = b.ask(phone, n.UNLOCK, BLE, LEND)
        assert status == n.REPEAT and state[1] == LENT


def test_writes_of_lending_come_before_the_step_and_of_its_end_after_it():
    for flags, kept, want in (
        (0, 0, ["step", "pulse"]),
        (LEND, 0, ["amend", "step", "pulse"]),
        (KEEP, LEND, ["step", "pulse"]),
        (0, LEND, ["step", "amend", "pulse"]),
        (LEND, LEND, ["amend", "step", "pulse"]),
    ):
        b = Bench()
        phone = b.used()
        if kept:
            ask(b, phone, kept)
        b.actuator.stop()
        written = Written(b)
        ask(b, phone, flags)
        assert written.log == want, (flags, kept)


def test_a_cut_at_each_write_of_lending():
    """Before the step nothing happened, and the token made again at this epoch lends the same secret."""
    for cut in range(3):
        b = Bench()
        phone = b.used()
        want = secret(phone)
        Written(b).cut(cut)
        token = phone.token(b.gate.challenge(BLE), n.UNLOCK, LEND)
        assert not b.gate.present(BLE, token)[1] and b.moved() == []
        b = b.restart()
        assert b.cred().epoch == (1 if cut < 2 else 2) and b.cred().lent == (want if cut else b"")
        if cut < 2:
            assert ask(b, phone, LEND) == LENT
        else:
            status, _, state = b.ask(phone, n.UNLOCK, BLE, LEND)
            assert status == n.REPEAT and state[1] == LENT
        assert b.cred().lent == want and b.cred().epoch == phone.epoch == 2


def test_a_cut_before_it_is_forgotten_leaves_it_until_the_next_use():
    b = Bench()
    phone = b.used()
    ask(b, phone, LEND)
    Written(b).cut(1)
    assert not b.gate.present(BLE, phone.token(b.gate.challenge(BLE)))[1]
    b = b.restart()
    assert b.cred().epoch == 3 and b.cred().lent
    assert b.ask(phone)[0] == n.REPEAT
    assert ask(b, phone) == 0 and b.cred().lent == b""


# --- renewal


def test_an_enrolled_key_is_renewed_at_its_first_use_and_then_no_more():
    b = Bench()
    phone = b.enrol()
    assert b.cred().renew and b.cred().identity == b.cred().handout
    assert ask(b, phone) == RENEWED
    cred = b.restart().cred()
    assert not cred.renew and cred.identity == identity(cred.chain) == phone.identity and cred.handout == phone.handout
    assert ask(b, phone) == 0 and b.cred().identity == cred.identity


def test_a_status_and_a_refusal_renew_nothing():
    b = Bench()
    phone = b.enrol(rights=n.RIGHT_UNLOCK)
    assert b.ask(phone, n.STATUS)[2][1] == 0 and b.ask(phone, n.DRIVE)[2][1] == 0
    assert b.cred().renew and b.cred().identity == b.cred().handout


def test_the_identity_key_is_written_after_the_step_and_before_the_act():
    b = Bench()
    phone = b.enrol()
    written = Written(b)
    assert ask(b, phone) == RENEWED and written.log == ["step", "amend", "pulse"]


def test_a_cut_at_each_write_of_a_renewal():
    """S is never that of an epoch that the car has not reached; one that was not written is written at the next use."""
    for cut in range(3):
        b = Bench()
        phone = b.enrol()
        Written(b).cut(cut)
        assert not b.gate.present(BLE, phone.token(b.gate.challenge(BLE)))[1] and b.moved() == []
        b = b.restart()
        cred = b.cred()
        assert cred.epoch == (1 if cut else 0) and cred.renew == (cut < 2)
        assert cred.identity == (identity(cred.chain) if cut == 2 else cred.handout)
        status, accepted, state = b.ask(phone)
        assert (status, accepted) == ((n.REPEAT, False) if cut else (n.OK, True))
        assert bool(state[1] & RENEWED) == (cut != 1), "told exactly when it is so"
        assert phone.identity == b.cred().identity
        if cut == 1:
            assert ask(b, phone) == RENEWED
        assert not b.cred().renew and phone.identity == b.cred().identity != phone.handout
        assert b.ask(phone, n.REPORT)[0] == n.OK, "it can still ask why"


def test_renewed_and_forgotten_in_one_write():
    b = Bench()
    phone = b.used()
    ask(b, phone, LEND)
    cred = b.cred()
    cred.renew = True
    b.store.amend(cred)
    b.actuator.stop()
    written = Written(b)
    assert ask(b, phone) == RENEWED and written.log == ["step", "amend", "pulse"]
    assert b.cred().lent == b"" and b.cred().identity == identity(b.cred().chain)


# --- the floor of the time, lowered


def test_lowering_the_time_ends_all_passes_of_all_issuers():
    from agent import time_floor

    b = Bench()
    now = n.TIME_FIRST + 10_000_000
    assert time_floor.raise_to(b.store, b.clock, now) == n.OK
    issuers = [b.used(), b.used(rights=n.RIGHTS_KNOWN & ~n.RIGHT_PASS), b.used(), b.used()]
    b.store.set_state(b.cred(3), n.CRED_REVOKED)
    assert ask(b, issuers[0], LEND) == LENT
    time_floor.lower_to(b.store, b.clock, n.TIME_FIRST + 5)
    for again in (b, b.restart()):
        assert time_floor.kept(again.store) == n.TIME_FIRST + 5 and again.clock.unix() == n.TIME_FIRST + 5
        assert [again.cred(handle).generation for handle in range(4)] == [1, 0, 1, 0]
        assert again.cred(0).lent == b"" and again.cred(0).withheld and again.cred(2).withheld
    assert b.clock.trusted
    assert ask(b, issuers[2], LEND) == 0, "what was lent at the epoch of then is void"
    assert not b.cred(2).withheld and ask(b, issuers[2], LEND) == LENT, "lent anew it is good"


def test_only_an_owner_at_the_button_lowers_it():
    from wire import bodies, record

    b = Bench()
    owner = b.used()
    assert __import__("agent.time_floor").time_floor.raise_to(b.store, b.clock, n.TIME_FIRST + 5_000_000) == n.OK
    body = record.pack(bodies.SET_TIME, {"seconds": n.TIME_FIRST + 100})
    assert b.ask(owner, n.SET_TIME, body=body)[0] == n.TIME_BACK and b.clock.unix() >= n.TIME_FIRST + 5_000_000
    b.button = True
    early = record.pack(bodies.SET_TIME, {"seconds": n.TIME_FIRST - 1})
    assert b.ask(owner, n.SET_TIME, body=early)[0] == n.TIME_BACK, "a clock that was never set"
    b.verdicts()
    assert b.ask(owner, n.SET_TIME, body=body)[0] == n.OK and b.clock.unix() == n.TIME_FIRST + 100
    assert (n.EVENT_LOWERED, 0, n.OK) in b.verdicts() and b.cred().generation == 1
    ahead = record.pack(bodies.SET_TIME, {"seconds": n.TIME_FIRST + 1000})
    assert b.ask(owner, n.SET_TIME, body=ahead)[0] == n.OK
    assert b.cred().generation == 1, "raising it ends none"
    far = record.pack(bodies.SET_TIME, {"seconds": n.TIME_FIRST + 1000 + 2 * n.TIME_JUMP_S})
    assert b.ask(owner, n.SET_TIME, body=far)[0] == n.TOO_FAR


if __name__ == "__main__":
    run(globals())
