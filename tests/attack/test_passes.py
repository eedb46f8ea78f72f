# SPDX-License-Identifier: MIT
"""Passes that are widened, brought back or out of date; time that is turned back; enrolments that nobody agreed to."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nightlatch.errors import HostError, Refused
from nightlatch.phone import keys, requests
from nightlatch.phone.holder import Holder, Result
from nightlatch.phone.passes import Introduction, Pass, issue, narrow
from nightlatch.vault import KdfParams, Vault
from nightlatch.vault.records import Car
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from tests.attack.gate_bench import BLE, NFC, GateBench, GateLink
from tests.attack.table import Report

NOW = 1_800_000_000
DAY = 86400


def ask(bench: GateBench, holder: Holder, wanted: requests.Ask, link: int = BLE) -> Result:
    """A request, retried while the holder is told to ask why."""
    token = holder.token(bench.challenge(link), wanted[0], 0, wanted[1])
    return holder.answer(bench.present(token, link).answer)


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
    assert ask(bench, ada, requests.set_time(NOW)).ok
    wanted = [c.caveat(c.ACTIONS, n.RIGHT_LOCK), c.caveat(c.USES, 1), c.caveat(c.NOT_AFTER, NOW + DAY)]
    one = issue(ada.state, [*wanted, c.weekly(1, 60, 120)])
    flash = bench.flash()
    tries = opened = 0
    for bent in mutations(one):
        tries += 1
        result, holder, _ = show(bench, bent, NFC if tries % 2 else BLE)
        opened += result.ok or holder is not None
        assert result.verdict is None, "a stranger to the chain is told nothing"
    assert bench.flash() == flash, "and nothing was kept"
    of_ben = issue(ben.state, [c.caveat(c.USES, 1)])
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
    one = issue(ada.state, [c.caveat(c.USES, 3)])
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
    one = issue(bea.state, [c.caveat(c.USES, 9), c.caveat(c.DEPTH, 2)])
    unseen = issue(bea.state, [c.caveat(c.USES, 9)])
    _, guest, shown = show(bench, one)
    assert guest is not None
    child = issue(guest.state, [c.caveat(c.USES, 9)])
    _, heir, _ = show(bench, child)
    assert heir is not None
    backups = [Holder(holder.state) for holder in (bea, guest, heir)]
    tokens = [shown]
    for holder in (bea, guest, heir):
        result, token = bench.act(holder)
        assert result.ok
        tokens.append(token)
    assert ask(bench, ada, requests.revoke_key(bea.state.handle)).ok
    tries = opened = 0
    for boot in range(2):
        for holder in (bea, guest, heir, *backups):
            result, _ = bench.act(Holder(holder.state))
            tries, opened = tries + 1, opened + result.ok
        for link, token in itertools.product((BLE, NFC), tokens):
            tries, opened = tries + 1, opened + bench.replay(token, link).accepted
        for late in (one, unseen, child, narrow(one, [c.caveat(c.USES, 1)]), issue(bea.state, [c.caveat(c.USES, 1)])):
            tries, opened = tries + 1, opened + (show(bench, late)[1] is not None)
        if not boot:
            bench("boot")
    assert bench.act(ada)[0].ok
    attack(19, "revoked: tokens, passes, backups", tries, opened, "told: revoked")


def test_the_time_never_goes_back(bench: GateBench, attack: Report) -> None:
    """Attack 27: restarts, old messages to set the time, a pass that is over."""
    ada = bench.enrol()
    assert ask(bench, ada, requests.set_time(NOW)).ok
    one = issue(ada.state, [c.caveat(c.NOT_AFTER, NOW + DAY)])
    _, guest, _ = show(bench, one)
    assert guest is not None and bench.act(guest)[0].ok
    old = ada.token(bench.challenge(), *_parts(requests.set_time(NOW + 60)))
    assert bench.present(old).accepted
    bench("wait", 2 * DAY * 1000)
    assert bench.act(guest)[0].verdict == n.EXPIRED
    fresh = Holder(replace(ada.state, epoch=ada.state.epoch + 1, chain=keys.next_key(ada.state.chain), attempt=None))
    assert ask(bench, fresh, requests.set_time(NOW + 2 * DAY)).ok
    tries = opened = 0
    for step in range(4):
        for link in (BLE, NFC):
            opened += bench.replay(old, link).accepted
        for seconds in (0, 1, n.TIME_FIRST, NOW, NOW + DAY, NOW + 2 * DAY - n.TIME_SLACK_S - 1):
            tries += 1
            opened += ask(bench, fresh, requests.set_time(seconds)).ok
        result, _ = bench.act(guest)
        tries, opened = tries + 3, opened + result.ok
        assert result.verdict == n.EXPIRED, step
        result, _ = bench.act(Holder(guest.state))
        bench("boot")
    attack(27, "time turned back, restarts", tries, opened, "owner: opened; guest: expired")
    assert bench.act(fresh)[0].ok


def _parts(wanted: requests.Ask) -> tuple[int, int, bytes]:
    return wanted[0], 0, wanted[1]


def test_nothing_but_consent_enrols(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """Attack 8: on a car that was handed over, an enrolment by cable 0 to 600 s after every act of every holder."""
    ada, ben = bench.enrol(), bench.enrol(n.ROLE_DRIVER, n.RIGHT_UNLOCK | n.RIGHT_LOCK)
    bench("set", "handed_over", 1)
    link = GateLink(bench)
    vault = Vault.create(tmp_path / "v", b"a passphrase for tests", KdfParams(1, 8, 1))
    vault.add_car(Car("bench", bench.agent_id, bench.veil, bench.log_key, bench.link_key))
    tries = opened = 0
    acts: list[tuple[Holder, int, bytes | None]] = [
        (ada, n.UNLOCK, None), (ada, n.LOCK, None), (ada, n.STATUS, None), (ada, *requests.listing()),
        (ada, *requests.set_time(NOW)), (ben, n.UNLOCK, None), (ben, *requests.approve()), (ada, n.REPORT, None),
    ]  # fmt: skip
    client = Client(link, 1.0)
    for holder, action, body in acts:
        for wait in (0, 1000, 29000, 31000, 600000):
            holder.answer(bench.present(holder.token(bench.challenge(), action, 0, body)).answer)
            bench("wait", wait)
            tries += 1
            try:
                with client.session(vault) as session:
                    session.enrol(n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, "thief")
                opened += 1
            except Refused as refused:
                assert refused.code == "needs_approval", refused
            except HostError as other:
                raise AssertionError(other) from other
    for wait, works in ((0, True), (29000, True), (30500, False), (600000, False)):
        assert ask(bench, ada, requests.approve()).ok
        bench("wait", wait)
        with client.session(vault) as session:
            for expected in (works, False):
                tries += 1
                try:
                    session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, 0, "new")
                    opened += not expected
                except Refused:
                    assert not expected
    attack(8, "enrolment without consent", tries, opened, "with consent: enrolled once")
