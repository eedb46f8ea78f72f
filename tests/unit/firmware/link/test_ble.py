# SPDX-License-Identifier: MIT
"""The agent's Bluetooth link and the simulated stack below it, each by itself, under MicroPython."""

from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[3]


def test_link(upy: Callable[..., object]) -> None:
    ran = upy(HERE / "ble_link_run.py", path=(ROOT,))
    names = [line for line in (HERE / "ble_link_run.py").read_text().splitlines() if line.startswith("def test_")]
    assert ran.stdout.count("ok test_") == len(names) > 15  # type: ignore[attr-defined]


def test_a_dead_stack_is_given_up(upy: Callable[..., object]) -> None:
    ran = upy(HERE / "ble_dead_run.py", path=(ROOT,))
    assert ran.stdout.count("ok test_") == 6  # type: ignore[attr-defined]


def test_stack(upy: Callable[..., object]) -> None:
    assert upy(HERE / "ble_sim_run.py").stdout.endswith("ok\n")  # type: ignore[attr-defined]
