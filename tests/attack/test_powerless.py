# SPDX-License-Identifier: MIT
"""An enrolled key that may do nothing, in a loop: it takes nobody's challenge, writes nothing, and fills no log."""

import itertools
from collections.abc import Callable
from pathlib import Path

from nightlatch.phone import requests
from nightlatch.phone.holder import Holder
from nightlatch.phone.passes import Introduction, issue
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import BLE, NFC, GateBench, twin
from tests.attack.table import Report

ROUNDS = 40
LINKS = (BLE + 1, BLE + 2, BLE + 3, NFC)
ALL_LINKS = (
    "agent/gate.py",
    "        live = self._live.pop(link, None)\n",
    "        live = self._live.pop(link, None)\n        self._live.clear()\n",
)
EACH_TIME = ("agent/office.py", "if known[1] & bit:", "if False:")


def powerless(bench: GateBench, owner: Holder) -> list[Callable[[bytes], bytes]]:
    """What makes a token of each kind of holder that may do nothing, for a challenge."""
    wanted = [c.caveat(c.USES, 9), c.caveat(c.DEPTH, 1)]
    ended = issue(owner, wanted)
    shown = Introduction(ended)
    shown.answer(bench.present(shown.token(bench.challenge())).answer)
    guest = shown.holder
    assert guest is not None and bench.act(guest)[0].ok
    child = issue(guest, [c.caveat(c.USES, 1)])
    assert bench.ask(owner, requests.end_passes()).ok
    owner.ended_passes()
    roots = len(bench.roots)
    bench.roots.append(b"")  # the guest's handle
    assert roots == guest.state.handle
    poor, revoked, suspended = (bench.enrol(n.ROLE_GUEST, rights) for rights in (0, n.RIGHT_UNLOCK, n.RIGHT_UNLOCK))
    for holder in (revoked, suspended):
        assert bench.act(holder)[0].ok
    bench("state", revoked.state.handle, n.CRED_REVOKED)
    bench("state", suspended.state.handle, n.CRED_SUSPENDED)

    def by(holder: Holder, action: int) -> Callable[[bytes], bytes]:
        state = holder.state
        return lambda nonce: Holder(state).token(nonce, action)

    kinds = [by(holder, n.UNLOCK) for holder in (guest, poor, revoked, suspended)]
    kinds += [by(holder, action) for holder in (guest, poor) for action in (n.STATUS, n.REPORT, n.DRIVE, 0)]
    kinds += [lambda nonce, one=one: Introduction(one).token(nonce) for one in (ended, child)]  # type: ignore[misc]
    return kinds


def loops(bench: GateBench) -> tuple[int, int, int]:
    """All kinds on four links while the owner acts on a fifth, slowly: (tries, times that the owner was kept out, times
    that a loop wrote)."""
    owner = bench.enrol()
    assert bench.act(owner)[0].ok
    kinds = powerless(bench, owner)
    for kind in kinds:  # what is logged once a boot is logged
        bench.present(kind(bench.challenge()))
    tries = kept_out = wrote = 0
    for turn in range(ROUNDS):
        token = owner.token(bench.challenge(), n.LOCK if turn % 2 else n.UNLOCK)
        bench("flush")  # of the owner's own acts
        before = bench.flash()
        for kind, link in itertools.product(kinds, LINKS):
            moves = bench.moves
            bench.present(kind(bench.challenge(link)), link)
            tries += 1
            assert bench.moves == moves
            bench("wait", 5)
        bench("flush")
        wrote += bench.flash() != before
        kept_out += not bench.present(token).accepted
        bench.act(owner, n.STATUS)  # hears of it, or that it was none
        bench.act(owner, n.LOCK)
    return tries, kept_out, wrote


def test_a_powerless_holder_in_a_loop(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """Ended guest, no right, revoked, suspended; acts, STATUS, REPORT, introductions again: 224 tokens in the second
    that the owner's phone takes to answer its challenge."""
    tries, kept_out, wrote = loops(bench)
    assert wrote == 0, "a refusal is written down once a boot"
    with twin(tmp_path, ALL_LINKS) as other:
        fell = loops(other)[1]
    attack(32, "powerless holders on four links", tries, kept_out, "opened each time", fell)


def test_their_refusals_fill_no_log(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    tries, _, wrote = loops(bench)
    with twin(tmp_path, EACH_TIME) as other:
        fell = loops(other)[2]
    attack(32, "powerless holders fill the log", tries, wrote, "its own acts stayed in the log", fell)
