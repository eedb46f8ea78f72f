# SPDX-License-Identifier: MIT
"""Exhaustion: one who may lend takes handles, places and ends without end, and leaves room for everybody else."""

from pathlib import Path

from nightlatch.phone import requests
from nightlatch.phone.holder import Holder
from nightlatch.phone.passes import Introduction, Pass, issue
from nightlatch.phone.state import Result
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import GateBench, gate_bench, twin
from tests.attack.table import Report

CYCLES = 150
SMALL, LARGE = 40, 96  # sectors
PLACES = "agent/credential/places.py"
NO_HANDLES = (PLACES, "if one.introduced >= (", "if False and one.introduced >= (")
NO_RESERVE = (PLACES, "        return False\n    for one in", "        pass\n    for one in")
NO_PLACES = (PLACES, "if mine >= _PLACES:", "if False:")
NO_ENDS = (PLACES, "return max(0, _ENDS - count)", "return 1")


def show(bench: GateBench, one: Pass) -> tuple[Result, Holder | None]:
    """A pass is shown to the car."""
    shown = Introduction(one)
    result = shown.answer(bench.present(shown.token(bench.challenge())).answer)
    return result, shown.holder


def greedy(bench: GateBench, holder: Holder, cycles: int = CYCLES) -> int:
    """Lends as often as it can, ends what it lent, one by one and all at once, and lends again: how many came in."""
    came = 0
    for cycle in range(cycles):
        one = issue(holder, [c.caveat(c.USES, 1), c.caveat(c.DEPTH, 1)])
        result, guest = show(bench, one)
        assert result.verdict in (n.OK, n.FULL)
        came += guest is not None
        if cycle % 3 == 1:
            assert bench.ask(holder, requests.end_pass(one.ident)).verdict in (n.OK, n.FULL)
        elif cycle % 12 == 11:
            assert bench.ask(holder, requests.end_passes()).ok
            holder.ended_passes()
    return came


def handles(bench: GateBench) -> tuple[int, int]:
    """A guest with depth, then its own issuer too: (tries, how many of the others found no room)."""
    ada, bea = bench.enrol(), bench.enrol()
    for owner in (ada, bea):
        assert bench.act(owner)[0].ok
    guest = show(bench, issue(ada, [c.caveat(c.USES, 1000), c.caveat(c.DEPTH, 1)]))[1]
    assert guest is not None and bench.act(guest)[0].ok
    greedy(bench, guest)
    full = int(show(bench, issue(ada, [c.caveat(c.USES, 1)]))[1] is None)
    greedy(bench, ada)
    full += show(bench, issue(bea, [c.caveat(c.USES, 1)]))[1] is None
    greedy(bench, bea)
    given, capacity = map(int, bench("room"))
    full += capacity - given < 16  # what the cable alone may give
    for owner in (ada, bea):
        full += not bench.act(owner)[0].ok
    return 3 * CYCLES, full


def test_handles(attack: Report, tmp_path: Path) -> None:
    """Handles are never given twice: an issuer has a share of them, and the last are the cable's."""
    with gate_bench(tmp_path / "log", sectors=SMALL) as bench:
        tries, full = handles(bench)
    with twin(tmp_path, NO_HANDLES, NO_RESERVE, sectors=SMALL) as other:
        fell = handles(other)[1]
    attack(34, "all handles, by a guest and by owners", tries, full, "room for others, and at the cable", fell)


def places(bench: GateBench) -> tuple[int, int]:
    """One owner lends without end, and ends what nobody ever saw: (tries, whether another one finds no place)."""
    ada, bea = bench.enrol(), bench.enrol()
    for owner in (ada, bea):
        assert bench.act(owner)[0].ok
    tries = 0
    for _ in range(70):
        assert show(bench, issue(ada, [c.caveat(c.USES, 5)]))[0].verdict in (n.OK, n.FULL)
        unseen = issue(ada, [c.caveat(c.USES, 5)])
        assert bench.ask(ada, requests.end_pass(unseen.ident)).verdict in (n.OK, n.FULL)
        tries += 2
    full = show(bench, issue(bea, [c.caveat(c.USES, 5)]))[1] is None
    return tries, int(full) + (not bench.act(ada)[0].ok)


def test_places(attack: Report, tmp_path: Path) -> None:
    """The places of passes, and of ends of passes: an issuer has some of them."""
    with gate_bench(tmp_path / "log", sectors=LARGE) as bench:
        tries, full = places(bench)
    with twin(tmp_path, NO_PLACES, NO_ENDS, sectors=LARGE) as other:
        fell = places(other)[1]
    attack(34, "all places of passes and of ends", tries, full, "another owner's guest came in", fell)
