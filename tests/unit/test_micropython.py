# SPDX-License-Identifier: MIT
"""The MicroPython that runs the agent here is what the board promises, and how it is found."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightlatch import micropython
from tests.conftest import Upy


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Each test looks anew."""
    micropython.micropython.cache_clear()
    yield
    micropython.micropython.cache_clear()


def program(folder: Path, text: str) -> Path:
    file = folder / "micropython"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_the_heap_is_the_boards(upy: Upy) -> None:
    ran = upy("import gc; gc.collect(); print(gc.mem_free() + gc.mem_alloc())")
    total = int(ran.stdout)
    assert 150_000 < total <= 160 * 1024
    assert upy("bytearray(250_000)", check=False).returncode == 1


def test_the_firmware_and_asyncio_are_on_the_path(upy: Upy) -> None:
    ran = upy("import asyncio, sys, wire.numbers; print(asyncio.__name__, sys.path[1:])")
    assert ran.stdout.startswith("asyncio ")
    assert str(micropython.FIRMWARE) in ran.stdout


def test_a_failure_names_the_command_that_replays_it(upy: Upy) -> None:
    with pytest.raises(pytest.fail.Exception) as failure:
        upy("raise ValueError('seen')", "an argument")
    replay = str(failure.value).splitlines()[1]
    assert "ValueError: seen" in str(failure.value)
    assert subprocess.run(["sh", "-c", replay], capture_output=True).returncode == 1


def test_a_hang_ends_and_says_so(upy: Upy) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"not done after 0\.3 s"):
        upy("print('started')\nwhile True: pass", timeout=0.3)


def test_the_named_one_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = micropython.micropython()
    named = program(tmp_path, f'exec "{real}" "$@"')
    micropython.micropython.cache_clear()
    monkeypatch.setenv("MICROPYTHON", str(named))
    assert micropython.micropython() == named.resolve()


@pytest.mark.parametrize("text", ["exit 3", "echo good; exit 1", "echo fine"])
def test_the_named_one_must_be_good(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROPYTHON", str(program(tmp_path, text)))
    with pytest.raises(micropython.NoMicroPython, match="MICROPYTHON"):
        micropython.micropython()


def test_without_a_build_a_good_one_on_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = micropython.micropython()
    micropython.micropython.cache_clear()
    monkeypatch.delenv("MICROPYTHON", raising=False)
    monkeypatch.setattr(micropython, "BUILT", tmp_path / "none")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    program(tmp_path, "exit 1")
    with pytest.raises(micropython.NoMicroPython):
        micropython.micropython()
    good = program(tmp_path, f'exec "{real}" "$@"')
    assert micropython.micropython() == good.resolve()


def test_mpy_cross_makes_what_this_micropython_loads(upy: Upy, tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text("import micropython\nANSWER = 42\n")
    compiled = os.spawnl(os.P_WAIT, micropython.mpy_cross(), "mpy-cross", str(tmp_path / "made.py"))
    (tmp_path / "made.py").unlink()
    assert compiled == 0
    assert upy("import made; print(made.ANSWER)", path=(tmp_path,)).stdout == "42\n"


def test_the_agent_is_frozen_as_it_stands() -> None:
    if micropython.micropython() == micropython.BUILT:
        assert micropython.frozen(), "firmware/ or boards/UNIX changed since the image was built: run make setup"
        argv, env = micropython.agent("wiring.json")
        assert env["MICROPYPATH"] == ".frozen" and argv[-2:] == ["main", "wiring.json"]
        assert f"heapsize={micropython.HEAP}" in argv or micropython.wide()


def test_other_images_run_the_sources_with_room_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micropython, "FROZEN", tmp_path / "none")
    argv, env = micropython.agent("wiring.json")
    assert str(micropython.FIRMWARE) in env["MICROPYPATH"] and "heapsize=320K" in argv
    assert str(micropython.FIRMWARE / "main.py") in argv


def test_each_source_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = micropython.fingerprint()
    assert before == micropython.fingerprint()
    (tmp_path / "modules").mkdir()
    monkeypatch.setattr(micropython, "MODULES", tmp_path / "modules")
    monkeypatch.setattr(micropython, "ROOT", tmp_path)
    monkeypatch.setattr(micropython, "FIRMWARE", tmp_path / "firmware")
    (tmp_path / "firmware" / "agent").mkdir(parents=True)
    seen = {before, micropython.fingerprint()}
    (tmp_path / "firmware" / "agent" / "a.py").write_text("1")
    seen.add(micropython.fingerprint())
    (tmp_path / "firmware" / "agent" / "a.py").write_text("2")
    seen.add(micropython.fingerprint())
    (tmp_path / "firmware" / "agent" / "a.py").rename(tmp_path / "firmware" / "agent" / "b.py")
    seen.add(micropython.fingerprint())
    assert len(seen) == 5
