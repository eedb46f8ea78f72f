# SPDX-License-Identifier: MIT
"""A hostile car against the phone library: nothing it says moves the epoch, and no challenge is answered twice."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.errors import HostError
from nightlatch.phone import keys
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.holder import Holder
from nightlatch.phone.nfc import NfcPhone
from nightlatch.phone.state import State
from nightlatch.wire import numbers as n
from tests.attack.table import Report

KEY = KeyBundle(os.urandom(16), os.urandom(16), 3, n.ROLE_OWNER, n.RIGHTS_KNOWN, os.urandom(16), "")
CHALLENGE = st.binary(min_size=n.CHALLENGE_SIZE, max_size=n.CHALLENGE_SIZE)
ACTIONS = st.sampled_from([n.UNLOCK, n.LOCK, n.TRUNK, n.DRIVE, n.STATUS, 9])
ANSWER = st.binary(min_size=n.ANSWER_SIZE, max_size=n.ANSWER_SIZE)
tried = [0]


def place(holder: Holder) -> tuple[int, bytes]:
    """Where a holder stands."""
    return holder.state.epoch, holder.state.chain


def forged(key: bytes, nonce: bytes, token: bytes, plain: bytes) -> bytes:
    """An answer made with any key."""
    tag = keys.cmac(key, nonce + token + plain)[: n.TAG_SIZE]
    return bytes(a ^ b for a, b in zip(plain, keys.cmac(key, tag))) + tag


@given(st.lists(st.tuples(CHALLENGE, ACTIONS, st.integers(0, 255), ANSWER, st.binary(max_size=40)), max_size=12))
def words(rounds: list[tuple[bytes, int, int, bytes, bytes]]) -> None:
    """Any challenges, any answers, of any length, also when none is awaited."""
    holder = Holder(State.of(KEY))
    before = place(holder)
    given_away: dict[bytes, bytes] = {}
    for challenge, action, flags, answer, junk in rounds:
        tried[0] += 1
        if len(junk) != n.CHALLENGE_SIZE:
            with pytest.raises(PhoneError):
                holder.token(junk, action)
        if challenge in given_away:
            with pytest.raises(PhoneError):
                holder.token(challenge, action, flags)
            continue
        given_away[challenge] = holder.token(challenge, action, flags)
        assert place(holder) == before
        if len(junk) != n.ANSWER_SIZE:
            with pytest.raises(PhoneError):
                holder.answer(junk)
        assert holder.answer(answer).verdict is None
        with pytest.raises(PhoneError):
            holder.answer(answer)
        assert place(holder) == before
    assert len(set(given_away.values())) == len(given_away)


OURS = st.builds(
    lambda ins, data: bytes([n.CLA, ins, 0, 0, len(data)]) + data + b"\x00",
    st.sampled_from([n.INS_CHALLENGE, n.INS_ANSWER]),
    CHALLENGE,
)


@given(st.lists(st.one_of(st.binary(max_size=30), OURS), max_size=10))
def apdus(commands: list[bytes]) -> None:
    """Any APDUs to the phone's application, selected or not."""
    holder = Holder(State.of(KEY))
    phone = NfcPhone(holder, n.UNLOCK)
    before = place(holder)
    select = b"\x00\xa4\x04\x00" + bytes([len(n.AID)]) + n.AID + b"\x00"
    answered: set[bytes] = set()
    for command in (select, *commands):
        tried[0] += 1
        response = phone.transceive(command)
        assert 2 <= len(response) <= n.TOKEN_SIZE + 2
        if len(response) == n.TOKEN_SIZE + 2:
            assert command[5:21] not in answered, "a challenge was answered twice"
            answered.add(command[5:21])
    assert place(holder) == before


def test_no_word_moves_a_holder(attack: Report) -> None:
    """Property-based, on both links; what fails is shrunk and printed."""
    words()
    apdus()
    attack(7, "a hostile car, both links", tried[0], 0, "its epoch stayed; no challenge answered twice")


def test_answers_under_the_wrong_keys(attack: Report) -> None:
    """Everything that a fake car may know: veil key, agent id, old answer keys, its own key, another nonce's answer."""
    holder = Holder(State.of(KEY))
    nonce = os.urandom(16)
    token = holder.token(nonce, n.UNLOCK)
    good = forged(keys.derive(keys.next_chain(holder.state.chain, nonce), b"answer"), nonce, token, bytes(4))
    assert holder.answer(good).ok and holder.state.epoch == 1
    old = State.of(KEY)
    wrong_keys = [KEY.veil, KEY.agent_id, bytes(16), os.urandom(16), keys.derive(old.chain, b"answer"), old.handout]
    wrong_keys += [keys.derive(keys.next_chain(old.chain, nonce), b"answer"), holder.state.chain]
    wrong_keys += [keys.derive(holder.state.chain, label) for label in (b"token", b"answer", b"told", b"identity")]
    before = place(holder)
    moved = 0
    for key in wrong_keys:
        for status in (n.OK, n.REPEAT):
            nonce = os.urandom(16)
            token = holder.token(nonce, n.UNLOCK)
            moved += holder.answer(forged(key, nonce, token, bytes((status, 0, 0, 0)))).ok
    for other in (good, forged(keys.derive(holder.state.chain, b"answer"), os.urandom(16), token, bytes(4))):
        holder.token(os.urandom(16), n.UNLOCK)
        moved += holder.answer(other).ok
    assert place(holder) == before
    attack(7, "answers under every wrong key", 2 * len(wrong_keys) + 2, moved, "its epoch stayed")


def test_the_memory_of_challenges_survives_a_restart() -> None:
    """What was answered is saved before the token leaves, so a phone that dies does not answer again."""
    saved: list[State] = []
    holder = Holder(State.of(KEY), saved.append)
    nonces = [os.urandom(16) for _ in range(24)]
    for nonce in nonces:
        holder.token(nonce, n.UNLOCK)
    reborn = Holder(saved[-1])
    for nonce in nonces:
        with pytest.raises(HostError):
            reborn.token(nonce, n.UNLOCK)
    assert reborn.state.attempt == saved[0].attempt, "a retry must carry the attempt that it began with"
