# SPDX-License-Identifier: MIT
"""Cold copies: a photo of the QR code, a backup, the vault. Who missed one exchange is out, whatever it computes, and
trying it is logged and told."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nightlatch.phone import keys
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import State
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import NFC, GateBench, twin
from tests.attack.table import Report

NO_CHALLENGE = ("agent/credential/chain.py", 'return chain.mac(b"next" + bytes(fresh))', 'return chain.mac(b"next")')
AGES = (*range(1, 13), 16, 25, 50, 100, 200, 300)
TELLING = {n.SUSPECT, n.STALE}


def standing(copy: State, epoch: int, chain: bytes, accepted: tuple[bytes, ...] = ()) -> Holder:
    """The copy, as if it were at that epoch."""
    return Holder(replace(copy, epoch=epoch, chain=chain, attempt=None, asked=(), accepted=accepted, seen=()))


def guesses(copy: State, epoch: int, heard: list[bytes]) -> Iterator[Holder]:
    """What can be made of a copy by who reads the car's epoch off the air. heard: challenges accepted since the copy,
    all but the first of them."""
    yield Holder(copy)
    yield standing(copy, epoch, copy.chain)
    for steps in (heard, [bytes(16)] * len(heard)):
        chain = keys.next_chain(copy.chain, os.urandom(16))
        for fresh in steps:
            chain = keys.next_chain(chain, fresh)
        yield standing(copy, epoch, chain)
        behind = standing(copy, epoch - 1, chain)
        yield behind
        for ahead in (1, 8):
            made = tuple(os.urandom(16) for _ in range(ahead))
            for fresh in made:
                chain = keys.next_chain(chain, fresh)
            yield standing(copy, epoch + ahead, chain, made)


def attempts(bench: GateBench) -> tuple[int, int, int]:
    """Every guess from copies of every age: (tries, how often one opened, from how many ages it left no trace)."""
    holder = bench.enrol()
    states, heard = [holder.state], []
    while holder.state.epoch < max(AGES):
        assert bench.act(holder)[0].ok
        states.append(holder.state)
        heard.append(holder.state.accepted[-1])
    bench("save", "now")
    tries = opened = quiet = 0
    for age in AGES:
        copy = states[-1 - age]
        bench("load", "now")
        bench.verdicts()
        for guess in guesses(copy, holder.state.epoch, heard[copy.epoch + 1 :]):
            for link in (n.LINK_BLE << 8, NFC):
                moves = bench.moves
                bench.act(guess, n.UNLOCK, link)
                tries += 1
                opened += bench.moves != moves
        logged = TELLING & set(bench.verdicts())
        result = bench.act(Holder(holder.state))[0]
        quiet += not (logged and (result.suspect or result.tried))
    return tries, opened, quiet


def test_who_missed_one_exchange_is_out(
    bench: GateBench, attack: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies of 18 ages up to 300 epochs, the oldest of them the QR code's photo."""
    tries, opened, quiet = attempts(bench)
    assert quiet == 0, "logged, and told to the holder"
    monkeypatch.setattr(keys, "next_chain", lambda chain, fresh: keys.cmac(chain, b"next"))
    with twin(tmp_path, NO_CHALLENGE) as other:
        fell = attempts(other)[1]
    attack(29, "cold copies, 1 to 300 epochs old", tries, opened, "opened; told of the copy", fell)


def test_the_vault_and_the_photo_know_nothing_more(bench: GateBench, attack: Report) -> None:
    """Whoever has the root: the first accepted token is the last thing that it can foresee. It takes no rights away."""
    holder = bench.enrol()
    for _ in range(2):  # at the epoch just behind it would pass for a second phone
        assert bench.act(holder)[0].ok
    tries = opened = 0
    for _ in range(5):
        moves = bench.moves
        photo = bench.holder(0)
        assert bench.act(photo)[0].verdict == n.STALE
        tries, opened = tries + 1, opened + (bench.moves != moves)
        assert bench.act(holder, n.LOCK)[0].ok
    result = bench.act(holder, n.DRIVE)[0]
    assert result.ok and result.tried and not result.suspect
    attack(29, "a photo of the QR code, used late", tries, opened, "told that a copy was tried")
