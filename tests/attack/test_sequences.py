# SPDX-License-Identifier: MIT
"""RollJam, RollBack, Rolling-PWN and the wrap, against the agent's gate: no sequence of old codes gives anything."""

import itertools
import os
from collections.abc import Iterable
from dataclasses import replace

import pytest

from nightlatch.phone import keys
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.holder import Holder
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t
from tests.attack.gate_bench import BLE, NFC, GateBench
from tests.attack.table import Report

DAY_MS = 86_400_000
MIX = (n.UNLOCK, n.LOCK, n.TRUNK, n.UNLOCK, n.DRIVE)


def captured(bench: GateBench, holder: Holder, actions: Iterable[int]) -> list[bytes]:
    """The tokens of acts that were accepted, and one that was jammed: the phone made it, the car never saw it."""
    tokens = []
    for action in actions:
        result, token = bench.act(holder, action)
        assert result.ok
        tokens.append(token)
    jammed = holder.token(bench.challenge(), n.UNLOCK)
    bench("drop", BLE)
    assert bench.act(holder)[0].ok
    return [*tokens, jammed]


def test_rolljam_an_undelivered_code_dies(bench: GateBench, attack: Report) -> None:
    """A code that was jammed and kept opens neither late nor once a newer one was accepted, on this link or another."""
    holder = bench.enrol()
    delays = (5001, 5500, 60_000, 3_600_000, DAY_MS, 6 * DAY_MS, 6 * DAY_MS + 18_000_000, 7 * DAY_MS, 12 * DAY_MS)
    exact = ((1 << 30) - 4000, (1 << 30) + 100, (1 << 29) - 1, (1 << 29) + 1, 1 << 30)  # where 30-bit ticks turn
    tries = opened = 0
    for delay in (*delays, *exact):
        for link in (BLE, NFC):
            copy = Holder(holder.state)
            jammed = copy.token(bench.challenge(link), n.UNLOCK)
            bench("wait", delay)
            verdict = bench.present(jammed, link)
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
    for newer in (BLE, NFC, BLE + 1):
        jammed = holder.token(bench.challenge(BLE), n.UNLOCK)
        assert bench.act(holder, n.LOCK, newer)[0].ok
        verdict = bench.present(jammed, BLE)
        tries += 1
        opened += bool(verdict.accepted or verdict.moves)
    assert bench.act(holder)[0].ok and bench.cred(0)[1] == n.CRED_ACTIVE
    within = holder.token(bench.challenge(BLE), n.UNLOCK)
    bench("wait", 4990)
    assert bench.present(within, BLE).moves == (n.UNLOCK,), "a code that is in time must open, or this shows nothing"
    attack(2, "RollJam: kept 5 s to 12 days", tries, opened, "the next act opened")


def play(bench: GateBench, tokens: list[bytes], sequences: Iterable[tuple[int, ...]], restart: bool) -> tuple[int, int]:
    """Replays sequences of tokens, each to a fresh challenge: (tries, opened).

    Nothing may change in flash; over a restart, which may tidy up there, the key must stand where it stood.
    """
    before, stood = bench.flash(), bench.cred(0)
    tries = opened = 0
    for sequence in sequences:
        for place, index in enumerate(sequence):
            if restart and place == len(sequence) // 2:
                bench("save", "x")
                bench("load", "x")
            verdict = bench.replay(tokens[index], BLE if index % 2 else NFC)
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
    assert restart or bench.flash() == before, "a replay moved something in flash"
    assert bench.cred(0) == stood
    return tries, opened


@pytest.mark.parametrize(
    "longest",
    [pytest.param(3, id="3"), pytest.param(5, id="5", marks=pytest.mark.soak)],
)
def test_rollback_no_sequence_gives_authority(bench: GateBench, attack: Report, longest: int) -> None:
    """All ordered sequences of captures with mixed actions, repeats allowed, with and without a restart within."""
    holder = bench.enrol()
    tokens = captured(bench, holder, MIX)
    numbers = range(len(tokens))
    tries = opened = 0
    for length in range(1, longest + 1):
        for restart in (False, True):
            more, bad = play(bench, tokens, itertools.product(numbers, repeat=length), restart)
            tries, opened = tries + more, opened + bad
    assert bench.act(holder)[0].ok
    attack(3, f"RollBack: all sequences to {longest}", tries, opened, "in step, opened afterwards")


def test_rolling_pwn_between_acts(bench: GateBench, attack: Report) -> None:
    """The same woven into the holder's own acts, loose: any replay, an act, any replay, at gaps of minutes."""
    holder = bench.enrol()
    tokens = captured(bench, holder, MIX)
    tries = opened = 0
    for pair in itertools.permutations(range(len(tokens)), 2):
        for place, index in enumerate(pair):
            bench("wait", 1000 + 60_000 * place)
            verdict = bench.replay(tokens[index])
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
            result, token = bench.act(holder, MIX[(index + place) % len(MIX)])
            assert result.ok and not result.suspect
            tokens[index] = token  # the thief's book stays up to date
    attack(4, "Rolling-PWN: woven into use", tries, opened, "every act of its own went through")


def test_a_jammed_retry_opens_once(bench: GateBench, attack: Report) -> None:
    """A retry carries the attempt of the token that was jammed; only the one of the two that came in counts."""
    holder = bench.enrol()
    opened = tries = 0
    for _ in range(20):
        first = holder.token(bench.challenge(BLE), n.UNLOCK)
        assert bench.act(holder)[0].ok
        for link in (BLE, NFC):
            verdict = bench.replay(first, link)
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
    assert not bench.act(holder)[0].suspect
    attack(2, "RollJam: the code before a retry", tries, opened, "each retry opened, never suspect")


def at(bench: GateBench, holder: Holder, epoch: int) -> Holder:
    """Puts car and holder at an epoch, with a chain key that nobody has derived the long way."""
    key = os.urandom(16)
    bench("roll", holder.state.handle, epoch, key.hex())
    return Holder(replace(holder.state, epoch=epoch, chain=key, attempt=None, asked=(), accepted=()))


def test_the_epoch_never_wraps(bench: GateBench, attack: Report) -> None:
    """Across the 16 bits that a token carries it goes on; at the end of its 32 bits it is refused, and says so."""
    owner = bench.enrol()
    crossing = at(bench, owner, 0xFFFE)
    old = [bench.act(crossing)[1] for _ in range(4)]
    assert crossing.state.epoch == 0x10002
    last = at(bench, owner, n.EPOCH_LAST - 2)
    assert bench.act(last)[0].ok and bench.act(last)[0].ok
    assert last.state.epoch == n.EPOCH_LAST
    with pytest.raises(PhoneError, match="used up"):
        last.token(bench.challenge(), n.UNLOCK)
    before = bench.flash()
    tries = opened = 0
    for beyond in range(17):  # a phone that does not stop by itself, up to where 32 bits are full
        nonce = bench.challenge()
        epoch = (n.EPOCH_LAST + beyond) & 0xFFFFFFFF
        head = t.head(n.UNLOCK, 0, epoch, 0, 9, keys.place(bench.veil, nonce))
        token = head + keys.cmac(keys.derive(last.state.chain, b"token"), nonce + head)[:12]
        verdict = bench.present(token)
        tries += 1
        opened += bool(verdict.accepted or verdict.moves)
        if beyond == 0:
            assert n.EXHAUSTED in bench.verdicts()
    for token in old:
        verdict = bench.replay(token)
        tries += 1
        opened += bool(verdict.accepted or verdict.moves)
    assert bench.cred(0)[0] == n.EPOCH_LAST and bench.flash() == before
    attack(5, "epoch at its end, and beyond", tries, opened, "told that the key is used up")


def test_a_challenge_is_good_for_one_token(bench: GateBench, attack: Report) -> None:
    """Whatever the first token was, wrong, lame or accepted, a good one to the same challenge comes too late."""
    holder = bench.enrol()
    tries = opened = 0
    stranger = bench.holder(0, os.urandom(16))
    for link in (BLE, NFC):
        for kind in ("lame", "stranger", "bent", "good", "why"):
            nonce = bench.challenge(link)
            copy = Holder(holder.state)
            good = copy.token(nonce, n.UNLOCK)
            first = {
                "lame": b"",
                "stranger": stranger.token(nonce, n.UNLOCK),
                "bent": good[:-1] + bytes([good[-1] ^ 1]),
                "good": good,
                "why": Holder(holder.state).token(nonce, n.REPORT),
            }[kind]
            said = bench.present(first, link)
            assert said.accepted == (kind == "good")
            if kind == "good" and copy.answer(said.answer).ok:
                holder = copy
            verdict = bench.present(good, link)
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
    assert bench.act(holder)[0].ok
    attack(1, "a challenge twice", tries, opened, "the next act opened")
