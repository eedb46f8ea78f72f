# SPDX-License-Identifier: MIT
"""Counters at their end: generations of passes and epochs are refused there, and never begin anew."""

import os
from pathlib import Path

from nightlatch.phone import keys, requests
from nightlatch.phone.passes import Introduction, issue
from nightlatch.phone.state import State
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t
from tests.attack.gate_bench import GateBench, twin
from tests.attack.table import Report
from tests.attack.test_sequences import at

ENDING = "agent/credential/ending.py"
ROUND = (
    (ENDING, "return n.OK if issuer.generation < n.GENERATION_LAST else n.FULL", "return n.OK"),
    (ENDING, "issuer.generation += 1", "issuer.generation = (issuer.generation + 1) & 0xFFFFFFFF"),
)
NO_END = ("agent/credential/chain.py", "if cred.epoch + distance > n.EPOCH_LAST:", "if False:")


def generations(bench: GateBench) -> tuple[int, int]:
    """A pass of the first generation, and an issuer who ends all of them up to the end: (tries, times it came back)."""
    owner = bench.enrol()
    assert bench.act(owner)[0].ok
    shown = Introduction(issue(owner, [c.caveat(c.USES, 99)]))
    shown.answer(bench.present(shown.token(bench.challenge())).answer)
    guest = shown.holder
    assert guest is not None and bench.act(guest)[0].ok
    bench("generation", 0, n.GENERATION_LAST - 2)
    tries = back = 0
    for _ in range(24):
        verdict = bench.ask(owner, requests.end_passes()).verdict
        assert verdict in (n.OK, n.FULL)
        tries += 1
        back += bench.act(guest)[0].ok
    assert back or bench.ask(owner, requests.end_passes()).verdict == n.FULL
    return tries, back


def test_generations(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    tries, back = generations(bench)
    with twin(tmp_path, *ROUND) as other:
        fell = generations(other)[1]
    attack(35, "generations of passes at their end", tries, back, "told that all are ended, and no more can be", fell)


def ahead(bench: GateBench, state: State, steps: int) -> bytes:
    """What brings a car along by so many steps, of a phone that does not stop by itself."""
    nonce, chain = bench.challenge(), state.chain
    body = os.urandom(16 * steps)
    for step in range(steps):
        chain = keys.next_chain(chain, body[16 * step :][:16])
    behind = keys.veil(bench.veil, nonce, body)
    head = t.head(n.STATUS, state.handle, state.epoch + steps & 0xFFFFFFFF, 0, 9, keys.place(bench.veil, nonce))
    tag = keys.cmac(keys.derive(chain, b"token"), nonce + head + behind)[: n.TAG_SIZE]
    return head + tag + behind


def epochs(bench: GateBench) -> tuple[int, int]:
    """The car stands close to the end, or at it, and is told that it is behind: (tries, how often it went beyond)."""
    owner = bench.enrol()
    tries = beyond = 0
    for start in (n.EPOCH_LAST - 3, n.EPOCH_LAST):
        state = at(bench, owner, start).state
        bench("save", "close")
        for steps in range(n.EPOCH_LAST - start + 1, n.EPOCH_AHEAD + 1):
            bench("load", "close")
            bench.present(ahead(bench, state, steps))
            tries += 1
            beyond += bench.cred(0)[0] > n.EPOCH_LAST
        bench("load", "close")
        if start < n.EPOCH_LAST:
            assert bench.present(ahead(bench, state, n.EPOCH_LAST - start)).accepted, "as far as it goes"
            bench("load", "close")
    return tries, beyond


def test_epochs(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """By being ahead; by acts it is row 5."""
    tries, beyond = epochs(bench)
    with twin(tmp_path, NO_END) as other:
        fell = epochs(other)[1]
    attack(35, "epochs beyond their end, by being ahead", tries, beyond, "told that the key is used up", fell)
