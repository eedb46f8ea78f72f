# SPDX-License-Identifier: MIT
"""Answers that are owed to a phone: which challenges it keeps, which are dead, how it brings the car along."""

import os
from pathlib import Path

import pytest

from nightlatch.phone import keys
from nightlatch.phone.bundle import encode
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import State
from nightlatch.phone.wallet import open_key
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t
from tests.unit.phone.car import BUNDLE, OPEN, Car, Clock, fresh, masked

LOCKED = bytes((n.DOORS_LOCKED, 0, 0))


# --- what is kept until it is resolved


def test_all_challenges_of_an_epoch_are_kept_with_their_acts() -> None:
    saved: list[State] = []
    car = Car(fresh(saved))
    lost = [(car.lost(action), action) for action in (n.UNLOCK, n.LOCK, n.TRUNK)]
    assert car.holder.state.asked == tuple(lost) == saved[-1].asked
    car.holder.answer(os.urandom(16))
    assert car.holder.state.asked == tuple(lost), "noise resolves nothing"


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_repeat_says_which_of_them_was_accepted(which: int) -> None:
    saved: list[State] = []
    car = Car(fresh(saved))
    lost = [car.lost(n.DRIVE) for _ in range(3)]
    chain = keys.next_chain(car.holder.state.chain, lost[which])
    result = car.repeat(lost[which], n.DRIVE)
    assert (result.verdict, result.retry, result.again, result.ok) == (n.REPEAT, True, True, False)
    state = car.holder.state
    assert (state.epoch, state.chain, state.asked, state.attempt) == (1, chain, (), None) and saved[-1] == state
    assert state.accepted == (lost[which],)
    assert car.accept(n.DRIVE).ok, "the act is sent again at once"


def test_a_repeat_outlives_a_restart() -> None:
    saved: list[State] = []
    car = Car(fresh(saved))
    lost = car.lost()
    again = Car(Holder(saved[-1], saved.append))
    assert again.repeat(lost).retry and again.holder.state.chain == keys.next_chain(saved[0].chain, lost)


def test_what_the_doors_show_done_is_not_sent_again() -> None:
    """Uses of a pass count. Only for the same act: what was asked for since is still to be done."""
    for first, then, state, again in (
        (n.UNLOCK, n.UNLOCK, OPEN, False),
        (n.LOCK, n.LOCK, LOCKED, False),
        (n.UNLOCK, n.UNLOCK, LOCKED, True),
        (n.UNLOCK, n.LOCK, LOCKED, True),
        (n.UNLOCK, n.LOCK, OPEN, True),
        (n.TRUNK, n.TRUNK, OPEN, True),
        (n.REVOKE, n.REVOKE, OPEN, True),
    ):
        car = Car(fresh())
        result = car.repeat(car.lost(first), then, state)
        assert (result.again, result.ok) == (again, not again), (first, then)


def test_a_repeat_of_a_challenge_that_was_never_answered_moves_nothing() -> None:
    car = Car(fresh())
    car.lost()
    assert car.repeat(os.urandom(16)).verdict is None and car.holder.state.epoch == 0


def test_a_repeat_may_answer_a_status_or_a_report() -> None:
    car = Car(fresh())
    lost = car.lost()
    assert car.repeat(lost, n.STATUS).again and car.holder.state.epoch == 1
    lost = car.lost()
    car.holder.ask_why()
    assert car.repeat(lost).again and car.holder.state.epoch == 2


# --- what is dead


def test_a_reason_ends_its_own_challenge_and_those_of_long_before() -> None:
    clock = Clock()
    car = Car(fresh(clock=clock))
    car.lost()
    clock.go(3.5)
    young = car.lost()
    clock.go(3)
    assert car.told(n.NO_RIGHT).verdict == n.NO_RIGHT
    assert [challenge for challenge, _ in car.holder.state.asked] == [young], "6.5 s, and its own; not the one of 3 s"
    clock.go(3.5)
    assert car.told(n.OK, n.STATUS).ok and car.holder.state.asked == ()


def test_six_seconds_count_from_the_token_not_from_the_answer() -> None:
    clock = Clock()
    car = Car(fresh(clock=clock))
    car.lost()
    clock.go(5)
    nonce, token = car.ask(n.STATUS)
    clock.go(60)
    car.holder.answer(masked(keys.derive(car.holder.state.chain, b"told"), nonce, token, n.OK))
    assert len(car.holder.state.asked) == 1


@pytest.mark.parametrize("handout", [False, True])
def test_no_hint_ends_any(handout: bool) -> None:
    clock = Clock()
    car = Car(fresh(clock=clock))
    car.lost()
    clock.go(100)
    for status in (n.STALE, n.BAD_TAG, n.REVOKED, n.AHEAD, n.OK):
        car.hint(status, n.STATUS, handout=handout)
    assert len(car.holder.state.asked) >= 1


def test_after_a_start_they_count_as_just_asked() -> None:
    saved: list[State] = []
    clock = Clock()
    Car(fresh(saved, clock)).lost()
    clock.go(1000)
    car = Car(Holder(saved[-1], saved.append, clock))
    clock.go(6)
    car.told(n.OK, n.STATUS)
    assert len(car.holder.state.asked) == 1
    clock.go(0.1)
    car.told(n.OK, n.STATUS)
    assert not car.holder.state.asked


# --- 64 of them


def full() -> tuple[Car, Clock, list[State]]:
    clock, saved = Clock(), []  # type: tuple[Clock, list[State]]
    car = Car(fresh(saved, clock))
    for _ in range(64):
        car.lost()
    return car, clock, saved


def test_after_64_it_waits_and_then_asks_for_the_status_only() -> None:
    car, clock, saved = full()
    for _ in range(2):
        with pytest.raises(PhoneError, match="owed"):
            car.ask()
        clock.go(3)
    assert len(car.holder.state.asked) == 64 and len(saved) == 64
    clock.go(0.1)
    nonce, token = car.ask()
    assert t.action(token) == n.STATUS and len(car.holder.state.asked) == 64
    result = car.holder.answer(masked(keys.derive(car.holder.state.chain, b"told"), nonce, token, n.OK))
    assert result.again and car.holder.state.asked == () and car.says() == n.UNLOCK


def test_a_full_phone_is_resolved_by_a_repeat_of_its_oldest_too() -> None:
    car, clock, _ = full()
    oldest = car.holder.state.asked[0][0]
    clock.go(6.1)
    assert car.repeat(oldest).again and (car.holder.state.epoch, car.holder.state.asked) == (1, ())


def test_a_full_phone_drops_none_at_noise_and_waits_after_a_start() -> None:
    car, clock, saved = full()
    clock.go(6.1)
    car.ask()
    car.holder.answer(os.urandom(16))
    assert len(car.holder.state.asked) == 64 and car.says() == n.STATUS
    again = Car(Holder(saved[-1], saved.append, clock))
    with pytest.raises(PhoneError, match="owed"):
        again.ask()
    clock.go(6.1)
    assert again.says() == n.STATUS


# --- ahead of the car


def test_who_is_ahead_sends_the_last_challenges_and_then_the_act() -> None:
    car = Car(fresh())
    for _ in range(9):
        car.accept()
    result = car.hint(n.AHEAD, state=b"\x00\x00\x03")
    assert (result.verdict, result.again, result.report) == (n.AHEAD, True, False)
    nonce, token = car.ask()
    assert t.action(token) == n.STATUS and len(token) == n.TOKEN_SIZE + 3 * 16
    state = car.holder.state
    plain = b"".join(state.accepted[-3:])
    assert keys.veil(BUNDLE.veil, nonce, token[n.TOKEN_SIZE :]) == plain, "the oldest first"
    result = car.holder.answer(masked(keys.derive(state.chain, b"told"), nonce, token, n.OK))
    assert result.again and car.holder.state.epoch == 9
    nonce, token = car.ask()
    assert (t.action(token), len(token)) == (n.UNLOCK, n.TOKEN_SIZE) and car.accept().ok


def test_one_that_stays_ahead_is_told_and_asks_no_more() -> None:
    car = Car(fresh())
    car.accept()
    assert car.hint(n.AHEAD, state=b"\x00\x00\x01").again
    result = car.hint(n.AHEAD, state=b"\x00\x00\x01")
    assert (result.verdict, result.again) == (n.AHEAD, False)


@pytest.mark.parametrize("steps", [0, 2, 9, 255])
def test_more_steps_than_were_ever_made_bring_nobody(steps: int) -> None:
    car = Car(fresh())
    car.accept()
    result = car.hint(n.AHEAD, state=bytes((0, 0, steps)))
    assert result.report and len(car.ask()[1]) == n.TOKEN_SIZE


def test_a_report_of_who_is_ahead_has_the_same_body() -> None:
    car = Car(fresh())
    for _ in range(4):
        car.accept()
    car.hint(n.AHEAD, state=b"\x00\x00\x02")
    car.holder.ask_why()
    nonce, token = car.ask()
    assert t.action(token) == n.REPORT
    assert keys.veil(BUNDLE.veil, nonce, token[20:]) == b"".join(car.holder.state.accepted[-2:])


# --- on the phone's disk


def test_all_of_it_outlives_a_restart_of_the_app(tmp_path: Path) -> None:
    car = Car(open_key(encode(BUNDLE), tmp_path))
    for _ in range(3):
        car.accept(state=bytes((n.DOORS_UNLOCKED, n.STATE_RENEWED, 5)))
    car.holder.lend(n.TIME_LAST)
    car.lost(n.TRUNK)
    car.holder.answer(os.urandom(16))
    again = open_key(encode(BUNDLE), tmp_path)
    assert again.state == car.holder.state
    assert again.state.lent is not None and len(again.state.asked) == 1 and len(again.state.accepted) == 3
    assert again.state.identity != again.state.handout and again.state.introduced == 5
