# SPDX-License-Identifier: MIT
"""A state machine: the store beside a dict model, through steps, restarts, and power cuts in the middle of any step.

After a cut the store is as it was before the step or as it is after it, and the model goes on from there. What each
step does stands in tests/power/world.py; the flash, its tears and its weak cells in tests/model/nor.py.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nightlatch.wire import numbers as n
from tests.model.dice import Dice
from tests.model.nor import MOODS, Nor
from tests.model.tears import TEARS, torn
from tests.power.workloads import GEOMETRIES
from tests.power.world import World, chain, look, open_store, told

tables: Any = import_module("agent.store.tables")
KEYS_MOST = 12
Step = Callable[[World, Any], None]
cuts = st.none() | st.tuples(st.integers(0, 40), st.sampled_from(TEARS), st.integers(0, 999), st.integers(0, MOODS - 1))
Cut = tuple[int, str, int, int]


def rename(world: World, store: Any, handle: int, label: str) -> None:
    """Labels are the model's own: World knows only the first."""
    cred = store.find(handle)
    assert cred is not None
    cred.label = label
    store.amend(cred)


class Machine(RuleBasedStateMachine):
    """The store and what it should hold. `labels`: of keys that were renamed."""

    @initialize(geometry=st.sampled_from(sorted(GEOMETRIES)), mood=st.integers(0, MOODS - 1))
    def begin(self, geometry: str, mood: int) -> None:
        sectors, size, page = GEOMETRIES[geometry]
        self.nor = Nor(sectors, size, page)
        self.world = World()
        self.labels: dict[int, str] = {}
        self.store = open_store(self.nor, mood)
        self.floor = (0, 0)

    def keys(self, *states: int) -> list[int]:
        """Handles in one of these states."""
        return [handle for handle, cred in self.world.creds.items() if cred[2] in states]

    def view(self, world: World, labels: dict[int, str]) -> object:
        """What look() should see."""
        creds, values, log_next, right = world.view()
        for handle, label in labels.items():
            if handle in creds:
                creds[handle] = (*creds[handle][:6], label)
        return creds, values, log_next, right

    def do(self, step: Step, cut: Cut | None, label: tuple[int, str] | None = None) -> None:
        """Takes a step, and cuts the power within it when there is enough of it to cut."""
        before, labels = self.world.copy(), dict(self.labels)
        self.nor.trace = [] if cut else None
        step(self.world, self.store)
        if label:
            self.labels[label[0]] = label[1]
        trace, self.nor.trace = self.nor.trace, None
        if cut and trace:
            self.lose_power(before, labels, trace, cut)

    def lose_power(
        self, before: World, labels: dict[int, str], trace: list[tuple[object, ...]], cut: Cut
    ) -> None:
        place, tear, seed, mood = cut
        what, addr, data, cells, weak = trace[place % len(trace)]
        after, after_labels = self.world, self.labels
        image, soft = bytearray(cells), dict(weak)  # type: ignore[call-overload]
        size = self.nor.sector_size
        torn(what, addr, data, image, soft, size, tear, Dice(seed))  # type: ignore[arg-type]
        self.nor = self.nor.copy(bytes(image), soft, seed)
        self.store = open_store(self.nor, mood)
        seen = look(self.store)
        was, now = self.view(before, labels), self.view(after, after_labels)
        assert seen in (was, now), (cut, seen, was, now)
        if seen != now:
            self.world, self.labels = before, labels

    @precondition(lambda self: len(self.world.creds) < KEYS_MOST)
    @rule(cut=cuts)
    def enrol(self, cut: Cut | None) -> None:
        self.do(lambda world, store: world.enrol(store), cut)

    @precondition(lambda self: self.keys(n.CRED_ACTIVE, n.CRED_SUSPECT))
    @rule(which=st.integers(0, KEYS_MOST), ahead=st.integers(1, n.EPOCH_AHEAD), cut=cuts)
    def unlock(self, which: int, ahead: int, cut: Cut | None) -> None:
        alive = self.keys(n.CRED_ACTIVE, n.CRED_SUSPECT)
        self.do(lambda world, store: world.step(store, alive[which % len(alive)], ahead), cut)

    @precondition(lambda self: self.keys(n.CRED_ACTIVE, n.CRED_SUSPECT))
    @rule(which=st.integers(0, KEYS_MOST))
    def retry(self, which: int) -> None:
        """A lost answer: the car finds the epoch and the attempt of before, and writes nothing."""
        alive = self.keys(n.CRED_ACTIVE, n.CRED_SUSPECT)
        handle = alive[which % len(alive)]
        programs = self.nor.programs
        cred = self.store.find(handle)
        assert cred is not None and (cred.epoch, cred.attempt) == self.world.creds[handle][:2]
        assert bytes(cred.chain) == chain(handle, cred.epoch) and self.nor.programs == programs

    @precondition(lambda self: self.keys(n.CRED_ACTIVE, n.CRED_SUSPECT))
    @rule(which=st.integers(0, KEYS_MOST), state=st.sampled_from((n.CRED_SUSPECT, n.CRED_REVOKED)), cut=cuts)
    def standing(self, which: int, state: int, cut: Cut | None) -> None:
        alive = self.keys(n.CRED_ACTIVE, n.CRED_SUSPECT)
        self.do(lambda world, store: world.standing(store, alive[which % len(alive)], state), cut)

    @precondition(lambda self: self.world.creds)
    @rule(which=st.integers(0, KEYS_MOST), label=st.text("aé😀", max_size=6), cut=cuts)
    def rename(self, which: int, label: str, cut: Cut | None) -> None:
        handles = list(self.world.creds)
        handle = handles[which % len(handles)]
        self.do(lambda world, store: rename(world, store, handle, label), cut, (handle, label))

    @rule(
        ident=st.sampled_from((tables.AGENT, tables.LINK, tables.UPDATE, tables.CONFIG, tables.CONFIG + 1)),
        seed=st.integers(0, 50),
        size=st.integers(0, tables.VALUE_MAX),
        cut=cuts,
    )
    def put(self, ident: int, seed: int, size: int, cut: Cut | None) -> None:
        self.do(lambda world, store: world.put(store, ident, seed, size), cut)

    @rule(ident=st.just(tables.TIME), more=st.integers(1, 1 << 20), cut=cuts)
    def advance(self, ident: int, more: int, cut: Cut | None) -> None:
        now = self.store.counter(ident)
        assert not self.store.advance(ident, now), "it only rises"
        self.do(lambda world, store: world.advance(store, ident, now + more), cut)

    @rule(count=st.integers(1, 6), cut=cuts)
    def log(self, count: int, cut: Cut | None) -> None:
        for left in range(count, 0, -1):
            self.do(lambda world, store: world.log(store), cut if left == 1 else None)

    @rule(slices=st.integers(1, 8), cut=cuts)
    def maintain(self, slices: int, cut: Cut | None) -> None:
        def idle(world: World, store: Any) -> None:
            for _ in range(slices):
                store.maintain()

        self.do(idle, cut)

    @rule(mood=st.integers(0, MOODS - 1))
    def reboot(self, mood: int) -> None:
        self.store = open_store(self.nor, mood)

    @precondition(lambda self: self.keys(n.CRED_ACTIVE))
    @rule(turns=st.integers(10, 60), cut=cuts)
    def a_busy_day(self, turns: int, cut: Cut | None) -> None:
        """Enough to go through sectors; the last unlock may be cut."""
        alive = self.keys(n.CRED_ACTIVE)
        for turn in range(turns):
            self.world.step(self.store, alive[turn % len(alive)])
            self.world.log(self.store)
            if turn % 3 == 0:
                self.store.maintain()
        self.do(lambda world, store: world.step(store, alive[0]), cut)

    @invariant()
    def nothing_falls_or_is_lost(self) -> None:
        assert self.store.damage() == 0, (self.store.losses.handles, self.store.losses.values, self.store.losses.log())
        floor = (self.store.next_handle(), self.store.log_next)
        assert floor[0] >= self.floor[0] and floor[1] >= self.floor[1]
        self.floor = floor
        for handle in self.keys(n.CRED_REVOKED):
            cred = self.store.find(handle)
            assert cred is not None and bytes(cred.chain) == b"\xff" * 16

    @invariant()
    def superseded_chain_keys_are_gone(self) -> None:
        for handle, (epoch, _, state) in self.world.creds.items():
            for old in range(max(0, epoch - 3), epoch + (state == n.CRED_REVOKED)):
                assert self.nor.cells.find(chain(handle, old)) < 0, (handle, old)
                if old < epoch - 1 or state == n.CRED_REVOKED:
                    assert self.nor.cells.find(told(handle, old)) < 0, (handle, old)

    def teardown(self) -> None:
        """The end of each story: all of it is there, also after a restart."""
        if hasattr(self, "store"):
            want = self.view(self.world, self.labels)
            assert look(self.store) == want
            assert look(open_store(self.nor)) == want


def test_the_store_does_as_a_dict_does() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=80,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
