# SPDX-License-Identifier: MIT
"""A seeded sample of the cuts that `make power` tries, under CPython and MicroPython. See engine.py for names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT
from tests.kit.sample import seed
from tests.power.jobs import sweeps
from tests.power.replay import replay
from tests.power.workloads import GEOMETRIES, NAMES

SPARSE = 11  # of the second cuts of `make power`, one in so many
PIECES = 8  # of the changes of a workload, one in so many, which ones by the seed
HALVES = 2  # of the workloads under MicroPython
WHOLE = {(job.name, job.geometry): job for job in sweeps(1)}


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("name", NAMES)
def test_before_or_after(name: str, geometry: str) -> None:
    job = WHOLE[name, geometry]
    outcome = job._replace(deep=job.deep * SPARSE, part=seed() % PIECES, parts=PIECES).run()
    assert outcome.left
    assert not outcome.failures, "\n".join(f"python -m tests.power.replay {one}" for one in outcome.failures[:9])


@pytest.mark.parametrize(
    "name",
    [
        "first:big:2:8.w:1.h",
        "first:small:2:8.w:1.h",
        "worn:small:1:84.w:18.M",
        "worn:big:1:3.1:5.M",
        "worn:big:1:3.e:5.M",
        "history:all-big:191108:342",
    ],
)
def test_what_a_soak_once_found(name: str) -> None:
    assert replay(name) == ""


@pytest.mark.parametrize("geometry", ["big", "small"])
def test_before_or_after_under_micropython(upy: Callable[..., Any], geometry: str) -> None:
    names = [name for name in NAMES if not name.startswith("dead")][seed() % HALVES :: HALVES]
    sample = [f"{name}:{geometry}:3:1:{97 if geometry == 'big' else 0}:0:3" for name in names]
    ran = upy(Path(__file__).parent / "upy_cuts.py", *sample, heap="64M", timeout=300, path=(ROOT,))
    _, cuts, _, failed = ran.stdout.splitlines()[-1].split()
    assert int(cuts) >= 300 // HALVES and failed == "0", ran.stdout[-3000:]
