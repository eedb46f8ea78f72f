# SPDX-License-Identifier: MIT
"""Who may clear a suspect key, and what that gives back: never to itself, and nothing to a copy that is behind."""

from pathlib import Path

import pytest

from nightlatch.errors import Refused
from nightlatch.phone import keys, requests
from nightlatch.phone.holder import Holder
from nightlatch.vault import KdfParams, Vault
from nightlatch.vault.records import Car
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from tests.attack.gate_bench import NFC, GateBench, GateLink
from tests.attack.table import Report


def suspects(bench: GateBench, role: int = n.ROLE_OWNER, rights: int = n.RIGHTS_KNOWN) -> tuple[Holder, Holder]:
    """Two copies of a key that are known to be two: the one that is in step with the car, and the one behind."""
    holder = bench.enrol(role, rights)
    copy = Holder(holder.state)
    assert bench.act(holder)[0].ok and bench.act(copy)[0].verdict == n.STALE
    assert state(bench, holder) == n.CRED_SUSPECT
    return holder, copy


def state(bench: GateBench, holder: Holder) -> int:
    return bench.cred(holder.state.handle)[1]


def clearing(holder: Holder) -> requests.Ask:
    """The request that gives the rights to this phone, by the code that it shows."""
    epoch, _, mark = holder.state.code.partition("-")
    return requests.clear(holder.state.handle, int(epoch), bytes.fromhex(mark))


def test_a_copy_never_clears_its_own_key(bench: GateBench, attack: Report) -> None:
    """Whichever copy asks, over whichever link, for whichever key; also when every owner's key is suspect."""
    others = suspects(bench)
    pair = suspects(bench)
    driver = bench.enrol(n.ROLE_DRIVER, n.RIGHTS_KNOWN & ~n.RIGHT_ENROL)
    tries = opened = 0
    for holder in (*pair, *others, driver):
        for link in (n.LINK_BLE << 8, NFC):
            for wanted in (*pair, *others):
                result = bench.ask(holder, clearing(wanted), link)
                tries += 1
                opened += state(bench, pair[0]) != n.CRED_SUSPECT or state(bench, others[0]) != n.CRED_SUSPECT
                assert result.verdict in (n.NO_RIGHT, n.STALE)
    attack(12, "a copy clears its own key", tries, opened, "no right: another owner, or the workshop, must")


@pytest.mark.parametrize("strict", [0, 1])
def test_another_owner_clears_it_for_one_phone(bench: GateBench, attack: Report, strict: int) -> None:
    """The rights come back to the phone that the request names, where the car stands with it, and to no copy: none of
    before opens, nor can one make the key suspect again."""
    bench("set", "strict", strict)
    owner = bench.enrol()
    holder = bench.enrol()
    behind = [holder.state]
    for _ in range(4):
        assert bench.act(holder)[0].ok
        behind.append(holder.state)
    twin = Holder(holder.state)
    assert bench.act(holder)[0].ok
    bench.act(twin)  # of the epoch that the car has accepted already: a second copy
    assert state(bench, holder) == (n.CRED_SUSPENDED if strict else n.CRED_SUSPECT)
    epoch = bench.cred(1)[0]
    tries = opened = 0
    for wrong in (clearing(twin), clearing(Holder(behind[0])), requests.clear(1, epoch, bytes(2))):
        tries += 1
        opened += bench.ask(owner, wrong).verdict != n.STALE
    assert bench.ask(owner, clearing(holder)).ok
    assert bench.cred(1) == (epoch, n.CRED_ACTIVE), "clearing moves no epoch"
    assert bench.ask(owner, clearing(holder)).ok, "again is no error"
    identity = holder.state.identity
    result, _ = bench.act(holder, n.DRIVE)
    assert result.ok and not result.suspect and holder.state.identity != identity
    moves = bench.moves
    for old in (*behind, twin.state):
        copy = Holder(old)
        tries += 1
        opened += bench.act(copy)[0].ok or bench.moves != moves
    assert state(bench, holder) == n.CRED_ACTIVE, "a copy of before has no key to make it suspect"
    assert bench.act(holder)[0].ok
    kind = "suspended" if strict else "suspect"
    attack(12, f"copies of before, after a {kind} key was cleared", tries, opened, "nothing; the holder has its rights")


def test_a_new_copy_shows_again(bench: GateBench) -> None:
    owner = bench.enrol()
    holder, _ = suspects(bench)
    for _ in range(3):
        assert bench.ask(owner, clearing(holder)).ok
        assert bench.act(holder)[0].ok
        twin = Holder(holder.state)
        assert bench.act(holder)[0].ok
        assert bench.act(twin)[0].verdict == n.STALE and state(bench, holder) == n.CRED_SUSPECT
        assert bench.act(holder)[0].suspect


def test_what_can_t_be_cleared(bench: GateBench) -> None:
    owner = bench.enrol()
    bench.enrol()
    bench("state", 1, n.CRED_REVOKED)
    assert bench.ask(owner, requests.clear(1, 0, bytes(2))).verdict == n.REVOKED
    assert bench.ask(owner, requests.clear(77, 0, bytes(2))).verdict == n.NO_KEY
    for body in (b"", b"\x00", b"\xff\xff", b"\x00\x01" + bytes(5), b"\x00\x01" + bytes(7)):
        assert bench.ask(owner, (n.CLEAR, body)).verdict == n.MALFORMED
    assert bench.cred(1)[1] == n.CRED_REVOKED


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
        epoch, mark = holder.state.epoch, keys.mark(holder.state.chain)
        with client.session(vault) as session:
            try:
                session.clear(handle, epoch, mark)
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
    assert bench.consent(owner).ok
    clear(0)
    bench("state", 0, n.CRED_SUSPENDED)
    clear(0, "needs_approval")
    bench("state", 0, n.CRED_REVOKED)
    clear(0, "key_revoked")
    attack(8, "clearing by cable without consent", tries, opened, "with consent: cleared once")
