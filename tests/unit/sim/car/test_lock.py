# SPDX-License-Identifier: MIT
"""The virtual lock: every edge is traced, the doors follow, and an agent that goes away lets go of its outputs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nightlatch.sim.car.lock import Edge, Lock

Act = Callable[[Lock, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(folder: Path, act: Act) -> Lock:
    """A lock with an agent's end of its socket."""

    async def main() -> Lock:
        lock = Lock(folder / "lock.sock")
        await lock.start()
        reader, writer = await asyncio.open_unix_connection(str(lock.path))
        await asyncio.wait_for(act(lock, reader, writer), 5)
        writer.close()
        await asyncio.sleep(0.01)  # until the lock has seen it
        await lock.stop()
        return lock

    return asyncio.run(main())


async def send(lock: Lock, writer: asyncio.StreamWriter, data: bytes, edges: int) -> None:
    """Sends, and waits until so many edges are there."""
    writer.write(data)
    async with asyncio.timeout(3):
        while len(lock.edges) < edges:
            await asyncio.sleep(0.002)


def trace(lock: Lock) -> list[tuple[str, int]]:
    return [(edge.pin, edge.level) for edge in lock.edges]


def test_edges_doors_and_openings(tmp_path: Path) -> None:
    heard: list[Edge] = []

    async def act(lock: Lock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lock.listeners.append(heard.append)
        assert lock.doors == "locked" and lock.openings == 0
        await send(lock, writer, b"pin unlock 1\npin unlock 0\n", 2)
        assert (lock.doors, lock.openings) == ("unlocked", 1)
        await send(lock, writer, b"pin lock 1\npin lo", 3)
        await send(lock, writer, b"ck 0\n", 4)
        assert (lock.doors, lock.openings) == ("locked", 1)
        await send(lock, writer, b"pin trunk 1\npin trunk 0\npin drive 1\npin drive 0\n", 8)
        assert (lock.doors, lock.openings) == ("locked", 2)

    lock = run(tmp_path, act)
    assert trace(lock)[:4] == [("unlock", 1), ("unlock", 0), ("lock", 1), ("lock", 0)]
    assert heard == lock.edges and [edge.at for edge in heard] == sorted(edge.at for edge in heard)


def test_what_is_no_line_of_ours_moves_nothing(tmp_path: Path) -> None:
    async def act(lock: Lock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"pin unlock 2\npin unlock\npin unlock -1\nPIN unlock 1\n\xff\xfe\n\nunlock 1\npin a b c\nwatchdog x\n"
        )
        await send(lock, writer, b"pin lock 1\n", 1)
        assert lock.watchdog is None

    assert trace(run(tmp_path, act))[0] == ("lock", 1)


def test_a_line_without_end_ends_the_agent_not_the_lock(tmp_path: Path) -> None:
    async def act(lock: Lock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 5000)
        assert await reader.read() == b"", "the lock hangs up"
        _, again = await asyncio.open_unix_connection(str(lock.path))
        await send(lock, again, b"pin lock 1\n", 1)
        again.close()

    run(tmp_path, act)


def test_outputs_let_go_when_the_agent_dies(tmp_path: Path) -> None:
    async def act(lock: Lock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(lock, writer, b"watchdog 8000\nfeed\npin unlock 1\npin drive 1\n", 2)
        assert lock.watchdog == 8.0 and lock.fed > 0
        writer.close()
        await send(lock, writer, b"", 4)
        assert not any(lock.levels.values()) and lock.watchdog is None
        assert lock.doors == "unlocked", "bolts stay where they are"

    assert trace(run(tmp_path, act))[2:] == [("unlock", 0), ("drive", 0)]


def test_a_new_agent_is_not_let_go_by_the_end_of_the_old_one(tmp_path: Path) -> None:
    async def act(lock: Lock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, again = await asyncio.open_unix_connection(str(lock.path))
        await send(lock, again, b"pin unlock 1\n", 1)
        writer.close()
        await asyncio.sleep(0.05)
        assert lock.levels == {"unlock": 1}
        again.close()
        await send(lock, again, b"", 2)

    run(tmp_path, act)


def test_the_button(tmp_path: Path) -> None:
    async def act(lock: Lock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(lock, writer, b"pin lock 1\n", 1)
        lock.press(True)
        assert await reader.readline() == b"button 1\n"
        lock.press(False)
        assert await reader.readline() == b"button 0\n"

    run(tmp_path, act)
    Lock(tmp_path / "no agent").press(True)


@pytest.mark.parametrize(
    ("edges", "longest"),
    [
        ([], 0.0),
        ([("unlock", 1, 1.0), ("unlock", 0, 1.4)], 0.4),
        ([("unlock", 1, 1.0), ("unlock", 0, 1.4), ("lock", 1, 2.0), ("lock", 0, 2.9)], 0.9),
        ([("drive", 1, 1.0), ("unlock", 1, 2.0), ("unlock", 0, 2.5), ("drive", 0, 60.0)], 0.5),
        ([("lock", 0, 1.0), ("lock", 1, 2.0)], 0.0),
    ],
)
def test_the_longest_pulse(tmp_path: Path, edges: list[tuple[str, int, float]], longest: float) -> None:
    lock = Lock(tmp_path / "lock.sock")
    lock.edges = [Edge(*edge) for edge in edges]
    assert lock.longest() == pytest.approx(longest)
