# SPDX-License-Identifier: MIT
"""Passes that a stale copy of their issuer mints: from every state that the issuer ever had, none comes in."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nightlatch.phone import keys, requests
from nightlatch.phone.holder import Holder
from nightlatch.phone.passes import Introduction, Pass, issue
from nightlatch.phone.state import State
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import BLE, NFC, GateBench, twin
from tests.attack.table import Report

WANTED = [c.caveat(c.USES, 5)]
FOR_EVER = (
    "agent/credential/introduce.py",
    "secrets = [issuer.lent] if issuer.lent else []",
    'secrets = [kdf.derive(Cmac(issuer.handout), b"pass")]',
)
ANY_KIND = (
    "agent/credential/introduce.py",
    "if issuer.kind in (n.KIND_CARD, n.KIND_RECOVERY) or issuer.state",
    "if issuer.state",
)


def secrets(state: State) -> Iterator[bytes]:
    """All that a copy could take for what passes hang on."""
    for key in (state.chain, state.handout, state.identity, keys.derive(state.chain, b"token"), state.veil):
        yield keys.derive(key, b"pass")
        yield key
    for number in range(3):
        chain = state.chain
        for _ in range(number + 1):
            chain = keys.next_chain(chain, bytes(16))
        yield keys.derive(chain, b"pass")
    if state.lent is not None:
        yield state.lent[0]


def minted(state: State) -> Iterator[Pass]:
    """Passes from each of these."""
    for secret in secrets(state):
        fake = Holder(replace(state, lent=(secret, 1), epoch=max(1, state.epoch), asked=()))
        yield issue(fake, WANTED)


def let_in(bench: GateBench, one: Pass, link: int = BLE) -> Holder | None:
    """Who comes in with a pass."""
    shown = Introduction(one)
    shown.answer(bench.present(shown.token(bench.challenge(link)), link).answer)
    return shown.holder


def history(bench: GateBench, holder: Holder) -> Iterator[tuple[str, list[State]]]:
    """The issuer's life: at each stop, what it is called, and the states of before in which no pass was out."""
    old: list[State] = []

    def used(times: int = 1) -> None:
        for _ in range(times):
            old.append(holder.state)
            assert bench.act(holder, n.LOCK)[0].ok

    used(3)
    yield "never lent", list(old)
    let_in(bench, issue(holder, WANTED))
    yield "lends", list(old)
    used()
    old.pop()  # of one made while passes are out nobody can tell which passes are its
    used(2)
    del old[-2:]
    yield "keeps what it lent", list(old)
    assert bench.ask(holder, requests.end_passes()).ok
    holder.ended_passes()
    yield "has ended them", list(old)
    used(2)
    yield "goes on", list(old)


def attempts(bench: GateBench) -> tuple[int, int]:
    """Each stop, each state, each secret, both links: (tries, how many came in)."""
    holder = bench.enrol()
    tries = opened = 0
    for _, states in history(bench, holder):
        for state in states:
            for number, one in enumerate(minted(state)):
                tries += 1
                opened += let_in(bench, one, NFC if number % 2 else BLE) is not None
    assert bench.act(holder)[0].ok
    assert let_in(bench, issue(holder, WANTED)) is not None or opened
    return tries, opened


def test_a_stale_copy_mints_nothing(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    tries, opened = attempts(bench)
    with twin(tmp_path, FOR_EVER) as other:
        fell = attempts(other)[1]
    attack(30, "passes of a stale copy of their issuer", tries, opened, "its own passes let its guests in", fell)


def issuers(bench: GateBench) -> tuple[int, int]:
    """Keys with the right, whose state all of it is known to the thief, that may issue nothing all the same."""
    thieves = []
    for kind, state in (
        (n.KIND_CARD, n.CRED_ACTIVE), (n.KIND_PHONE, n.CRED_SUSPECT), (n.KIND_PHONE, n.CRED_SUSPENDED),
        (n.KIND_PHONE, n.CRED_REVOKED),
    ):  # fmt: skip
        holder = bench.enrol(kind=kind)
        if kind == n.KIND_CARD:  # as after its first tap
            chain = keys.next_chain(holder.state.chain, bytes(16))
            bench("roll", holder.state.handle, 1, chain.hex())
            holder = Holder(replace(holder.state, epoch=1, chain=chain))
        else:
            assert bench.act(holder)[0].ok
            bench("state", holder.state.handle, state)
        thieves.append(holder.state)
    tries = opened = 0
    for stolen in thieves:
        for one in minted(stolen):
            tries += 1
            opened += let_in(bench, one) is not None
    return tries, opened


def test_who_never_issues(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """A card, a suspect, a suspended and a revoked key."""
    tries, opened = issuers(bench)
    with twin(tmp_path, ANY_KIND) as other:
        fell = issuers(other)[1]
    attack(30, "passes of cards and of keys in bad standing", tries, opened, "told that it may not", fell)
