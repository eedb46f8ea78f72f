# SPDX-License-Identifier: MIT
"""Cloned credentials: in every interleaving of two copies, with tokens and answers lost, only who is on the car's own
branch opens, and the other shows as suspect or stale."""

import itertools

import pytest

from nightlatch.phone import keys
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import State
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import GateBench
from tests.attack.table import Report

# what may happen to one act: all goes well, the answer is lost, the token never arrives
FATES = ("well", "answer lost", "token lost")
MOMENTS = ("fresh", "in use", "answer pending", "token pending")
TELLING = {n.SUSPECT, n.STALE}


class Copies:
    """Two copies of one key, and what the car and they themselves have found out."""

    def __init__(self, bench: GateBench, state: State, chain: bytes) -> None:
        """chain: the key at which the car stands."""
        self.bench = bench
        self.holders = [Holder(state), Holder(state)]
        self.chain = chain
        self.arrived = [False, False]
        self.told = False
        self.behind = 0  # how often one opened that was not on the car's branch
        self.stranded = 0  # and how often one did not that was

    def on_branch(self, holder: Holder) -> bool:
        """Whether this copy can make the chain key that the car has."""
        state = holder.state
        return self.chain in [state.chain, *(keys.next_chain(state.chain, fresh) for fresh, _ in state.asked)]

    def act(self, who: int, fate: str) -> None:
        """One act of one copy."""
        holder = self.holders[who]
        may = self.on_branch(holder)
        if fate == "token lost":
            holder.token(self.bench.challenge(), n.UNLOCK)
            return
        self.arrived[who] = True
        moves = self.bench.moves
        if fate == "answer lost":
            chain, fresh = holder.state.chain, self.bench.challenge()
            if self.bench.present(holder.token(fresh, n.UNLOCK)).accepted:
                self.chain = keys.next_chain(chain, fresh)
        else:
            result = self.bench.act(holder)[0]
            self.told |= result.suspect or result.verdict == n.STALE
            if may:
                self.stranded += not result.ok
                self.chain = holder.state.chain
        self.behind += not may and self.bench.moves != moves


def prepare(bench: GateBench, moment: str) -> tuple[State, bytes]:
    """A key at the moment when it is copied, and the chain key of the car then."""
    holder = bench.enrol()
    if moment != "fresh":
        assert bench.act(holder)[0].ok
    chain = holder.state.chain
    if moment.endswith("pending"):
        fresh = bench.challenge()
        token = holder.token(fresh, n.UNLOCK)
        if moment.startswith("answer"):
            assert bench.present(token).accepted
            chain = keys.next_chain(chain, fresh)
    return holder.state, chain


@pytest.mark.parametrize("longest", [pytest.param(3, id="3"), pytest.param(6, id="6", marks=pytest.mark.soak)])
@pytest.mark.parametrize("moment", MOMENTS)
def test_two_copies_show(bench: GateBench, attack: Report, moment: str, longest: int) -> None:
    """Who is not on the car's branch never opens, who is always does. Once both were at the car, three more acts of
    each show it: the key is suspect or the log has it, and a holder is told."""
    state, chain = prepare(bench, moment)
    bench("save", "copied")
    tries = missed = 0
    for length in range(2, longest + 1):
        for sequence in itertools.product(itertools.product((0, 1), FATES), repeat=length):
            bench("load", "copied")
            bench.verdicts()
            pair = Copies(bench, state, chain)
            for who, fate in sequence:
                pair.act(who, fate)
            tries += length
            missed += pair.behind
            assert pair.stranded == 0, sequence
            if not all(pair.arrived):
                continue
            for who in (0, 1) * 3:  # a lost answer that is told late is an act, too
                pair.act(who, "well")
            assert pair.stranded == 0, sequence
            logged = TELLING & set(bench.verdicts())
            suspect = bench.cred(state.handle)[1] == n.CRED_SUSPECT
            missed += pair.behind + (not (pair.told and logged and (suspect or n.STALE in logged)))
    saw = "only the car's own branch opened; suspect or stale"
    attack(12, f"two copies of a key, {moment}, to {longest}", tries, missed, saw)


def test_a_single_phone_is_never_suspect(bench: GateBench) -> None:
    """Whatever is lost on the air, one phone alone stays in good standing; else the rule above is worth nothing."""
    state, chain = prepare(bench, "in use")
    bench("save", "alone")
    for length in range(1, 5):
        for fates in itertools.product(FATES, repeat=length):
            bench("load", "alone")
            pair = Copies(bench, state, chain)
            for fate in (*fates, "well"):
                pair.act(0, fate)
            assert not pair.told and not pair.stranded, fates
            assert bench.cred(state.handle)[1] == n.CRED_ACTIVE, fates


def test_a_suspect_key_loses_all_but_lock_and_unlock(bench: GateBench) -> None:
    """Until an owner clears it at the car; in strict mode it is suspended. The copy that is behind does not open."""
    for strict in (0, 1):
        bench("set", "strict", strict)
        holder = bench.enrol()
        copy = Holder(holder.state)
        assert bench.act(holder)[0].ok
        moves = bench.moves
        assert bench.act(copy)[0].verdict == n.STALE and bench.moves == moves
        for action, verdict in ((n.UNLOCK, n.OK), (n.LOCK, n.OK), (n.TRUNK, n.NO_RIGHT), (n.DRIVE, n.NO_RIGHT)):
            assert bench.act(holder, action)[0].verdict == (n.SUSPENDED if strict else verdict)


def test_a_copy_can_t_move_the_first_phone_back(bench: GateBench, attack: Report) -> None:
    """An old copy is stale at every later epoch, and its attempts leave the car where it is."""
    holder = bench.enrol()
    backups = []
    tries = opened = 0
    for _ in range(12):
        backups.append(holder.state)
        assert bench.act(holder)[0].ok
        epoch, moves = bench.cred(0)[0], bench.moves
        for backup in backups:
            result, _ = bench.act(Holder(backup))
            tries += 1
            opened += result.ok or bench.moves != moves
            assert result.verdict == n.STALE
        assert bench.cred(0)[0] == epoch
    attack(12, "restored backups of a phone", tries, opened, "told stale; the phone itself in step")
