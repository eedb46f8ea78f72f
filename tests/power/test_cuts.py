# SPDX-License-Identifier: MIT
"""Every cut of the default run under CPython, a good sample of them under MicroPython. See engine.py for the names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.sim.runtime import ROOT
from tests.power import engine
from tests.power.jobs import CUTS_LEAST, LEAST, Job, jobs
from tests.power.workloads import NAMES

JOBS = jobs(1)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: ":".join(map(str, job)))
def test_before_or_after(job: Job) -> None:
    count, failures = engine.enumerate_cuts(*job)
    assert count >= LEAST[job[0], job[1]][job[5]]
    assert not failures, "\n".join(f"python -m tests.power.replay {failure}" for failure in failures[:9])


@pytest.mark.parametrize("name", ["first:big:2:8.w:1.h", "first:small:2:8.w:1.h", "migration:small:1:47.M:14.q"])
def test_what_a_soak_once_found(name: str) -> None:
    assert engine.replay(name) == ""


def test_there_are_enough_of_them() -> None:
    assert sum(map(sum, LEAST.values())) >= CUTS_LEAST and len(JOBS) == sum(map(len, LEAST.values()))


@pytest.mark.parametrize("geometry", ["big", "small"])
def test_before_or_after_under_micropython(upy: Callable[..., Any], geometry: str) -> None:
    sample = [f"{name}:{geometry}:3:1:{97 if geometry == 'big' else 0}:0:3" for name in NAMES]
    ran = upy(Path(__file__).parent / "upy_cuts.py", *sample, heap="64M", timeout=300, path=(ROOT,))
    _, cuts, _, failed = ran.stdout.splitlines()[-1].split()
    assert int(cuts) > 400 and failed == "0", ran.stdout[-3000:]
