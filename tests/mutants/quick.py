# SPDX-License-Identifier: MIT
"""Suites of the store as a mutant meets them: a part of the cuts and faults that the real ones try, in the same way."""

import builtins
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import faults, walks
from tests.model.test_machine import Machine
from tests.power import engine
from tests.power.workloads import NAMES, scene
from tests.power.world import look, open_store

blocks: Any = import_module("agent.store.mount.blocks")
walk: Any = import_module("agent.store.mount.walk")
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


def walked(loop: str, tries: int) -> list[str]:
    """A start's walk against a scan; the loop in plain Python, or the one that is machine code on a board."""
    tally = walks.Tally()
    kept = walk.step, blocks.hole
    if loop == "viper":
        walk.step, blocks.hole = _viper()
    try:
        walks.made(tries, tally)
        walks.cut("config", "small", 40, tally)
        walks.rotten("turn", "big", tries // 6, tally)
        for name in NAMES:
            tally.broken += _to_the_end(name, "small" if tries % 4 else "big")
    finally:
        walk.step, blocks.hole = kept
    return tally.broken


def _to_the_end(name: str, geometry: str) -> list[str]:
    """In a flash without a fault nothing is left to a scan."""
    if name.startswith("dead"):
        return []
    play = scene(name, geometry)
    store = open_store(play.nor)
    for step in play.steps[:2]:
        step(play.world, store)
    sectors, used = walks.sectors_of(play.nor)
    one_walk = walk.Walk(sectors, walks.Seen(sectors), lambda kind, body, addr: None, [])
    left = [(one, at) for one in used if (at := one_walk.read(one, True)) != play.nor.sector_size]
    return [f"{name}: a scan goes on at {left}"] if left else []


def _viper() -> tuple[Any, Any]:
    """Viper's pointers are views here, and its words have more bits than they need."""

    def pointer(form: Any, size: int) -> Any:
        def view(what: Any) -> memoryview:
            plain = memoryview(what).cast("B")
            return plain[: len(plain) // size * size].cast(form)

        return view

    micropython: Any = ModuleType("micropython")
    micropython.viper = micropython.const = lambda what: what
    words: Any = builtins
    words.ptr8, words.ptr16, words.ptr32 = pointer("B", 1), pointer("H", 2), pointer("I", 4)
    sys.modules["micropython"] = micropython
    try:
        loops: Any = import_module("agent.store.mount.walk_viper")
    finally:
        del sys.modules["micropython"]
    return loops.step, loops.hole
