# SPDX-License-Identifier: MIT
"""Cards at a PC/SC reader on the desk: the command line, pyscard and pcscd as they are; reader and card are virtual."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nightlatch.card.errors import CardLost
from nightlatch.card.pcsc import PcscReader
from nightlatch.errors import NoDevice, SeveralDevices
from nightlatch.sim.cards.held import Ntag424, State
from nightlatch.wire import numbers as n
from tests.system.pcsc_bench import NAME, Slot, service
from tests.unit.cli.test_agent import Bench, bench, run  # noqa: F401

pytestmark = [pytest.mark.pcsc, pytest.mark.xdist_group("pcsc"), pytest.mark.machine_time]
READER = ("--reader", f"pcsc:{NAME} 00 00")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with service() as found:
        yield found


@pytest.fixture
def slot(port: int) -> Iterator[Slot]:
    made = Slot(port)
    yield made
    made.take()


def tap(bench: Bench, card: Ntag424) -> int:  # noqa: F811
    """How often the car moved while a card was held to its reader."""

    async def held() -> None:
        await bench.car.reader.hold(card, 60.0)
        await asyncio.sleep(0.05)

    edges: list[Any] = bench.car.lock.edges
    before = len(edges)
    bench.do(held)
    return sum(bool(edge.level) for edge in edges[before:])


def test_issue_check_use_wipe(bench: Bench, run: Callable[..., Any], slot: Slot) -> None:  # noqa: F811
    run("device", "claim")
    run("key", "add", "phone", "--role", "owner")
    card = Ntag424()
    assert run("card", "check", *READER, "--wait", "0.2", code=1)["code"] == "card_lost"
    slot.put(card)
    assert run("card", "check", *READER, "--wait", "5", code=1)["code"] == "card_fresh"
    made = run("card", "issue", *READER, "--label", "Ben's", "--wait", "5")
    assert (made["card"], made["key"]["handle"], made["key"]["kind"]) == ("ours", 1, "card")
    assert not any(key == bytes(16) for key in card.state.keys)
    assert run("card", "check", *READER, "--wait", "5")["epoch"] == 0
    slot.take()
    assert tap(bench, card) == 1, "what the desk made opens the car"
    assert bench.car.entries[-1]["action"] == n.UNLOCK
    slot.put(card)
    assert run("card", "check", *READER, "--wait", "5")["epoch"] == 1
    wiped = run("card", "wipe", *READER, "--yes", "--wait", "5")
    assert (wiped["card"], wiped["key"]["state"]) == ("factory", "revoked")
    assert card.state == State(uid=card.state.uid)
    slot.take()
    assert tap(bench, card) == 0


def test_a_card_torn_off_the_desk(bench: Bench, run: Callable[..., Any], slot: Slot) -> None:  # noqa: F811
    """Torn away it is a refusal that names the step; brought back within the patience of the tool, it goes on."""
    run("device", "claim")
    run("key", "add", "phone", "--role", "owner")
    card = Ntag424()
    for at in (1, 8, 15):
        card.tear(at, at == 8)
        slot.put(card)
        refused = run("card", "issue", *READER, "--wait", "1", code=1)
        slot.take()
        assert refused["code"] == "card_lost" and refused["hint"], (at, refused)
    card.tear(12, True)
    slot.put(card, back=True)
    assert run("card", "issue", *READER, "--wait", "5")["card"] == "ours"
    slot.take()
    assert slot.returns == 1 and tap(bench, card) == 1


def test_readers_as_the_service_names_them(slot: Slot) -> None:
    with pytest.raises(SeveralDevices, match="00 01"):
        PcscReader(NAME)
    with pytest.raises(NoDevice):
        PcscReader("no such reader")
    reader = PcscReader(f"{NAME} 00 00")
    began = time.monotonic()
    with pytest.raises(CardLost):
        reader.wait(0.3)
    assert time.monotonic() - began < 5
    card = Ntag424()
    slot.put(card)
    reader.wait(5)
    version = reader.transceive(bytes.fromhex("9060000000"))
    assert version[-2:] == b"\x91\xaf" and slot.apdus[-1] == bytes.fromhex("9060000000")
    slot.take()
    with pytest.raises(CardLost):
        for _ in range(50):  # the service notices within its polling period
            reader.transceive(bytes.fromhex("9060000000"))
            time.sleep(0.1)
    reader.close()
