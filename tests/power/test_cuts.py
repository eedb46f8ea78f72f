# SPDX-License-Identifier: MIT
"""A seeded sample of the cuts under CPython and MicroPython; `make power` tries many more. See engine.py for names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT
from tests.power import engine
from tests.power.jobs import Sweep, sweeps
from tests.power.workloads import NAMES

SPARSE = 41  # of second cuts, one in so many
JOBS = sorted({job._replace(deep=min(job.deep, 1) * SPARSE) for job in sweeps(1)})


@pytest.mark.parametrize("job", JOBS, ids=lambda job: ":".join(map(str, job)))
def test_before_or_after(job: Sweep) -> None:
    outcome = job.run()
    assert outcome.cuts > 0
    assert not outcome.failures, "\n".join(f"python -m tests.power.replay {one}" for one in outcome.failures[:9])


@pytest.mark.parametrize("name", ["first:big:2:8.w:1.h", "first:small:2:8.w:1.h", "worn:small:1:84.w:18.M"])
def test_what_a_soak_once_found(name: str) -> None:
    assert engine.replay(name) == ""


@pytest.mark.parametrize("geometry", ["big", "small"])
def test_before_or_after_under_micropython(upy: Callable[..., Any], geometry: str) -> None:
    names = [name for name in NAMES if not name.startswith("dead")]
    sample = [f"{name}:{geometry}:3:1:{97 if geometry == 'big' else 0}:0:3" for name in names]
    ran = upy(Path(__file__).parent / "upy_cuts.py", *sample, heap="64M", timeout=300, path=(ROOT,))
    _, cuts, _, failed = ran.stdout.splitlines()[-1].split()
    assert int(cuts) > 300 and failed == "0", ran.stdout[-3000:]
