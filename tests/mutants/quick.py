# SPDX-License-Identifier: MIT
"""Suites of the store as a mutant meets them: a part of the cuts and faults that the real ones try, in the same way."""

import builtins
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import faults
from tests.model.test_machine import Machine
from tests.power import engine
from tests.power.workloads import scene
from tests.power.world import look, open_store

DEEP = 13  # of the second cuts, one in so many


def plays(name: str, geometry: str) -> list[str]:
    """A workload, with nothing in its way; then a start."""
    play = scene(name, geometry)
    store = open_store(play.nor)
    for step in play.steps:
        step(play.world, store)
    out = [] if look(store) == play.world.view() else ["it is not as it should be"]
    if store.damage() or look(open_store(play.nor)) != play.world.view():
        out.append("nor after a start")
    return out


def cuts(name: str, geometry: str, stride: int) -> list[str]:
    """One change in so many is cut, in every way."""
    tried = engine.Cuts(name, geometry)
    for place in range(0, tried.changes(), stride):
        tried.first(1 + place % 3, place, DEEP if place % 2 else 0)
        if tried.failures:
            return tried.failures
    return []


def failing(name: str, geometry: str, fault: str, torn: bool, stride: int) -> list[str]:
    """One operation in so many fails."""
    _, broken = faults.failing(name, geometry, getattr(builtins, fault), torn, stride)
    return broken


def machine(examples: int) -> None:
    """Stories of the state machine."""
    quiet: Any = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=quiet)
