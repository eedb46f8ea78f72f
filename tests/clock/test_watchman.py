# SPDX-License-Identifier: MIT
"""The watchman: what stands still fails within moments, and the failure says who was busy."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nightlatch import micropython
from tests.clock import selector, watchman
from tests.clock.loop import has_clock


def stands(monkeypatch: pytest.MonkeyPatch, story: Callable[[], Awaitable[object]]) -> str:
    """What the watchman says of a story; he is less patient here."""
    monkeypatch.setattr(watchman, "LOOK_S", 0.02)
    monkeypatch.setattr(watchman, "WORKS_S", 0.5)

    async def main() -> None:
        await story()

    with pytest.raises(selector.StoodStill) as stood:
        asyncio.run(main())
    return str(stood.value)


def test_who_waits_for_nothing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A loop with no deadline and no file; the words say which test it was."""
    said = stands(monkeypatch, lambda: asyncio.Event().wait())
    assert "no jump, no answer" in said and "is to be woken never" in said
    assert "again with: .venv/bin/pytest 'tests/clock/test_watchman.py::test_who_waits_for_nothing_is_named'" in said


def test_an_agent_that_never_comes_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that reads from a pipe that nobody writes to, before it asks for the time."""
    script = tmp_path / "deaf.py"
    script.write_text("import sys\nsys.stdin.read()\n")

    assert has_clock(), "this MicroPython has no clock that a bench can own: make setup builds one"

    async def story() -> None:
        argv, env = micropython.command(script)
        process = await asyncio.create_subprocess_exec(*argv, env=env, stdin=asyncio.subprocess.PIPE)
        try:
            await asyncio.sleep(1)
        finally:
            process.kill()
            await process.wait()

    said = stands(monkeypatch, story)
    assert "has not come to the clock" in said, said
    assert "deaf.py" in said and "state S" in said


def test_a_loop_in_a_call_of_its_own_is_fetched_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's thread reads from a pipe that nobody writes to."""
    monkeypatch.setattr(watchman, "CALL_LOOKS", 20)
    reader, writer = os.pipe()

    async def story() -> None:
        os.read(reader, 1)

    said = stands(monkeypatch, story)
    assert "does something itself" in said and "os.read(reader, 1)" in said
    os.close(reader)
    os.close(writer)


def test_a_loop_that_works_without_an_end_is_fetched_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither waits nor looks at the clock."""

    async def story() -> None:
        while True:
            pass

    assert "does something itself" in stands(monkeypatch, story)


def test_what_was_begun_is_cleared_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the machine's time, with what the story has to wait for."""
    cleared = []

    async def story() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            began = time.monotonic()
            await asyncio.sleep(0.05)
            cleared.append(time.monotonic() - began)

    stands(monkeypatch, story)
    assert cleared and cleared[0] > 0.04
