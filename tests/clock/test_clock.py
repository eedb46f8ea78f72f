# SPDX-License-Identifier: MIT
"""The bench's clock: an hour passes at once, and nothing happens before its time or out of turn."""

import asyncio
import os
import re
import select
import signal
import time
from pathlib import Path

import pytest

from nightlatch import micropython
from tests.clock import real
from tests.clock.loop import Loop, has_clock

HOUR = 3600.0
TICKS = """
import asyncio, sys, time
async def main():
    began = time.ticks_ms()
    await asyncio.sleep(1800)
    time.sleep_ms(1000)
    time.sleep(1)
    time.sleep_us(250_000)
    print(time.ticks_diff(time.ticks_ms(), began))
    sys.stdin.read()
asyncio.run(main())
"""


def run_timed(story: object) -> float:
    """Seconds of the bench that a coroutine took."""
    began = 0.0

    async def main() -> float:
        began = time.monotonic()
        await story  # type: ignore[misc]
        return time.monotonic() - began

    return asyncio.run(main()) - began


async def agent(folder: Path, source: str) -> asyncio.subprocess.Process:
    """A MicroPython that runs a source, with pipes."""
    assert has_clock(), "this MicroPython has no clock that a bench can own: make setup builds one"
    script = folder / "agent.py"
    script.write_text(source)
    argv, env = micropython.command(script)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*argv, env=env, stdin=pipe, stdout=pipe)


def test_an_hour_of_sleep_is_over_at_once() -> None:
    began = real.monotonic()
    assert run_timed(asyncio.sleep(HOUR)) == pytest.approx(HOUR, abs=1e-4)
    assert real.monotonic() - began < HOUR / 2


def test_a_thread_s_waits_pass_as_the_loop_s_do() -> None:
    """time.sleep, select and poll; what comes to a file ends them at its own time."""
    reader, writer = os.pipe()

    def thread() -> list[float]:
        times = [time.monotonic()]
        time.sleep(HOUR)
        times.append(time.monotonic())
        assert select.select([reader], [], [], HOUR) == ([], [], [])
        times.append(time.monotonic())
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        assert poll.poll(2 * HOUR * 1000) == [(reader, select.POLLIN)]
        times.append(time.monotonic())
        return times

    async def main() -> list[float]:
        asyncio.get_running_loop().call_later(3 * HOUR, os.write, writer, b"x")
        return await asyncio.to_thread(thread)

    times = asyncio.run(main())
    assert [round(one - times[0], 2) for one in times] == [0, HOUR, 2 * HOUR, 3 * HOUR]
    os.close(reader)
    os.close(writer)


def test_an_agent_lives_by_the_same_time(tmp_path: Path) -> None:
    """In asyncio, and in each of MicroPython's own sleeps; what it says comes at its time."""

    async def main() -> None:
        process = await agent(tmp_path, TICKS)
        assert process.stdin is not None and process.stdout is not None
        began = time.monotonic()
        said = int(await process.stdout.readline())
        took = time.monotonic() - began
        assert said == pytest.approx(1802_250, abs=30) and took == pytest.approx(said / 1000, abs=0.05)
        process.stdin.close()
        await process.wait()

    asyncio.run(main())


def test_a_stopped_agent_is_not_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        process = await agent(tmp_path, "import time\nprint(time.ticks_ms())\ntime.sleep(100_000)\n")
        assert process.stdout is not None
        await process.stdout.readline()
        os.kill(process.pid, signal.SIGSTOP)
        await asyncio.sleep(HOUR)
        process.kill()
        await process.wait()

    assert run_timed(main()) == pytest.approx(HOUR, abs=0.1)


def test_a_blocked_agent_is_not_waited_for(tmp_path: Path) -> None:
    """It waits in a read for what the bench has only later."""

    async def main() -> None:
        process = await agent(tmp_path, "import sys, time\nprint(time.ticks_ms())\nprint(sys.stdin.readline())\n")
        assert process.stdin is not None and process.stdout is not None
        await process.stdout.readline()
        await asyncio.sleep(HOUR)
        process.stdin.write(b"late\n")
        assert await process.stdout.readline() == b"late\n"
        await process.wait()

    assert run_timed(main()) == pytest.approx(HOUR, abs=0.1)


def test_who_looks_without_a_pause_sees_time_creep() -> None:
    async def main() -> None:
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            pass
        async with asyncio.timeout(0.05):
            with pytest.raises(asyncio.CancelledError):
                while True:
                    await asyncio.sleep(0)
            raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(main())


@pytest.mark.machine_time
def test_a_marked_test_has_the_machine_s_time() -> None:
    async def main() -> None:
        assert not isinstance(asyncio.get_running_loop(), Loop)
        began = real.monotonic()
        await asyncio.sleep(0.02)
        assert real.monotonic() - began >= 0.02

    asyncio.run(main())


def test_nobody_binds_the_names_of_the_time() -> None:
    """Such a name would stay the machine's: `import time`, and nothing from it."""
    binding = re.compile(r"^\s*from (time|select) import", re.M)
    files = [file for folder in ("host_tools", "tests") for file in (micropython.ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    assert [str(file) for file in files if binding.search(file.read_text())] == []
