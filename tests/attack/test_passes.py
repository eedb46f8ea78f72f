# SPDX-License-Identifier: MIT
"""Passes that are widened, brought back or out of date; time that is turned back; enrolments that nobody agreed to."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nightlatch.errors import Refused
from nightlatch.phone import keys, requests
from nightlatch.phone.holder import Holder
from nightlatch.phone.passes import Introduction, Pass, issue, narrow
from nightlatch.phone.state import Result
from nightlatch.vault import KdfParams, Vault
from nightlatch.vault.records import Car
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from tests.attack.gate_bench import BLE, NFC, GateBench, GateLink
from tests.attack.table import Report

NOW = 1_800_000_000
DAY = 86400


def show(bench: GateBench, one: Pass, link: int = BLE) -> tuple[Result, Holder | None, bytes]:
    """A pass, shown: what the car said, its holder, the token."""
    wanted = Introduction(one)
    token = wanted.token(bench.challenge(link))
    verdict = bench.present(token, link)
    assert verdict.moves == (), "an introduction moves nothing"
    return wanted.answer(verdict.answer), wanted.holder, token


def mutations(one: Pass) -> Iterator[Pass]:
    """Everything that somebody with the pass in his hand can make of it without its issuer's key."""
    chain = one.caveats
    for kept in range(1, len(chain)):
        for some in itertools.combinations(chain, kept):
            yield replace(one, caveats=some)
    for order in itertools.permutations(chain):
        if order != chain:
            yield replace(one, caveats=order)
    for at, caveat in enumerate(chain):
        for bit in range(8 * len(caveat)):
            bent = bytearray(caveat)
            bent[bit // 8] ^= 1 << bit % 8
            yield replace(one, caveats=(*chain[:at], bytes(bent), *chain[at + 1 :]))
        yield replace(one, caveats=(*chain[:at], caveat, *chain[at:]))
    for issuer in (0, 1, 2, 0xFFF0):
        if issuer != one.issuer:
            yield replace(one, issuer=issuer)
    for bit in range(64):
        yield replace(one, ident=(int.from_bytes(one.ident, "big") ^ 1 << bit).to_bytes(8, "big"))
    longer = narrow(one, [c.caveat(c.USES, 5)])
    yield replace(one, key=longer.key)
    yield replace(longer, key=one.key)
    yield replace(longer, caveats=one.caveats)
    for label in (b"introduce", b"answer", b"guest", b"pass"):
        yield replace(one, key=keys.derive(one.key, label))


def test_no_pass_is_widened(bench: GateBench, attack: Report) -> None:
    """Attack 26: caveats removed, reordered, bent, doubled; other issuers, ids and keys."""
    ada, ben = bench.enrol(), bench.enrol(n.ROLE_DRIVER, n.RIGHT_UNLOCK)
    assert bench.ask(ada, requests.set_time(NOW)).ok and bench.act(ben)[0].ok
    wanted = [c.caveat(c.ACTIONS, n.RIGHT_LOCK), c.caveat(c.USES, 1), c.caveat(c.NOT_AFTER, NOW + DAY)]
    one = issue(ada, [*wanted, c.weekly(1, 60, 120)])
    flash = bench.flash()
    tries = opened = 0
    for bent in mutations(one):
        tries += 1
        result, holder, _ = show(bench, bent, NFC if tries % 2 else BLE)
        opened += result.ok or holder is not None
        assert result.verdict is None, "a stranger to the chain is told nothing"
    assert bench.flash() == flash, "and nothing was kept"
    of_ben = issue(ben, [c.caveat(c.USES, 1)])
    assert show(bench, of_ben)[0].verdict == n.BAD_PASS
    result, holder, _ = show(bench, one)
    assert result.ok and holder is not None
    attack(26, "a pass with other caveats", tries, opened, "the pass itself let its guest in")
    acted = opened = 0
    for action in (n.UNLOCK, n.TRUNK, n.DRIVE):
        result, _ = bench.act(holder, action)
        acted, opened = acted + 1, opened + result.ok
        assert result.verdict == n.NO_RIGHT
    again = narrow(one, [c.caveat(c.USES, 1)])
    assert show(bench, again)[0].verdict == n.BAD_PASS, "one id, one guest"
    attack(26, "a guest beyond his pass", acted, opened, "no right")


def test_every_bit_of_an_introduction(bench: GateBench, attack: Report) -> None:
    """Attack 14 for the token with a body, over a recorded introduction; then its replay."""
    ada = bench.enrol()
    assert bench.act(ada)[0].ok
    one = issue(ada, [c.caveat(c.USES, 3)])
    wanted = Introduction(one)
    size = len(wanted.token(bench.challenge()))
    opened = 0
    for bit in range(8 * size):
        bent = bytearray(wanted.token(bench.challenge()))
        bent[bit // 8] ^= 1 << bit % 8
        opened += bench.present(bytes(bent)).accepted
    _, holder, token = show(bench, one)
    assert holder is not None
    for link in (BLE, NFC):
        opened += bench.replay(token, link).accepted
    attack(14, "bits of an introduction", 8 * size + 2, opened, "let in")


def test_what_was_revoked_stays_away(bench: GateBench, attack: Report) -> None:
    """Attack 19: after revocation every token, pass and backup of before, and what can still be made of them."""
    ada, bea = bench.enrol(), bench.enrol()
    assert bench.act(bea)[0].ok
    one = issue(bea, [c.caveat(c.USES, 9), c.caveat(c.DEPTH, 2)])
    unseen = issue(bea, [c.caveat(c.USES, 9)])
    _, guest, shown = show(bench, one)
    assert guest is not None and bench.act(guest)[0].ok
    child = issue(guest, [c.caveat(c.USES, 9)])
    _, heir, _ = show(bench, child)
    assert heir is not None
    backups = [Holder(holder.state) for holder in (bea, guest, heir)]
    tokens = [shown]
    for holder in (bea, guest, heir):
        result, token = bench.act(holder)
        assert result.ok
        tokens.append(token)
    assert bench.ask(ada, requests.revoke_key(bea.state.handle)).ok
    tries = opened = 0
    for boot in range(2):
        for holder in (bea, guest, heir, *backups):
            result, _ = bench.act(Holder(holder.state))
            tries, opened = tries + 1, opened + result.ok
        for link, token in itertools.product((BLE, NFC), tokens):
            tries, opened = tries + 1, opened + bench.replay(token, link).accepted
        for late in (one, unseen, child, narrow(one, [c.caveat(c.USES, 1)]), issue(bea, [c.caveat(c.USES, 1)])):
            tries, opened = tries + 1, opened + (show(bench, late)[1] is not None)
        if not boot:
            bench("boot")
    assert bench.act(ada)[0].ok
    attack(19, "revoked: tokens, passes, backups", tries, opened, "told: revoked")


def test_the_time_never_goes_back(bench: GateBench, attack: Report) -> None:
    """Attack 27: restarts, old messages to set the time, a pass that is over."""
    ada = bench.enrol()
    assert bench.ask(ada, requests.set_time(NOW)).ok
    one = issue(ada, [c.caveat(c.NOT_AFTER, NOW + DAY)])
    _, guest, _ = show(bench, one)
    assert guest is not None and bench.act(guest)[0].ok
    result, old = bench.act(ada, *_parts(requests.set_time(NOW + 60)))
    assert result.ok
    bench("wait", 2 * DAY * 1000)
    assert bench.act(guest)[0].verdict == n.EXPIRED
    assert bench.ask(ada, requests.set_time(NOW + 2 * DAY)).ok
    tries = opened = 0
    for step in range(4):
        for link in (BLE, NFC):
            opened += bench.replay(old, link).accepted
        for seconds in (0, 1, n.TIME_FIRST, NOW, NOW + DAY, NOW + 2 * DAY - n.TIME_SLACK_S - 1):
            tries += 1
            opened += bench.ask(ada, requests.set_time(seconds)).ok
        result, _ = bench.act(guest)
        tries, opened = tries + 3, opened + result.ok
        assert result.verdict == n.EXPIRED, step
        bench("boot")
    bench("button", 1)
    assert bench.ask(ada, requests.set_time(NOW + 60)).ok, "an owner with a hand on the button"
    bench("button", 0)
    for late in (guest, Holder(guest.state)):
        result, _ = bench.act(late)
        tries, opened = tries + 1, opened + result.ok
        assert result.verdict == n.REVOKED, "which ends all passes"
    tries, opened = tries + 1, opened + (show(bench, one)[1] is not None)
    attack(27, "time turned back, restarts", tries, opened, "owner: opened; guest: expired")
    assert bench.act(ada)[0].ok


def _parts(wanted: requests.Ask) -> tuple[int, int, bytes]:
    return wanted[0], BLE, wanted[1]


def test_nothing_but_consent_enrols(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """Attack 8: on a car that was handed over, an enrolment by cable 0 to 600 s after every act of every holder."""
    ada, ben = bench.enrol(), bench.enrol(n.ROLE_DRIVER, n.RIGHT_UNLOCK | n.RIGHT_LOCK)
    bench("set", "handed_over", 1)
    link = GateLink(bench)
    vault = Vault.create(tmp_path / "v", b"a passphrase for tests", KdfParams(1, 8, 1))
    vault.add_car(Car("bench", bench.agent_id, bench.veil, bench.log_key, bench.link_key))
    tries = opened = 0
    other = requests.Wanted(n.R_ENROL, 0, 0, 0, 0, "", 0, b"", bytes(n.CONSENT_SIZE))
    acts: list[tuple[Holder, int, bytes | None]] = [
        (ada, n.UNLOCK, None), (ada, n.LOCK, None), (ada, n.STATUS, None), (ada, *requests.listing()),
        (ada, *requests.set_time(NOW)), (ada, *requests.wanted()), (ben, n.UNLOCK, None),
        (ben, *requests.approve(other)), (ada, *requests.approve(other)), (ada, n.REPORT, None),
    ]  # fmt: skip
    client = Client(link, 1.0)

    def enrolled(label: str) -> bool:
        with client.session(vault) as session:
            try:
                session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, 0, label)
            except Refused as refused:
                assert refused.code in ("needs_approval", "too_often"), refused
                return False
        return True

    for holder, action, body in acts:
        for wait in (0, 1000, 29000, 31000, 600000):
            bench.act(holder, action, BLE, body)
            bench("wait", wait)
            tries, opened = tries + 1, opened + enrolled("thief")
    for wait, works in ((0, True), (29000, True), (30500, False), (600000, False)):
        bench("wait", 601_000)
        assert not enrolled("new") and bench.consent(ada).ok
        bench("wait", wait)
        for expected in (works, False):
            found = enrolled("new")
            assert found or not expected
            tries, opened = tries + 1, opened + (found and not expected)
    attack(8, "enrolment without consent", tries, opened, "with consent: enrolled once")
