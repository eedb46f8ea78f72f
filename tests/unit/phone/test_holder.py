# SPDX-License-Identifier: MIT
"""The phone's side of a key: what it saves and when, what moves it on, and what never does."""

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.phone import keys
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.holder import Holder, Result, State
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t

BUNDLE = KeyBundle(b"a" * 16, b"v" * 16, 5, n.ROLE_OWNER, 255, b"r" * 16, "phone")


class Car:
    """Answers a token as the protocol says, under the key that a test picks."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder

    def say(
        self, nonce: bytes, token: bytes, key: bytes, status: int, state: bytes = b"\x02\x00\x00"
    ) -> bytes:
        plain = bytes([status]) + state
        tag = keys.cmac(key, nonce + token + plain)[: n.TAG_SIZE]
        mask = keys.cmac(key, tag)
        return bytes(a ^ b for a, b in zip(plain, mask, strict=False)) + tag

    def ask(
        self, status: int = n.OK, action: int = n.UNLOCK, state: bytes = b"\x02\x00\x00", known: bool = True
    ) -> Result:
        """One exchange; known: the answer is made with the epoch's answer key, else with the identity key."""
        nonce = os.urandom(16)
        key = keys.derive(self.holder.state.chain, b"answer") if known else self.holder.state.identity
        return self.holder.answer(self.say(nonce, self.holder.token(nonce, action), key, status, state))


def fresh(saved: list[State] | None = None) -> Holder:
    return Holder(State.of(BUNDLE), (lambda state: None) if saved is None else saved.append)


def asked(token: bytes) -> int:
    return t.action(token)


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
    assert len(saved) == 1 and saved[0].attempt is not None and bytes(16) in saved[0].seen
    again = Holder(replace(saved[0], seen=()))
    assert again.token(bytes(16), n.UNLOCK) == token


def test_the_attempt_is_of_the_epoch_and_outlives_a_restart() -> None:
    holder = fresh()
    first = t.attempt(holder.token(bytes(15) + b"a", n.UNLOCK))
    assert t.attempt(holder.token(bytes(15) + b"b", n.LOCK)) == first
    holder = Holder(holder.state)
    assert t.attempt(holder.token(bytes(15) + b"c", n.UNLOCK)) == first
    assert Car(holder).ask().ok and holder.state.attempt is None
    drawn = set()
    for number in range(40):
        other = Holder(holder.state)
        drawn.add(t.attempt(other.token(number.to_bytes(16, "big"), n.UNLOCK)))
    assert len(drawn) > 30, "two copies of a key draw different ones"


def test_an_accepted_answer_moves_one_epoch_and_is_saved() -> None:
    saved: list[State] = []
    holder = fresh(saved)
    for epoch in range(3):
        before = holder.state
        assert before.epoch == epoch
        assert Car(holder).ask() == Result(n.OK, n.DOORS_UNLOCKED)
        assert holder.state.chain == keys.next_key(before.chain) and saved[-1] == holder.state
    assert len(saved) == 6


@pytest.mark.parametrize("status", range(1, 19))
def test_a_refusal_by_the_chain_is_read_and_moves_nothing(status: int) -> None:
    holder = fresh()
    result = Car(holder).ask(status)
    assert (result.verdict, result.ok, result.report, holder.state.epoch) == (status, False, False, 0)


def test_the_car_state_is_read() -> None:
    result = Car(fresh()).ask(state=bytes((n.DOORS_LOCKED, n.STATE_SUSPECT | n.STATE_RETRY, 0)))
    assert (result.doors, result.suspect, result.retry) == (n.DOORS_LOCKED, True, True)


@given(st.binary(min_size=16, max_size=16))
def test_noise_moves_nothing(answer: bytes) -> None:
    holder = fresh()
    holder.token(bytes(16), n.UNLOCK)
    before = holder.state
    assert holder.answer(answer) == Result(None) and holder.state == before


@given(st.integers(0, 127))
def test_a_flipped_bit_moves_nothing(bit: int) -> None:
    holder = fresh()
    nonce = bytes(16)
    answer = bytearray(
        Car(holder).say(nonce, holder.token(nonce, n.UNLOCK), keys.derive(holder.state.chain, b"answer"), 0)
    )
    answer[bit // 8] ^= 1 << bit % 8
    assert holder.answer(bytes(answer)).verdict is None and holder.state.epoch == 0


def test_an_answer_is_of_one_token_and_one_challenge() -> None:
    holder = fresh()
    car, key = Car(holder), keys.derive(holder.state.chain, b"answer")
    old = car.say(bytes(16), holder.token(bytes(16), n.UNLOCK), key, n.OK)
    holder.token(b"\x01" * 16, n.UNLOCK)
    assert holder.answer(old).verdict is None and holder.state.epoch == 0
    with pytest.raises(PhoneError):
        holder.answer(old)
    for size in (0, 15, 17):
        holder.token(os.urandom(16), n.UNLOCK)
        with pytest.raises(PhoneError):
            holder.answer(bytes(size))


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
    for size in (0, 15, 17, 32):
        with pytest.raises(PhoneError):
            holder.token(bytes(size), n.UNLOCK)


def test_the_way_of_a_reason() -> None:
    saved: list[State] = []
    holder = fresh(saved)
    assert Car(holder).ask(n.REVOKED, known=False) == Result(n.REVOKED, n.DOORS_UNLOCKED, report=True)
    assert saved[-1].report, "a phone that dies here still asks"
    holder = Holder(saved[-1], saved.append)
    status = holder.token(bytes(16), n.STATUS)
    assert asked(status) == n.STATUS and holder.state.report, (
        "asking for the state is no act, and does not use it up"
    )
    nonce = b"\x05" * 16
    token = holder.token(nonce, n.UNLOCK)
    assert asked(token) == n.REPORT and not holder.state.report
    told = holder.answer(Car(holder).say(nonce, token, holder.state.identity, n.STALE))
    assert told == Result(n.STALE, n.DOORS_UNLOCKED) and not told.report
    assert asked(holder.token(b"\x06" * 16, n.UNLOCK)) == n.UNLOCK, "then it tries again"
    assert holder.state.epoch == 0


def test_the_identity_key_never_says_that_something_was_done() -> None:
    holder = fresh()
    assert Car(holder).ask(n.OK, known=False).verdict is None and holder.state.epoch == 0
    holder = Holder(replace(State.of(BUNDLE), report=True))
    nonce = bytes(16)
    result = holder.answer(Car(holder).say(nonce, holder.token(nonce, n.UNLOCK), holder.state.identity, n.OK))
    assert not result.ok and holder.state.epoch == 0


def test_an_answer_key_cannot_answer_a_report() -> None:
    holder = Holder(replace(State.of(BUNDLE), report=True))
    nonce = bytes(16)
    token = holder.token(nonce, n.UNLOCK)
    answer = Car(holder).say(nonce, token, keys.derive(holder.state.chain, b"answer"), n.OK)
    assert not holder.answer(answer).ok and holder.state.epoch == 0


def test_the_last_epoch() -> None:
    holder = Holder(replace(State.of(BUNDLE), epoch=n.EPOCH_LAST - 1))
    assert Car(holder).ask().ok
    with pytest.raises(PhoneError):
        holder.token(bytes(16), n.UNLOCK)


def test_no_secret_in_a_repr() -> None:
    holder = fresh()
    holder.token(b"challenge 16 byt", n.UNLOCK)
    for secret in (BUNDLE.root, BUNDLE.veil, holder.state.chain, holder.state.identity, b"challenge 16 byt"):
        assert repr(secret)[2:-1] not in repr(holder.state) + repr(BUNDLE) and secret.hex() not in repr(
            holder.state
        )
