# SPDX-License-Identifier: MIT
"""The agent's own reader code on SPI and I2C, under MicroPython, against the virtual PN532's pins."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from nightlatch.sim.cards.held import PhoneCard
from tests.system.bus_bench import BusReader
from tests.system.nfc_bench import Agent, Holder, nfc_car, phone

WIRING = [("spi", ""), ("spi", "ir"), ("i2c", ""), ("i2c", "ir")]
Test = Callable[[BusReader, Agent], Awaitable[None]]


def play(folder: Path, kind: str, lines: str, test: Test, no_preamble: bool = False) -> None:
    """Runs a test against the probe on a bus."""

    async def body() -> None:
        reader = BusReader(kind, folder / "bus", no_preamble)
        async with nfc_car(reader, kind, lines) as (_, agent):
            await test(reader, agent)

    asyncio.run(asyncio.wait_for(body(), 60))


async def tap(reader: BusReader, agent: Agent) -> None:
    """One tap that opens."""
    before = len(agent.tokens())
    card, holder = phone()
    assert await reader.tap(card)
    await agent.tokens_after(before)
    assert holder.answers[-1][-1] == 1


@pytest.mark.parametrize(("kind", "lines"), WIRING)
def test_taps_on_each_bus(tmp_path: Path, kind: str, lines: str) -> None:
    async def test(reader: BusReader, agent: Agent) -> None:
        for _ in range(3):
            await tap(reader, agent)
        assert "gone" not in agent.states()

    play(tmp_path, kind, lines, test)


class Long(PhoneCard):
    """A phone whose response is as long as one may be, before it is one of ours."""

    def __init__(self) -> None:
        super().__init__(Holder(), 1)
        self.asked = 0

    def transceive(self, apdu: bytes) -> bytes:
        """256 bytes that hold start codes, then the status word of a file that is not there."""
        self.asked += 1
        return b"\x00\xff\x00\xff" * 64 + b"\x6a\x82"


@pytest.mark.parametrize("kind", ["spi", "i2c"])
def test_the_longest_answers_come_whole(tmp_path: Path, kind: str) -> None:
    async def test(reader: BusReader, agent: Agent) -> None:
        long = Long()
        assert not await reader.tap(long, 1.0)
        assert long.asked == 2, "asked as a phone, then as a key card"
        await tap(reader, agent)
        assert "gone" not in agent.states()

    play(tmp_path, kind, "i", test)


def test_a_missing_preamble_is_borne(tmp_path: Path) -> None:
    play(tmp_path, "spi", "", tap, no_preamble=True)


@pytest.mark.parametrize("kind", ["spi", "i2c"])
def test_a_broken_irq_wire_costs_no_way_in(tmp_path: Path, kind: str) -> None:
    async def test(reader: BusReader, agent: Agent) -> None:
        reader.chip.wired = False
        await tap(reader, agent)
        assert "gone" not in agent.states()

    play(tmp_path, kind, "i", test)


@pytest.mark.parametrize(("kind", "lines"), [("spi", "r"), ("i2c", "ir")])
def test_the_reset_line_heals_a_reader_that_hangs(tmp_path: Path, kind: str, lines: str) -> None:
    async def test(reader: BusReader, agent: Agent) -> None:
        resets = reader.chip.resets
        for _ in range(2):
            reader.chip.silent = True
            await agent.until(lambda: agent.states()[-1] == "gone")
            await agent.ready()
            await tap(reader, agent)
        assert reader.chip.resets >= resets + 2
        assert not any(event["event"] == "alarm" for event in agent.events), "healed at once: no alarm"

    play(tmp_path, kind, lines, test)


def test_a_chip_that_holds_the_clock_is_reset(tmp_path: Path) -> None:
    """And what it held up goes on."""

    async def test(reader: BusReader, agent: Agent) -> None:
        reader.operations.clear()
        reader.stuck = True
        await agent.until(lambda: agent.states()[-1] == "gone")
        await agent.ready()
        await tap(reader, agent)
        kinds = "".join(operation for operation, _ in reader.operations)
        assert "Z" in kinds and not reader.stuck

    play(tmp_path, "i2c", "r", test)


@pytest.mark.parametrize("kind", ["spi", "i2c"])
def test_a_reader_that_is_gone_is_told_once(tmp_path: Path, kind: str) -> None:
    async def test(reader: BusReader, agent: Agent) -> None:
        reader.chip.silent = True  # and no reset line
        await agent.until(lambda: {"event": "alarm", "gone": True} in agent.events, 15)
        await asyncio.sleep(3)
        reader.chip.silent = False
        await agent.ready()
        await tap(reader, agent)
        await agent.until(lambda: {"event": "alarm", "gone": False} in agent.events, 25)
        assert sum(event["event"] == "alarm" for event in agent.events) == 2

    play(tmp_path, kind, "", test)


@pytest.mark.parametrize("kind", ["spi", "i2c"])
def test_garbage_on_the_bus(tmp_path: Path, kind: str) -> None:
    """What is no frame opens nothing, and the reader is set up again."""

    async def test(reader: BusReader, agent: Agent) -> None:
        say = reader.chip._say
        for lie in (bytes(40), b"\xff" * 40, b"\x00\x00\xff\x05\xfc" + bytes(9), b"\x00\x00\xff\xff\xff\x7f\xff\x82"):
            reader.chip._say = lambda data, lie=lie: say(lie)  # type: ignore[method-assign, misc]
            reader.model._send = reader.chip._say
            await agent.until(lambda: agent.states()[-1] == "gone")
            reader.model._send = say
            await agent.ready()
            await tap(reader, agent)

    play(tmp_path, kind, "", test)


def test_bytes_on_the_pins(tmp_path: Path) -> None:
    """Least significant bit first, seen from a controller that sends the other way: 02h is 40h, 01h is 80h, 03h C0h."""

    async def test(reader: BusReader, agent: Agent) -> None:
        reader.operations.clear()
        await tap(reader, agent)
        sent = [data for operation, data in reader.operations if operation == "X"]
        assert {data[0] for data in sent if len(data) == 2} >= {0x40} and b"\xc0" in sent
        writes = [data for data in sent if data[:1] == b"\x80"]
        assert all(data[1:4] == b"\x00\x00\xff" for data in writes)
        selects = [data for operation, data in reader.operations if operation == "S"]
        assert len(selects) > 20 and all(one != other for one, other in pairwise(selects))

    play(tmp_path, "spi", "", test)
