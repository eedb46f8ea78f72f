# SPDX-License-Identifier: MIT
"""The technician's cable: bytes pass both ways unchanged, may be watched, lost or changed, and never pile up."""

import asyncio
import errno
import os
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from nightlatch.sim.car.cable import Cable

EVERY = bytes(range(256)) * 8


@asynccontextmanager
async def cable() -> AsyncIterator[tuple[Cable, int, int]]:
    """A running cable with both of its ends open: (cable, agent's fd, technician's fd)."""
    made = Cable()
    made.start()
    ends = [os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK) for path in (made.agent, made.technician)]
    try:
        yield made, ends[0], ends[1]
    finally:
        for fd in ends:
            os.close(fd)
        made.stop()


def run(act: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(act(), 120))


async def read(fd: int, size: int, patience: float = 60.0) -> bytes:
    """Up to so many bytes, until nothing comes for a while."""
    found = b""
    end = asyncio.get_running_loop().time() + patience
    while len(found) < size and asyncio.get_running_loop().time() < end:
        try:
            found += os.read(fd, size - len(found))
        except BlockingIOError:
            await asyncio.sleep(0.002)
    return found


def test_every_byte_passes_both_ways() -> None:
    async def act() -> None:
        async with cable() as (_, agent, technician):
            for source, sink in ((agent, technician), (technician, agent)):
                os.write(source, EVERY)
                assert await read(sink, len(EVERY)) == EVERY

    run(act)


def test_taps_and_filters() -> None:
    async def act() -> None:
        async with cable() as (made, agent, technician):
            heard: list[tuple[str, bytes]] = []
            made.taps.append(lambda direction, data: heard.append((direction, data)))
            made.filter = lambda direction, data: None if direction == "in" else data.upper()
            os.write(technician, b"lost")
            os.write(agent, b"changed")
            assert await read(technician, 7) == b"CHANGED" and await read(agent, 1, 0.1) == b""
            assert sorted(heard) == [("in", b"lost"), ("out", b"changed")], "a tap hears what came"
            made.filter = None
            os.write(technician, b"again")
            assert await read(agent, 5) == b"again"

    run(act)


def test_ends_may_come_and_go() -> None:
    async def act() -> None:
        async with cable() as (made, agent, _):
            for number in range(3):
                fd = os.open(made.technician, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
                os.write(fd, b"%d" % number)
                os.close(fd)
                assert await read(agent, 1) == b"%d" % number

    run(act)


def test_what_nobody_reads_is_bounded_and_the_cable_goes_on() -> None:
    async def act() -> None:
        async with cable() as (made, agent, technician):
            sent = 0
            while sent < 600_000:
                with suppress(BlockingIOError):
                    sent += os.write(technician, bytes([65]) * 4096)
                await asyncio.sleep(0)
            assert len(made._agent.waiting) <= 65536
            made.clear()
            while await read(agent, 1 << 20, 0.2) or select.select([made._technician.master], [], [], 0)[0]:
                pass
            os.write(agent, b"still here")
            assert await read(technician, 10) == b"still here"
            os.write(technician, b"and here")
            assert (await read(agent, 8))[-8:] == b"and here"

    run(act)


def test_clear_forgets_what_an_agent_did_not_read() -> None:
    async def act() -> None:
        async with cable() as (made, agent, technician):
            os.write(technician, b"for the one before")
            await asyncio.sleep(0.05)
            made.clear()
            os.write(technician, b"new")
            assert await read(agent, 3) == b"new"

    run(act)


def test_another_end_works_and_the_old_one_is_lost() -> None:
    async def act() -> None:
        async with cable() as (made, agent, technician):
            old = made.technician
            made.replug()
            assert made.technician != old
            try:
                assert os.read(technician, 1) == b""
            except OSError as error:
                assert error.errno == errno.EIO
            new = os.open(made.technician, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            os.write(new, b"hello")
            assert await read(agent, 5) == b"hello"
            os.write(agent, b"again")
            assert await read(new, 5) == b"again"
            os.close(new)

    run(act)
