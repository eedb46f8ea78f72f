# SPDX-License-Identifier: MIT
"""Exhaustion: with one link crowded, flooded or dead, an enrolled key still opens within two seconds on the others."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from bumble import core

from nightlatch.phone.state import Result
from nightlatch.wire import numbers as n
from tests.attack.table import Report
from tests.system.ble_bench import Raw
from tests.system.car_bench import Bench, play, until

IN_TIME_S = 2.0
CROWD = 10


async def crowd_in(bench: Bench, name: str, hostile: bool) -> None:
    """A central that takes a link and keeps it, or writes junk to it, and comes back whenever it is put out."""
    central = Raw(await bench.car.radio.central(name))
    while True:
        try:
            connection = await central.connect(bench.car.radio, timeout=0.5, discover=hostile)
            while connection in central.device.connections.values():
                if hostile:
                    await central.write(os.urandom(20))
                await asyncio.sleep(0.01)
        except (core.BaseBumbleError, asyncio.CancelledError, KeyError, ValueError):
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def doing(*works: Awaitable[None]) -> AsyncIterator[None]:
    """While it lasts, these go on."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
        broken = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        assert not any(broken), broken
    finally:
        while left := [task for task in tasks if not task.done()]:
            for task in left:  # a stack may take a cancellation for its own, and go on
                task.cancel()
            await asyncio.wait(left, timeout=0.2)


async def in_time(act: Callable[[], Awaitable[Result]]) -> float:
    """Acts and fails unless that went well within two seconds; returns how long it took."""
    began = time.monotonic()
    result = await act()
    took = time.monotonic() - began
    assert result.ok, result
    assert took < IN_TIME_S
    return took


async def serial_flood(bench: Bench) -> None:
    """Bytes down the cable without end, as fast as the agent takes them: noise, and whole frames."""
    line = os.open(bench.car.cable.technician, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        while True:
            with contextlib.suppress(BlockingIOError):
                os.write(line, os.urandom(1024) + b"\x00")
            with contextlib.suppress(BlockingIOError):
                os.read(line, 4096)
            await asyncio.sleep(0.001)
    finally:
        os.close(line)


@pytest.mark.parametrize("hostile", [False, True], ids=["idle", "hostile"])
def test_a_crowd_of_centrals(tmp_path: Path, attack: Report, hostile: bool) -> None:
    """Ten centrals for four links. The owner arrives last, by radio and by tap."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        async with doing(*(crowd_in(bench, f"crowd{i}", hostile) for i in range(CROWD))):
            await until(lambda: bench.car.radio.connected >= 3)
            await asyncio.sleep(0.3)
            before = bench.moves
            took = [await in_time(phone.act), await in_time(lambda: phone.act(n.LOCK))]
            await phone.ble.disconnect()
            took.append(await in_time(lambda: bench.tap(phone.holder)))
            await asyncio.sleep(0.3)
            stray = bench.moves - before - 3
        kind = "hostile" if hostile else "idle"
        attack(18, f"{CROWD} {kind} centrals", CROWD, stray, f"BLE in {max(took[:2]):.2f} s, NFC in {took[2]:.2f} s")

    play(tmp_path, story)


def test_a_flooded_cable(tmp_path: Path, attack: Report) -> None:
    """BLE and NFC with the serial port flooded; HELLO right after the flood."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        taps, acts = [], []
        async with doing(serial_flood(bench)):
            await asyncio.sleep(0.3)
            before = bench.moves
            for _ in range(3):
                acts.append(await in_time(phone.act))
                taps.append(await in_time(lambda: bench.tap(phone.holder)))
            stray = bench.moves - before - 6
        began = time.monotonic()
        assert (await bench.cable(lambda client: client.hello())).state == n.AGENT_CLAIMED
        hello = time.monotonic() - began
        assert hello < IN_TIME_S
        saw = f"BLE in {max(acts):.2f} s, NFC in {max(taps):.2f} s"
        attack(18, "a flooded cable", 6, stray, saw)

    play(tmp_path, story)


def test_a_dead_reader(tmp_path: Path, attack: Report) -> None:
    """BLE with the reader hung, talking nonsense, and unplugged; NFC again once it is back."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        reader = bench.car.reader
        before = bench.moves
        took = []
        reader.hang = True
        took.append(await in_time(phone.act))
        reader.hang = False
        for _ in range(20):
            reader.noise(os.urandom(64))
        took.append(await in_time(phone.act))
        reader.unplug()
        took.append(await in_time(phone.act))
        stray = bench.moves - before - 3
        reader.plug()
        assert (await bench.tap(phone.holder, limit=8.0)).ok
        attack(18, "a reader hung, mad, unplugged", 3, stray, f"BLE in {max(took):.2f} s, a tap once it was back")

    play(tmp_path, story)
