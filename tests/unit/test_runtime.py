# SPDX-License-Identifier: MIT
"""The MicroPython that runs the agent here is what the board promises, and how it is found."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightlatch.sim import runtime
from tests.conftest import Upy


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Each test looks anew."""
    runtime.micropython.cache_clear()
    yield
    runtime.micropython.cache_clear()


def program(folder: Path, text: str) -> Path:
    file = folder / "micropython"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_the_heap_is_the_boards(upy: Upy) -> None:
    ran = upy("import gc; gc.collect(); print(gc.mem_free() + gc.mem_alloc())")
    total = int(ran.stdout)
    assert 120_000 < total <= 128 * 1024
    assert upy("bytearray(200_000)", check=False).returncode == 1


def test_the_firmware_and_asyncio_are_on_the_path(upy: Upy) -> None:
    ran = upy("import asyncio, sys, wire.numbers; print(asyncio.__name__, sys.path[1:])")
    assert ran.stdout.startswith("asyncio ")
    assert str(runtime.FIRMWARE) in ran.stdout


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
    real = runtime.micropython()
    named = program(tmp_path, f'exec "{real}" "$@"')
    runtime.micropython.cache_clear()
    monkeypatch.setenv("MICROPYTHON", str(named))
    assert runtime.micropython() == named.resolve()


@pytest.mark.parametrize("text", ["exit 3", "echo good; exit 1", "echo fine"])
def test_the_named_one_must_be_good(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROPYTHON", str(program(tmp_path, text)))
    with pytest.raises(runtime.NoMicroPython, match="MICROPYTHON"):
        runtime.micropython()


def test_without_a_build_a_good_one_on_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = runtime.micropython()
    runtime.micropython.cache_clear()
    monkeypatch.delenv("MICROPYTHON", raising=False)
    monkeypatch.setattr(runtime, "BUILT", tmp_path / "none")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    program(tmp_path, "exit 1")
    with pytest.raises(runtime.NoMicroPython):
        runtime.micropython()
    good = program(tmp_path, f'exec "{real}" "$@"')
    assert runtime.micropython() == good.resolve()


def test_mpy_cross_makes_what_this_micropython_loads(upy: Upy, tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text("import micropython\nANSWER = 42\n")
    compiled = os.spawnl(os.P_WAIT, runtime.mpy_cross(), "mpy-cross", str(tmp_path / "made.py"))
    (tmp_path / "made.py").unlink()
    assert compiled == 0
    assert upy("import made; print(made.ANSWER)", path=(tmp_path,)).stdout == "42\n"
