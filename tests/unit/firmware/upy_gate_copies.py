# SPDX-License-Identifier: MIT
"""Runs under MicroPython: lost answers, lost writes and copies at the gate, with everything behind it real."""

from tests.kit.target import OTHER, Bench, run
from wire import numbers as n

RENEWED = n.STATE_RENEWED


def test_a_lost_answer_is_repeated_and_moves_nothing():
    b = Bench()
    phone = b.used()
    phone.keeps = True
    assert b.ask(phone)[:2] == (n.OK, True)
    b.moved()
    b.verdicts()
    after = b.stands()
    b.audit.flush()
    written = b.flash.programmed
    for action in (n.UNLOCK, n.LOCK, n.DRIVE, n.UNLOCK):
        status, accepted, state = b.ask(phone, action)
        assert (status, accepted, state[1]) == (n.REPEAT, False, 0) and phone.by == "answer"
    b.audit.flush()
    assert b.moved() == [] and b.verdicts() == [] and b.stands() == after and b.flash.programmed == written
    phone.keeps = False
    assert b.ask(phone, n.LOCK)[0] == n.REPEAT and phone.chain == b.cred().chain, "the first challenge counted"
    b.actuator.stop()
    b.moved()
    assert b.ask(phone, n.LOCK)[:2] == (n.OK, True) and b.moved() == ["lock 1"]


def test_a_repeat_tells_of_a_renewal_too():
    """So a lost answer loses nothing; it is told as long as the identity key is that of the epoch."""
    b = Bench()
    phone = b.enrol()
    phone.keeps = True
    assert b.ask(phone)[2][1] == RENEWED
    for _ in range(2):
        assert b.ask(phone)[2][1] == RENEWED
    phone.keeps = False
    assert b.ask(phone)[0] == n.REPEAT and phone.identity == b.cred().identity != phone.handout
    assert b.ask(phone)[2][1] == 0
    phone.keeps = True
    b.ask(phone)
    assert b.ask(phone) == (n.REPEAT, False, bytes((2, 0, 0)))


def test_a_token_of_the_epoch_before_that_was_never_sent_is_a_repeat():
    """Also the withheld one of an earlier challenge, which somebody shows late, moves nothing."""
    b = Bench()
    phone = b.used()
    late = phone.token(b.gate.challenge(OTHER))
    assert b.ask(phone)[1]
    b.actuator.stop()
    b.moved()
    assert not b.gate.present(OTHER, late)[1] and b.moved() == []
    assert b.cred().state == n.CRED_ACTIVE and b.ask(phone)[1]


def test_who_is_ahead_brings_the_car_along():
    for kept in (0, 5):
        for ahead in range(1, 9):
            b = Bench()
            phone = b.used(kept)
            for at in range(ahead):
                phone.step(bytes((at,)) * 16)
            for _ in range(2):
                status, accepted, state = b.ask(phone)
                assert (status, accepted, state[2]) == (n.AHEAD, False, ahead) and phone.by in ("identity", "handout")
            assert b.cred().epoch == kept and b.moved() == [] and b.verdicts() == []
            assert b.ask(phone, n.STATUS, ahead=ahead)[:2] == (n.OK, True) and phone.by == "told"
            assert b.verdicts() == [(n.STATUS, 0, n.RECOVERED)] and b.moved() == []
            cred = b.cred()
            assert (cred.epoch, cred.chain, cred.attempt) == (kept + ahead, phone.chain, None)
            assert b.restart().ask(phone)[1]


def test_one_epoch_more_is_out_of_reach():
    b = Bench()
    phone = b.used()
    old = phone.copy()
    for at in range(9):
        phone.step(bytes((at,)) * 16)
    assert b.ask(phone)[0] == n.STALE and b.ask(phone, n.STATUS, ahead=8)[0] == n.STALE
    assert b.cred().epoch == 1 and b.ask(old)[1]


def test_challenges_that_do_not_lead_there_bring_nobody():
    b = Bench()
    phone = b.used()
    for at in range(3):
        phone.step(bytes((at,)) * 16)
    before = b.stands()
    phone.accepted[-2] = bytes(16)
    assert b.ask(phone, n.STATUS, ahead=3)[0] == n.BAD_TAG
    phone.accepted[-2] = b"\x01" * 16
    assert b.ask(phone, n.STATUS, ahead=2)[0] == n.AHEAD, "a body of another length"
    assert b.stands() == before and b.verdicts() == []
    assert b.ask(phone, n.STATUS, ahead=3)[0] == n.OK


def test_brought_along_no_attempt_is_a_repeated_one():
    """The car knows no attempt there: the token before convicts, whoever made it."""
    b = Bench()
    phone = b.used()
    behind = phone.copy()
    phone.step(bytes(16))
    assert b.ask(phone, n.STATUS, ahead=1)[0] == n.OK
    assert b.ask(behind)[0] == n.STALE and b.cred().state == n.CRED_SUSPECT


def test_an_older_copy_is_stale_and_is_told():
    b = Bench()
    phone = b.used()
    old = phone.copy(9)
    for _ in range(3):
        assert b.ask(phone)[1]
    b.actuator.stop()
    b.moved()
    b.verdicts()
    for _ in range(3):
        assert b.ask(old)[0] == n.STALE and old.by == "identity"
        assert b.cred().state == n.CRED_ACTIVE, "what proves nothing convicts nobody"
    for _ in range(3):
        assert b.ask(old, n.REPORT)[0] == n.STALE
    assert b.moved() == [] and b.cred().state == n.CRED_SUSPECT
    assert b.verdicts() == [(n.REPORT, 0, n.SUSPECT), (n.REPORT, 0, n.STALE)], "once a boot"
    assert b.ask(phone)[1], "it locks and unlocks still"


def test_a_copy_that_never_heard_of_an_exchange_is_out_for_good():
    """Version 1's chain could be computed ahead from any old copy."""
    b = Bench()
    phone = b.used()
    copy = phone.copy(9)
    assert b.ask(phone)[1]
    for at in range(8):  # whatever it guesses, it does not know the challenge
        copy.step(bytes((at,)) * 16)
        for action, ahead in ((n.UNLOCK, 0), (n.STATUS, 0), (n.STATUS, copy.epoch - b.cred().epoch)):
            if ahead >= 0:
                assert not b.ask(copy, action, ahead=ahead)[1]
    assert b.ask(phone)[1]


def test_a_second_copy_is_refused_and_the_key_is_suspect():
    b = Bench()
    phone = b.used()
    copy = phone.copy(phone.attempt + 1)
    assert b.ask(phone)[1]
    b.actuator.stop()
    b.moved()
    b.verdicts()
    for _ in range(2):
        assert b.ask(copy)[:2] == (n.STALE, False) and copy.by == "identity"
    assert b.moved() == [] and b.verdicts() == [(n.UNLOCK, 0, n.SUSPECT), (n.REPORT, 0, n.STALE)]
    b = b.restart()
    for action, status in ((n.LOCK, n.OK), (n.UNLOCK, n.OK), (n.TRUNK, n.NO_RIGHT), (n.DRIVE, n.NO_RIGHT)):
        answered, _, state = b.ask(phone, action)
        assert answered == status and state[1] & n.STATE_SUSPECT, action
    assert b.cred().state == n.CRED_SUSPECT


def test_a_copy_that_came_first_has_the_key_and_its_holder_is_told():
    """One of two must give, and no car can tell which: but the holder learns of it at once."""
    b = Bench()
    phone = b.used()
    copy = phone.copy(phone.attempt + 1)
    assert b.ask(copy)[1]
    b.actuator.stop()
    b.moved()
    assert b.ask(phone)[:2] == (n.STALE, False) and b.moved() == []
    assert b.cred().state == n.CRED_SUSPECT and b.ask(copy, n.DRIVE)[0] == n.NO_RIGHT


def test_one_attempt_in_two_hands_shows_at_the_second_use():
    """A copy taken between save and answer has the holder's attempt; it is not told as one, and opens nothing."""
    b = Bench()
    phone = b.used()
    copy = phone.copy()
    assert b.ask(phone)[1]
    b.actuator.stop()
    b.moved()
    status, accepted, _ = b.ask(copy)
    assert not accepted and copy.by == "" and status is None, "a repeat, of a challenge that it never answered"
    assert b.ask(phone)[1] and b.cred().state == n.CRED_ACTIVE


def test_strict_suspends_at_a_second_copy():
    for early in (True, False):
        b = Bench()
        phone = b.used()
        copy = phone.copy(20)
        b.config.set("strict", int(early))
        assert b.ask(phone)[1]
        if not early:  # suspect first, then the owner becomes strict
            assert b.ask(copy)[0] == n.STALE and b.cred().state == n.CRED_SUSPECT
            b.config.set("strict", 1)
        b.actuator.stop()
        b.moved()
        assert b.ask(copy)[0] == n.STALE
        for _ in range(2):
            status, accepted, state = b.ask(phone)
            assert (status, accepted, state[1] & n.STATE_SUSPECT) == (n.SUSPENDED, False, n.STATE_SUSPECT)
        assert b.moved() == [] and b.cred().state == n.CRED_SUSPENDED
        assert b.restart().ask(phone)[0] == n.SUSPENDED


run(globals())
