# SPDX-License-Identifier: MIT
"""Who may clear a suspect key, and what that gives back: never to itself, and nothing to a copy that is behind."""

from pathlib import Path

import pytest

from nightlatch.errors import Refused
from nightlatch.phone import requests
from nightlatch.phone.holder import Holder
from nightlatch.vault import KdfParams, Vault
from nightlatch.vault.records import Car
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from tests.attack.gate_bench import NFC, GateBench, GateLink
from tests.attack.table import Report
from tests.attack.test_passes import ask


def suspects(bench: GateBench, role: int = n.ROLE_OWNER, rights: int = n.RIGHTS_KNOWN) -> tuple[Holder, Holder]:
    """Two copies of a key that took turns, both up to date: the one that acted last, and the other."""
    holder = bench.enrol(role, rights)
    copy = Holder(holder.state)
    assert bench.act(holder)[0].ok and bench.act(copy)[0].suspect
    return copy, holder


def state(bench: GateBench, holder: Holder) -> int:
    return bench.cred(holder.state.handle)[2]


def test_a_copy_never_clears_its_own_key(bench: GateBench, attack: Report) -> None:
    """Whichever copy asks, over whichever link, for whichever key; also when every owner's key is suspect."""
    others = suspects(bench)
    pair = suspects(bench)
    driver = bench.enrol(n.ROLE_DRIVER, n.RIGHTS_KNOWN & ~n.RIGHT_ENROL)
    tries = opened = 0
    for holder in (*pair, *others, driver):
        for link in (n.LINK_BLE << 8, NFC):
            for handle in (pair[0].state.handle, others[0].state.handle):
                result = ask(bench, holder, requests.clear(handle), link)
                if result.report:
                    result = bench.act(holder, n.STATUS)[0]
                tries += 1
                opened += state(bench, pair[0]) != n.CRED_SUSPECT or state(bench, others[0]) != n.CRED_SUSPECT
                assert result.verdict in (n.NO_RIGHT, n.STALE)
    attack(12, "a copy clears its own key", tries, opened, "no right: another owner, or the workshop, must")


@pytest.mark.parametrize("strict", [0, 1])
def test_another_owner_clears_it_and_the_copy_stays_stale(bench: GateBench, attack: Report, strict: int) -> None:
    """The rights come back to the copy that is ahead; each that is behind stays where it was, and says so when used."""
    bench("set", "strict", strict)
    owner = bench.enrol()
    holder = bench.enrol()
    behind = [holder.state]
    for _ in range(4):
        assert bench.act(holder)[0].ok
        behind.append(holder.state)
    twin = Holder(holder.state)
    assert bench.act(holder)[0].ok
    bench.act(twin)  # the epoch that the car has accepted already: a second copy
    assert state(bench, holder) == (n.CRED_SUSPENDED if strict else n.CRED_SUSPECT)
    where = bench.cred(1)[:2]
    assert ask(bench, owner, requests.clear(1)).ok
    assert bench.cred(1) == (*where, n.CRED_ACTIVE), "clearing moves no epoch"
    assert ask(bench, owner, requests.clear(1)).ok, "again is no error"
    result, _ = bench.act(holder, n.DRIVE)
    assert result.ok and not result.suspect
    tries = opened = 0
    for old in behind:
        copy = Holder(old)
        verdict = bench.present(copy.token(bench.challenge(), n.UNLOCK))
        tries += 1
        opened += bool(verdict.accepted or verdict.moves)
        copy.answer(verdict.answer)
        assert bench.act(copy)[0].verdict == n.STALE
    assert bench.act(holder)[0].ok
    kind = "suspended" if strict else "suspect"
    attack(12, f"copies that are behind, after a {kind} key was cleared", tries, opened, "told stale")


def test_a_copy_that_goes_on_shows_again(bench: GateBench) -> None:
    owner = bench.enrol()
    holder, copy = suspects(bench)
    for _ in range(3):
        assert ask(bench, owner, requests.clear(1)).ok
        assert bench.act(holder)[0].ok
        bench.act(copy)
        twin = Holder(holder.state)
        assert bench.act(holder)[0].ok
        assert bench.act(twin)[0].suspect and state(bench, holder) == n.CRED_SUSPECT
        assert bench.act(holder)[0].verdict in (n.OK, n.STALE)
        holder, copy = twin, holder


def test_what_can_t_be_cleared(bench: GateBench) -> None:
    owner = bench.enrol()
    bench.enrol()
    bench("state", 1, n.CRED_REVOKED)
    assert ask(bench, owner, requests.clear(1)).verdict == n.REVOKED
    assert ask(bench, owner, requests.clear(77)).verdict == n.NO_KEY
    for body in (b"", b"\x00", b"\xff\xff", b"\x00\x01\x00"):
        assert ask(bench, owner, (n.CLEAR, body)).verdict == n.MALFORMED
    assert bench.cred(1)[2] == n.CRED_REVOKED


def test_at_the_cable(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """Not handed over: the session will do. Handed over: with an owner's consent, once; where every owner's key is
    suspect, with the car's button held."""
    holder, _ = suspects(bench)
    vault = Vault.create(tmp_path / "v", b"a passphrase for tests", KdfParams(1, 8, 1))
    vault.add_car(Car("bench", bench.agent_id, bench.veil, bench.log_key, bench.link_key))
    client = Client(GateLink(bench), 1.0)
    tries = opened = 0

    def clear(handle: int, why: str = "") -> None:
        nonlocal tries, opened
        tries += 1
        with client.session(vault) as session:
            try:
                session.clear(handle)
                opened += bool(why)
            except Refused as refused:
                assert refused.code == why, refused

    bench.verdicts()
    clear(0)
    assert state(bench, holder) == n.CRED_ACTIVE
    clear(5, "no_such_key")
    bench("set", "handed_over", 1)
    clear(0)  # active: nothing to do, and nothing to ask for
    bench("state", 0, n.CRED_SUSPECT)
    clear(0, "needs_approval")
    bench("button", 1)
    clear(0)  # nobody is left who could consent
    owner = bench.enrol()
    bench("state", 0, n.CRED_SUSPECT)
    clear(0, "needs_approval")
    bench("button", 0)
    assert ask(bench, owner, requests.approve()).ok
    clear(0)
    bench("state", 0, n.CRED_SUSPENDED)
    clear(0, "needs_approval")
    bench("state", 0, n.CRED_REVOKED)
    clear(0, "key_revoked")
    attack(8, "clearing by cable without consent", tries, opened, "with consent: cleared once")
