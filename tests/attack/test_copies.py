# SPDX-License-Identifier: MIT
"""Cloned credentials: every interleaving of two copies, with tokens and answers lost, shows as suspect or stale."""

import itertools

import pytest

from nightlatch.phone.holder import Holder, State
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import GateBench
from tests.attack.table import Report

# what may happen to one act: all goes well, the answer is lost, the token never arrives
FATES = ("well", "answer lost", "token lost")
MOMENTS = ("fresh", "in use", "answer pending", "token pending")
TELLING = {n.SUSPECT, n.STALE}


class Copies:
    """Two copies of one key, and what the car and they themselves have found out."""

    def __init__(self, bench: GateBench, state: State) -> None:
        self.bench = bench
        self.holders = [Holder(state), Holder(state)]
        self.arrived = [0, 0]  # tokens with an attempt that the copy drew for itself
        self.shared = state.attempt is not None
        self.epoch = state.epoch
        self.told = False
        self.stranded = 0

    def act(self, who: int, fate: str) -> None:
        """One act of one copy."""
        holder = self.holders[who]
        own = not self.shared or holder.state.epoch != self.epoch
        token = holder.token(self.bench.challenge(), n.UNLOCK)
        if fate == "token lost":
            return
        verdict = self.bench.present(token)
        self.arrived[who] += own
        if fate == "answer lost":
            return
        result = holder.answer(verdict.answer)
        if result.report:
            result = self.bench.act(holder)[0]
        self.stranded += not (result.ok or result.verdict == n.STALE)
        self.told |= result.suspect or result.verdict == n.STALE


def prepare(bench: GateBench, moment: str) -> State:
    """A key of the car at the moment when it is copied."""
    holder = bench.enrol()
    if moment != "fresh":
        assert bench.act(holder)[0].ok
    if moment.endswith("pending"):
        token = holder.token(bench.challenge(), n.UNLOCK)
        if moment.startswith("answer"):
            assert bench.present(token).accepted
    return holder.state


@pytest.mark.parametrize("longest", [pytest.param(4, id="4"), pytest.param(6, id="6", marks=pytest.mark.soak)])
@pytest.mark.parametrize("moment", MOMENTS)
def test_two_copies_show(bench: GateBench, attack: Report, moment: str, longest: int) -> None:
    """Once the car has met tokens of both with attempts of their own, it knows, has logged it, and strands nobody.

    A copy that is only ever refused logs when it asks why, which takes an answer that arrives.
    """
    state = prepare(bench, moment)
    bench("save", "copied")
    tries = missed = 0
    for length in range(2, longest + 1):
        fates = FATES if length < 4 or longest > 4 else FATES[:2]
        symbols = list(itertools.product((0, 1), fates))
        for sequence in itertools.product(symbols, repeat=length):
            bench("load", "copied")
            bench.verdicts()
            pair = Copies(bench, state)
            for who, fate in sequence:
                pair.act(who, fate)
            assert pair.stranded == 0, sequence
            tries += length
            if not all(pair.arrived):
                continue
            suspect = bench.cred(state.handle)[2] == n.CRED_SUSPECT
            for who in (0, 1):
                pair.act(who, "well")  # and each learns it with its next act
            logged = TELLING & set(bench.verdicts())
            missed += not (pair.told and logged and (suspect or n.STALE in logged))
    attack(12, f"two copies of a key, {moment}, to {longest}", tries, missed, "suspect or stale, and still opens")


def test_a_single_phone_is_never_suspect(bench: GateBench) -> None:
    """Whatever is lost on the air, one phone alone stays in good standing; else the rule above is worth nothing."""
    state = prepare(bench, "in use")
    bench("save", "alone")
    for length in range(1, 5):
        for fates in itertools.product(FATES, repeat=length):
            bench("load", "alone")
            pair = Copies(bench, state)
            for fate in (*fates, "well"):
                pair.act(0, fate)
            assert not pair.told and bench.cred(state.handle)[2] == n.CRED_ACTIVE, fates


def test_a_suspect_key_loses_all_but_lock_and_unlock(bench: GateBench) -> None:
    """Until an owner clears it at the car; in strict mode it is suspended."""
    for strict in (0, 1):
        bench("set", "strict", strict)
        holder = bench.enrol()
        copy = Holder(holder.state)
        assert bench.act(holder)[0].ok
        assert bench.act(copy)[0].verdict == (n.SUSPENDED if strict else n.OK)
        for action, verdict in ((n.UNLOCK, n.OK), (n.LOCK, n.OK), (n.TRUNK, n.NO_RIGHT), (n.DRIVE, n.NO_RIGHT)):
            assert bench.act(holder, action)[0].verdict == (n.SUSPENDED if strict else verdict)


def test_a_copy_can_t_move_the_first_phone_back(bench: GateBench, attack: Report) -> None:
    """An old copy is stale at every later epoch, and its attempts leave the car where it is."""
    holder = bench.enrol()
    backups = [holder.state]
    tries = opened = 0
    for _ in range(12):
        assert bench.act(holder)[0].ok
        where = bench.cred(0)
        for backup in backups[:-1]:
            old = Holder(backup)
            verdict = bench.present(old.token(bench.challenge(), n.UNLOCK))
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
            old.answer(verdict.answer)
            assert bench.act(old)[0].verdict == n.STALE
        assert bench.cred(0) == where
        backups.append(holder.state)
    attack(12, "restored backups of a phone", tries, opened, "told stale; the phone itself in step")
