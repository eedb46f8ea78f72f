# SPDX-License-Identifier: MIT
"""Short histories of every shape, and those in which units once died; `make power` and the soak play long ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT
from tests.power.histories import play
from tests.power.shapes import SHAPES

STARTS = 30


@pytest.mark.parametrize("name", SHAPES)
def test_the_next_unlock_is_served(name: str) -> None:
    history, failure = play(name, 1, STARTS)
    assert not failure, f"python -m tests.power.replay {failure}"
    assert history.starts == STARTS


@pytest.mark.parametrize("name", ["short-big", "short-small", "short-tight"])
def test_starts_without_idle_time_cost_nothing(name: str) -> None:
    history, failure = play(name, 1, 1500)
    assert not failure, f"python -m tests.power.replay {failure}"
    assert history.erases == 0


def test_the_same_under_micropython(upy: Callable[..., Any]) -> None:
    sample = [f"{kind}-{chip}:3:60" for chip in ("big", "small") for kind in ("cuts", "faults", "idle-4", "first")]
    sample = [name.replace("idle-4-big", "idle-big-4").replace("idle-4-small", "idle-small-4") for name in sample]
    ran = upy(Path(__file__).parent / "upy_histories.py", *sample, heap="32M", timeout=300, path=(ROOT,))
    *broken, last = ran.stdout.splitlines()
    assert broken == [] and int(last.split()[1]) > 1000, ran.stdout[-3000:]
