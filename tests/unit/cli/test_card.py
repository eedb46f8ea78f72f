# SPDX-License-Identifier: MIT
"""The verbs about cards against the real agent on a simulated car, with a virtual card at its reader."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nightlatch.link.running import RunningCar
from nightlatch.sim.cards.held import Ntag424, State
from nightlatch.sim.reader.tap import TapServer
from nightlatch.sim.terminal import hold
from tests.unit.cli.test_agent import Bench, bench, run  # noqa: F401

pytestmark = pytest.mark.xdist_group("cli_card")
QUICK = ("--wait", "3")


def at_reader(bench: Bench, card: Ntag424 | None) -> None:  # noqa: F811
    async def change() -> None:
        bench.car.reader.remove()
        if card is not None:
            bench.car.reader.present(card)

    bench.do(change)


def test_a_card_from_issue_to_wipe(bench: Bench, run: Callable[..., Any], tmp_path: Path) -> None:  # noqa: F811
    serial = run("device", "claim")["serial"]
    run("key", "add", "phone", "--role", "owner")
    assert run("card", "check", "--wait", "0.1", code=1)["code"] == "card_lost"
    card = Ntag424()
    at_reader(bench, card)
    assert run("card", "check", *QUICK, code=1)["code"] == "card_fresh"
    made = run("card", "issue", "--role", "driver", "--label", "Ben's", *QUICK)
    assert (made["card"], made["epoch"], made["uid"]) == ("ours", 0, card.state.uid.hex())
    key = made["key"]
    assert (key["handle"], key["kind"], key["role"], key["label"]) == (1, "card", "driver", "Ben's")
    again = run("key", "add", "card", "--role", "guest", *QUICK)
    assert again["key"] == key  # it is one already
    assert run("card", "check", *QUICK)["key"]["handle"] == 1
    assert [row["kind"] for row in run("key", "list")["keys"]] == ["phone", "card"]
    assert run("key", "qr", "1", "-o", str(tmp_path / "card.txt"), code=1)["code"] == "not_a_phone"

    assert run("card", "wipe", *QUICK, code=2)["code"] == "usage"
    assert run("card", "wipe", "--card-only", "--yes", *QUICK, code=2)["code"] == "usage"
    wiped = run("card", "wipe", "--yes", *QUICK)
    assert (wiped["card"], wiped["key"]["state"]) == ("factory", "revoked")
    assert card.state == State(uid=card.state.uid)
    assert run("card", "wipe", "--yes", *QUICK)["card"] == "factory"
    assert run("card", "check", *QUICK, code=1)["code"] == "card_fresh"
    assert run("key", "add", "card", "--rights", "unlock", *QUICK)["key"]["handle"] == 2
    run("key", "revoke", "2", "--yes")
    assert run("card", "issue", *QUICK, code=1)["code"] == "card_revoked"
    assert run("card", "wipe", "--yes", *QUICK)["key"]["handle"] == 2
    assert run("key", "list")["serial"] == serial
    at_reader(bench, Ntag424())
    assert run("card", "wipe", "--yes", *QUICK)["key"] is None
    stranger = Ntag424()
    stranger.state.versions[1] = 9
    at_reader(bench, stranger)
    for verb in (("check",), ("issue",), ("wipe", "--yes")):
        assert run("card", *verb, *QUICK, code=1)["code"] == "card_foreign"
    half = Ntag424()
    at_reader(bench, half)
    half.tear(26, True)
    assert run("card", "issue", "--wait", "0.3", code=1)["code"] == "card_lost"
    at_reader(bench, half)
    assert run("card", "check", *QUICK, code=1)["code"] == "card_half"
    run("card", "issue", *QUICK)
    half.state.files[2].data = bytes(256)
    assert run("card", "check", *QUICK, code=1)["code"] == "card_half"
    assert run("card", "issue", *QUICK)["card"] == "ours"


def test_what_is_wrong_with_the_command(bench: Bench, run: Callable[..., Any]) -> None:  # noqa: F811
    assert run("card", "issue", *QUICK, code=1)["code"] == "not_claimed"
    run("device", "claim")
    assert run("card", "issue", "--label", "x" * 25, code=2)["code"] == "usage"
    assert run("card", "issue", "--rights", "fly", code=2)["code"] == "usage"
    assert run("card", "issue", "--reader", "usb", code=2)["code"] == "usage"
    assert run("card", "check", "--car", "NL-OTHER", "--reader", "pcsc", code=1)["code"] == "no_pyscard"


@pytest.fixture(autouse=True)
def _no_pyscard(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("smartcard", "smartcard.Exceptions"):  # another test may have loaded the real one
        monkeypatch.setitem(sys.modules, name, None)


def test_a_card_held_by_another_process(
    bench: Bench,  # noqa: F811
    run: Callable[..., Any],  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`sim card`: made in its file, issued while it is held there, and tapped."""
    run("device", "claim")
    run("key", "add", "phone", "--role", "owner")
    server = TapServer(bench.car.reader, tmp_path / "tap.sock")

    async def start() -> None:
        server.start()

    async def stop() -> None:
        server.stop()
        await asyncio.sleep(0)

    bench.do(start)
    here = RunningCar("car", 1, "", None, str(tmp_path / "tap.sock"))
    monkeypatch.setattr(hold, "running_car", lambda name: here)
    file = tmp_path / "ben.json"

    def held(seconds: float) -> dict[str, Any]:
        return hold.main(SimpleNamespace(card_file=str(file), car="car", hold=seconds))

    async def beside() -> dict[str, Any]:
        issuing = asyncio.create_task(asyncio.to_thread(run, "card", "issue", *QUICK))
        await asyncio.to_thread(held, 2.0)
        done: dict[str, Any] = await issuing
        return done

    assert asyncio.run(beside())["card"] == "ours"
    assert asyncio.run(asyncio.sleep(2.1)) is None
    tapped = held(0.6)
    assert tapped["written"] and bench.car.lock.openings == 1
    assert file.stat().st_mode & 0o777 == 0o600
    bench.do(stop)
