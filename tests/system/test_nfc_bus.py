# SPDX-License-Identifier: MIT
"""The agent's own reader code on SPI and I2C, under MicroPython, against the virtual PN532's pins."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.system.bus_bench import BusReader
from tests.system.nfc_bench import Agent, nfc_car, phone

WIRING = [("spi", ""), ("spi", "ir"), ("i2c", ""), ("i2c", "ir")]
Test = Callable[[BusReader, Agent], Awaitable[None]]


def play(folder: Path, kind: str, lines: str, test: Test, no_preamble: bool = False) -> None:
    """Runs a test against the probe on a bus."""

    async def body() -> None:
        reader = BusReader(kind, folder / "bus", no_preamble)
        async with nfc_car(reader, kind, lines) as (_, agent):
            await test(reader, agent)

    asyncio.run(asyncio.wait_for(body(), 60))


@pytest.mark.parametrize(("kind", "lines"), WIRING)
def test_taps_on_each_bus(tmp_path: Path, kind: str, lines: str) -> None:
    async def test(reader: BusReader, agent: Agent) -> None:
        for count in range(3):
            card, holder = phone()
            assert await reader.tap(card)
            await agent.tokens_after(count)
            assert holder.answers[-1][-1] == 1
        assert "gone" not in agent.states()

    play(tmp_path, kind, lines, test)
