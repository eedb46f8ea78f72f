# SPDX-License-Identifier: MIT
"""Floods, junk and crowds on Bluetooth LE: nothing opens, nothing breaks, and an enrolled phone still gets through."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from bumble import core

from nightlatch.wire import numbers as n
from tests.system.ble_bench import Bench, Raw, run, until

IN_TIME_S = 2.0
CROWD = 10
ACTS = 50  # of a phone, while another link is flooded
AT_ONCE_S = 0.001  # seconds from six writes to the next six: what the air carries


def test_flood_of_writes(tmp_path: Path) -> None:
    """A link that writes without end is served as any other; its neighbour opens the car meanwhile."""

    async def story(bench: Bench) -> None:
        phone, raw = await bench.phone("Ada"), await bench.raw()
        assert (await phone.act()).ok
        flooding = True

        async def flood() -> int:
            written = 0
            while flooding and raw.connection in raw.device.connections.values():
                for size in (20, 0, 1, 19, 21, 180):
                    await raw.write(os.urandom(size))
                written += 6
                await asyncio.sleep(AT_ONCE_S)
            return written

        task = asyncio.create_task(flood())
        for _ in range(ACTS):
            assert (await phone.act(timeout=IN_TIME_S)).ok
            await asyncio.sleep(0.02)
        flooding = False
        assert await task > 100
        assert bench.state()["free"] > 40_000, bench.state()

    run(tmp_path, story)


@pytest.mark.parametrize("respond", [False, True], ids=["command", "request"])
def test_junk_of_any_length(tmp_path: Path, respond: bool) -> None:
    """Empty, short and oversized values, with and without a live challenge, also as long writes."""

    async def story(bench: Bench) -> None:
        raw = await bench.raw()
        await raw.peer.request_mtu(247)
        for size in (0, 1, 19, 21, 32, 33, 244, 512):
            if raw.connection not in raw.device.connections.values():  # cut off after a few, as it should be
                await raw.connect(bench.radio)
            try:
                await raw.write(bytes(size), respond)
                await asyncio.sleep(0.06)
            except (core.BaseBumbleError, asyncio.CancelledError):
                assert raw.connection not in raw.device.connections.values()
        assert raw.answers and all(len(answer) == n.ANSWER_SIZE for answer in raw.answers)
        assert not bench.pulses
        assert (await (await bench.phone("Ada")).act()).ok

    run(tmp_path, story)


def test_idle_crowd(tmp_path: Path) -> None:
    """Ten centrals that only want to be connected don't keep the owner out."""

    async def story(bench: Bench) -> None:
        stop = asyncio.Event()
        crowd = [asyncio.create_task(_crowd_in(bench, f"idle{i}", stop, stay=True)) for i in range(CROWD)]
        await until(lambda: bench.radio.connected >= 3)
        phone = await bench.phone("Ada")
        began = time.monotonic()
        assert (await phone.act(timeout=IN_TIME_S)).ok
        assert time.monotonic() - began < IN_TIME_S
        stop.set()
        await asyncio.gather(*crowd)

    run(tmp_path, story)


def test_hostile_crowd(tmp_path: Path) -> None:
    """Nor do ten that come back as soon as they are put out."""

    async def story(bench: Bench) -> None:
        stop = asyncio.Event()
        crowd = [asyncio.create_task(_crowd_in(bench, f"hostile{i}", stop, stay=False)) for i in range(CROWD)]
        await until(lambda: bench.radio.connected >= 3)
        await until(lambda: bench.state()["dropped"] > 4)
        phone = await bench.phone("Ada")
        for action in (n.UNLOCK, n.LOCK):
            began = time.monotonic()
            assert (await phone.act(action, timeout=IN_TIME_S)).ok
            assert time.monotonic() - began < IN_TIME_S
            await phone.ble.disconnect()
        stop.set()
        await asyncio.gather(*crowd)

    run(tmp_path, story)


async def _crowd_in(bench: Bench, name: str, stop: asyncio.Event, stay: bool) -> None:
    """Connects and does nothing; once it is put out it gives up (stay) or crowds in again."""
    central = Raw(await bench.radio.central(name))
    while not stop.is_set():
        try:
            connection = await central.connect(bench.radio, timeout=0.5, discover=False)
        except core.BaseBumbleError:
            continue
        gone = asyncio.Event()
        connection.on(connection.EVENT_DISCONNECTION, lambda reason, gone=gone: gone.set())
        waits = [asyncio.create_task(event.wait()) for event in (gone, stop)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if stay:
            break
