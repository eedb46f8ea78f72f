# SPDX-License-Identifier: MIT
"""The phone's side of a key: what it saves and when, what moves it on, and what never does."""

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.phone import keys
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result, State
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t
from tests.unit.phone.car import BUNDLE, OPEN, Car, fresh, masked, stepped

RENEWED = bytes((n.DOORS_UNLOCKED, n.STATE_RENEWED, 0))


def test_it_is_saved_before_the_token_leaves() -> None:
    def full(state: State) -> None:
        raise OSError("no room on this phone")

    holder = Holder(State.of(BUNDLE), full)
    with pytest.raises(OSError, match="no room"):
        holder.token(bytes(16), n.UNLOCK)
    with pytest.raises(PhoneError):
        holder.answer(bytes(16))


def test_what_was_saved_gives_the_token_that_left() -> None:
    saved: list[State] = []
    holder = fresh(saved)
    token = holder.token(bytes(16), n.UNLOCK)
    assert len(saved) == 1 and saved[0].attempt is not None
    assert bytes(16) in saved[0].seen and saved[0].asked == ((bytes(16), n.UNLOCK),)
    again = Holder(replace(saved[0], seen=(), asked=()))
    assert again.token(bytes(16), n.UNLOCK) == token


def test_the_attempt_is_of_the_epoch_and_outlives_a_restart() -> None:
    holder = fresh()
    first = t.attempt(holder.token(bytes(15) + b"a", n.UNLOCK))
    assert t.attempt(holder.token(bytes(15) + b"b", n.LOCK)) == first
    holder = Holder(holder.state)
    assert t.attempt(holder.token(bytes(15) + b"c", n.UNLOCK)) == first
    assert Car(holder).accept().ok and holder.state.attempt is None
    drawn = set()
    for number in range(40):
        other = Holder(holder.state)
        drawn.add(t.attempt(other.token(number.to_bytes(16, "big"), n.UNLOCK)))
    assert len(drawn) > 30, "two copies of a key draw different ones"


def test_an_accepted_answer_moves_one_epoch_by_its_challenge_and_is_saved() -> None:
    saved: list[State] = []
    holder = fresh(saved)
    for epoch in range(12):
        before = holder.state
        assert before.epoch == epoch
        assert Car(holder).accept() == Result(n.OK, n.DOORS_UNLOCKED)
        nonce = saved[-1].accepted[-1]
        assert holder.state.chain == keys.next_chain(before.chain, nonce) and saved[-1] == holder.state
        assert (holder.state.asked, holder.state.attempt, holder.state.identity) == ((), None, before.identity)
        assert holder.state.accepted[:-1] == before.accepted[-7:], "the last eight"
    assert len(saved) == 24 and len(holder.state.accepted) == n.EPOCH_AHEAD


def test_a_renewal_makes_another_identity_key() -> None:
    holder = fresh()
    assert Car(holder).accept(state=RENEWED).ok
    assert holder.state.identity == keys.derive(holder.state.chain, b"identity") != holder.state.handout
    renewed = holder.state.identity
    assert Car(holder).accept().ok and holder.state.identity == renewed
    lost = Car(holder).lost()
    assert Car(holder).repeat(lost, state=RENEWED).retry, "told by a repeat as well"
    assert holder.state.identity == keys.derive(holder.state.chain, b"identity") != renewed


@pytest.mark.parametrize("status", [*range(1, 28), n.FULL, n.NOTHING_WANTED])
def test_a_reason_that_was_told_is_read_and_moves_nothing(status: int) -> None:
    holder = fresh()
    result = Car(holder).told(status)
    assert (result.verdict, result.ok, result.report, result.again) == (status, False, False, False)
    assert holder.state.epoch == 0 and holder.state.asked == (), "its challenge is dead"


def test_the_car_state_is_read() -> None:
    result = Car(fresh()).accept(state=bytes((n.DOORS_LOCKED, n.STATE_SUSPECT | n.STATE_TRIED, 3)))
    assert (result.doors, result.suspect, result.tried, result.shown) == (n.DOORS_LOCKED, True, True, 3)
    holder = fresh()
    for told, shown in ((255, 255), (255, 0), (1, 2)):
        assert Car(holder).accept(state=bytes((0, 0, told))).shown == shown, "modulo 256"


@given(st.binary(min_size=16, max_size=16))
def test_noise_moves_nothing(answer: bytes) -> None:
    holder = fresh()
    holder.token(bytes(16), n.UNLOCK)
    before = holder.state
    assert holder.answer(answer) == Result(None) and holder.state == before


@given(st.integers(0, 127))
def test_a_flipped_bit_moves_nothing(bit: int) -> None:
    holder = fresh()
    nonce, token = Car(holder).ask()
    answer = bytearray(masked(stepped(holder.state, nonce), nonce, token, n.OK))
    answer[bit // 8] ^= 1 << bit % 8
    assert holder.answer(bytes(answer)).verdict is None and holder.state.epoch == 0


def test_an_answer_is_of_one_token_and_one_challenge() -> None:
    holder = fresh()
    first, token = Car(holder).ask()
    old = masked(stepped(holder.state, first), first, token, n.OK)
    Car(holder).ask()
    assert holder.answer(old).verdict is None and holder.state.epoch == 0
    with pytest.raises(PhoneError):
        holder.answer(old)
    for size in (0, 15, 17):
        holder.token(os.urandom(16), n.UNLOCK)
        with pytest.raises(PhoneError):
            holder.answer(bytes(size))


def test_an_old_answer_key_says_nothing_about_another_challenge() -> None:
    """OK is of the token that it answers; an earlier one's is only to be had as a repeat, and the other way round."""
    holder = fresh()
    first = Car(holder).lost()
    nonce, token = Car(holder).ask()
    assert holder.answer(masked(stepped(holder.state, first), nonce, token, n.OK)).verdict is None
    nonce, token = Car(holder).ask(n.STATUS)
    assert holder.answer(masked(stepped(holder.state, nonce), nonce, token, n.OK)).verdict is None
    assert holder.state.epoch == 0


def test_no_challenge_is_answered_twice() -> None:
    holder = fresh()
    nonces = [number.to_bytes(16, "big") for number in range(48)]
    for nonce in nonces:
        holder.token(nonce, n.UNLOCK)
    for nonce in nonces:
        with pytest.raises(PhoneError):
            Holder(holder.state).token(nonce, n.LOCK)
    assert len(holder.state.seen) == 48
    holder.token(bytes(15) + b"\xff", n.UNLOCK)
    assert len(holder.state.seen) == 48, "bounded"
    for again in (holder, Holder(holder.state)):
        with pytest.raises(PhoneError):
            again.token(nonces[0], n.LOCK)  # one of asked
    for size in (0, 15, 17, 32):
        with pytest.raises(PhoneError):
            holder.token(bytes(size), n.UNLOCK)


def test_seen_outlives_an_epoch() -> None:
    holder = fresh()
    nonce, token = Car(holder).ask()
    assert holder.answer(masked(stepped(holder.state, nonce), nonce, token, n.OK)).ok
    with pytest.raises(PhoneError):
        holder.token(nonce, n.UNLOCK)


def test_a_refusal_is_asked_about_in_the_same_connection() -> None:
    saved: list[State] = []
    holder = fresh(saved)
    car = Car(holder)
    for handout in (False, True):
        count = len(saved)
        result = car.hint(n.REVOKED, handout=handout)
        assert (result.verdict, result.report, result.again) == (n.REVOKED, True, True)
        assert len(saved) == count + 1, "nothing is saved because of it"
        nonce, token = car.ask()
        assert t.action(token) == n.REPORT and t.attempt(token) == int.from_bytes(keys.mark(holder.state.chain), "big")
        told = holder.answer(masked(holder.state.identity, nonce, token, n.STALE))
        assert (told.verdict, told.report, told.again) == (n.STALE, False, False)
        assert car.says() == n.UNLOCK, "then it tries again"
    assert holder.state.epoch == 0


def test_a_report_steps_nothing_and_is_not_owed() -> None:
    holder = fresh()
    holder.ask_why()
    nonce, token = Car(holder).ask()
    assert t.action(token) == n.REPORT and holder.state.asked == ()
    tag = keys.cmac(holder.state.identity, nonce + token[: n.TOKEN_HEAD])[: n.TAG_SIZE]
    assert token[n.TOKEN_HEAD :] == tag
    for key in (stepped(holder.state, nonce), keys.derive(holder.state.chain, b"answer")):
        holder.ask_why()
        nonce, token = Car(holder).ask()
        assert not holder.answer(masked(key, nonce, token, n.OK)).ok
    assert holder.state.epoch == 0


def test_a_report_that_is_fine_has_the_act_asked_for_again() -> None:
    holder = fresh()
    holder.ask_why()
    result = Car(holder).told(n.OK)
    assert (result.verdict, result.again, result.ok) == (None, True, False) and Car(holder).says() == n.UNLOCK


def test_a_report_is_made_with_the_identity_key_of_now() -> None:
    holder = fresh()
    Car(holder).accept(state=RENEWED)
    holder.ask_why()
    nonce, token = Car(holder).ask()
    assert token[n.TOKEN_HEAD :] == keys.cmac(holder.state.identity, nonce + token[:8])[:12]
    assert holder.answer(masked(holder.state.handout, nonce, token, n.STALE)).verdict == n.STALE


@pytest.mark.parametrize("handout", [False, True])
@pytest.mark.parametrize("status", [n.OK, n.REPEAT])
def test_the_identity_key_never_says_that_something_was_done(status: int, handout: bool) -> None:
    for report in (False, True):
        holder = fresh()
        if report:
            holder.ask_why()
        result = Car(holder).hint(status, handout=handout)
        assert result.verdict is None and not result.ok and holder.state.epoch == 0


def test_status_is_not_owed_and_steps_nothing() -> None:
    holder = fresh()
    result = Car(holder).told(n.OK, n.STATUS)
    assert result.ok and not result.again and (holder.state.epoch, holder.state.asked) == (0, ())


def test_the_last_epoch() -> None:
    holder = Holder(replace(State.of(BUNDLE), epoch=n.EPOCH_LAST - 1))
    assert Car(holder).accept().ok
    with pytest.raises(PhoneError):
        holder.token(bytes(16), n.UNLOCK)


def test_no_secret_in_a_repr() -> None:
    holder = fresh()
    Car(holder).accept(state=RENEWED)
    holder.lend()
    holder.token(b"challenge 16 byt", n.UNLOCK)
    state = holder.state
    assert state.lent is not None
    secrets = (BUNDLE.root, BUNDLE.veil, state.chain, state.identity, state.handout, b"challenge 16 byt", state.lent[0])
    for secret in (*secrets, *state.accepted):
        assert repr(secret)[2:-1] not in repr(state) + repr(BUNDLE) and secret.hex() not in repr(state)


def test_a_reply_is_under_the_key_behind_the_step() -> None:
    for bent in (False, True):
        holder = fresh()
        nonce, token = Car(holder).ask(n.LIST, b"\x00\x00\x10")
        following = keys.next_chain(holder.state.chain, nonce)
        reply = keys.seal(following, b"reply", nonce, b"a list")
        answer = masked(keys.derive(following, b"answer"), nonce, token, n.OK, OPEN)
        if bent:
            with pytest.raises(PhoneError, match="damaged"):
                holder.answer(answer + reply[:-1] + bytes([reply[-1] ^ 1]))
        else:
            assert holder.answer(answer + reply).reply == b"a list"
        assert holder.state.epoch == 1, "the step was proved either way"
