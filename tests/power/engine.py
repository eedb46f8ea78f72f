# SPDX-License-Identifier: MIT
"""Cuts: each program and erase of a workload, torn in each way, then a start, and a look at what it left.

A workload runs once, and every change to its flash is kept; a cut is the flash before that change, with a part of the
change done. Two deep, what the start and the next unlock write is cut in its turn. Cuts that leave
the same flash, and the same two states that it may show, are one: it is counted once, and tried once by one that is
told what was Seen. A cut has a name that replays it: workload:geometry:seed:change.tear[:change.tear]; what needs no
cut to fail has the first two of these.
"""

from hashlib import sha256

from agent.errors import NightlatchError
from tests.model.dice import Dice
from tests.model.nor import Misuse, Nor
from tests.model.tears import TEARS, tears, torn
from tests.power.seen import Seen, digests
from tests.power.workloads import scene
from tests.power.world import look, open_store, opens, readable

READS_MOST = 4000  # a start on these flashes of up to 20 sectors
MOUNT_ERASES = 3
DEAD_ERASES = 3  # on the path of an unlock, where the alternative is a car that does not open
_DEAD_SOME = 4  # of the first cuts of a dead store, one in so many: to read one that is full of nothing takes long
_PLACE = {tear: place for place, tear in enumerate(TEARS)}
_MARK = 12  # bytes of a hash that tell cuts apart


class Failed(Exception):
    """A promise that did not hold."""


BROKEN = (Failed, Misuse, NightlatchError, OSError, AssertionError, LookupError, TypeError, ValueError)


def run(name: str, geometry: str) -> list:
    """The changes of a workload: (what, address, data, cells before, weak before, world before, world after) each.

    Failed when the store does not do as the world does, whether a step writes something or nothing.
    """
    play = scene(name, geometry)
    nor, world = play.nor, play.world
    nor.trace = []
    store = open_store(nor)
    start = world.copy()
    out = [change + (start, start) for change in nor.trace]
    for place, step in enumerate([None] + list(play.steps)):
        before = world.copy()
        nor.trace = []
        if step is not None:
            step(world, store)
        after = world.copy()
        out += [change + (before, after) for change in nor.trace]
        nor.trace = None
        seen = look(store)
        if seen != after.view():
            raise Failed("step %d of %s: %s" % (place, name, difference(seen, after.view())))
    if look(open_store(nor)) != world.view():
        raise Failed("a start after %s shows another state" % name)
    return out


def after_cut(chip: Nor, change: tuple, tear: str, seed: int) -> Nor:
    """The flash that a cut in the middle of a change leaves."""
    what, addr, data, cells, weak = change[:5]
    nor = chip.copy(cells, weak, seed + 1)
    torn(what, addr, data, nor.cells, nor.weak, chip.sector_size, tear, _dice(addr, tear, seed))
    return nor


def _dice(addr: int, tear: str, seed: int) -> Dice:
    return Dice(seed * 64 + _PLACE[tear] + addr)


def check(nor: Nor, before: "World", after: "World", mood: int, further: bool, dead: bool = False) -> list:
    """Starts on what a cut left and looks; raises Failed. `further`: returns what the start and an unlock changed.

    `dead`: the store had no room to turn in. It may erase on the path of an unlock, and give up entries of the log.
    """
    nor.trace = [] if further else None
    store = open_store(nor, mood)
    if nor.reads > READS_MOST or nor.erases > MOUNT_ERASES:
        raise Failed("the start took %d reads and %d erases" % (nor.reads, nor.erases))
    seen = look(store)
    world = before
    if seen != before.seen():
        if seen != after.seen():
            raise Failed("between: " + difference(seen, before.seen(), after.seen()))
        world = after
    if store.damage() - (store.losses.entries if dead else 0):
        raise Failed("reports a damage that is none")
    secrets(nor, world)
    trace = [change + (before, after) for change in nor.trace or ()]
    opened = world
    if 0 in seen[0]:
        nor.trace = [] if further else None
        erases = nor.erases
        said = opens(store, before, after, 0)
        if said:
            raise Failed(said)
        if nor.erases > erases + (DEAD_ERASES if dead else 0):
            raise Failed("%d erases on the path of an unlock" % (nor.erases - erases))
        opened = world.copy()
        opened.open(before, after, 0)
        trace += [change + (world, opened) for change in nor.trace or ()]
    nor.trace = None
    again = look(open_store(nor, (mood + 1) % 3))
    if again != opened.seen():
        raise Failed("another start shows another state: " + difference(again, opened.seen()))
    return trace


def difference(seen: tuple, *wanted: tuple) -> str:
    """Where a look at a store differs from the views of worlds."""
    out = []
    for view in wanted:
        for have, want in zip(seen, view):
            if isinstance(have, dict):
                keys = [key for key in set(have) | set(want) if have.get(key) != want.get(key)]
                out += ["%r is %r, not %r" % (key, have.get(key), want.get(key)) for key in keys]
            elif have != want:
                out.append("log %r, not %r" % (have, want))
        out.append("or")
    return "; ".join(out[:-1])


def secrets(nor: Nor, world: "World") -> None:
    """No superseded secret stands in the flash as it reads now."""
    raw = bytearray(len(nor.cells))
    trace, nor.trace = nor.trace, None
    nor.read(0, raw)
    nor.trace = trace
    if readable(bytes(raw), world.dead):
        raise Failed("an old secret can be read")


def mood_of(place: int, tear: str, seed: int) -> int:
    """How weak cells read after a cut, at the start."""
    return (place + _PLACE[tear] + seed) % 3


class Cuts:
    """The cuts of a workload on a geometry. `left`: a mark of each that was not seen; `failures`: a line each, its name
    first.
    """

    def __init__(self, name: str, geometry: str, seen: "Seen | None" = None) -> None:
        self._name = "%s:%s" % (name, geometry)
        self._chip = scene(name, geometry).nor
        self._dead = name.startswith("dead")
        self._kind = str((sorted(self._chip.stuck.items()), self._dead)).encode()
        self._changes: list = []
        self._seen = seen or Seen()
        self._deepened: set[bytes] = set()  # by second cuts of which some are left out
        self.left: list[bytes] = []
        self.failures: list[str] = []
        try:
            self._changes = run(name, geometry)
        except BROKEN as error:
            self._note(self._name, error)

    def changes(self) -> int:
        """How many first cuts there are, but for the tears."""
        return len(self._changes)

    def first(self, seed: int, place: int, deep: int) -> None:
        """All tears of one change; `deep`: of the second cuts one in so many is tried, 0 for none."""
        some = _DEAD_SOME if self._dead else 1
        deepened = self._seen.deepened if deep == 1 else self._deepened
        for tear, nor, mark in self._torn(self._changes[place], None, place, seed, seed, deepened, some):
            self._new(mark)
            name = "%s:%d:%d.%s" % (self._name, seed, place, tear)
            further = self._tried(name, nor, self._changes[place], mood_of(place, tear, seed), deep > 0)
            sums: list = []
            for second, change in enumerate(further):
                sums = digests(sums, further[second - 1][1], change[3], self._chip.sector_size)
                if self._same(change, sums, second, seed, deep, place):
                    continue
                known = self._seen.left
                for other, again, mark in self._torn(change, sums, second, seed + 7, seed, known, deep, place):
                    self.left.append(mark)
                    below = "%s:%d.%s" % (name, second, other)
                    self._tried(below, again, change, mood_of(second, other, seed), False)

    def _new(self, mark: bytes) -> None:
        """Counts what nothing left before."""
        if mark not in self._seen.left:
            self._seen.left.add(mark)
            self.left.append(mark)

    def _same(self, change: tuple, sums: list, place: int, seed: int, some: int, shift: int) -> bool:
        """Whether this very change of this very flash was torn in these ways before: what they leave was seen, then."""
        what, addr, data, _, weak, before, after = change
        turn = (place * len(TEARS) + shift + seed) % some
        mark = sha256(b"".join(sums))
        mark.update(before.mark() + after.mark() + self._kind + data)
        mark.update(str((what, addr, sorted(weak.items()), seed, mood_of(place, TEARS[0], seed), some, turn)).encode())
        key = mark.digest()[:_MARK]
        if key in self._seen.torn:
            return True
        self._seen.torn.add(key)
        return False

    def again(self, seed: int, cuts: "list[str]") -> None:
        """One cut by its name."""
        place, tear = cuts[0].split(".")
        change = self._changes[int(place)]
        nor = after_cut(self._chip, change, tear, seed)
        further = self._tried("first", nor, change, mood_of(int(place), tear, seed), len(cuts) > 1)
        if len(cuts) > 1 and not self.failures:
            second, other = cuts[1].split(".")
            change = further[int(second)]
            nor = after_cut(self._chip, change, other, seed + 7)
            self._tried("second", nor, change, mood_of(int(second), other, seed), False)

    def _torn(
        self,
        change: tuple,
        sums: "list | None",
        place: int,
        dice: int,
        seed: int,
        known: "set[bytes]",
        some: int = 1,
        shift: int = 0,
    ) -> "Iterator":
        """(tear, flash, its mark: what tells it apart) of all tears of a change that leave what was not known yet.

        The flash of each is what after_cut() makes.
        """
        what, addr, data, cells, weak, before, after = change
        size = self._chip.sector_size
        sums = sums[:] if sums else digests([], 0, cells, size)
        worlds = before.mark() + after.mark() + self._kind
        at = addr // size
        base, end = at * size, at * size + size
        left = bytearray(cells)
        for tear in tears(what):
            if (place * len(TEARS) + _PLACE[tear] + shift + seed) % some:
                continue
            soft = dict(weak)
            torn(what, addr, data, left, soft, size, tear, _dice(addr, tear, dice))
            sums[at] = sha256(left[base:end]).digest()
            how = (sorted(soft.items()), seed, mood_of(place, tear, seed)) if soft else ()
            mark = sha256(b"".join(sums) + worlds + str(how).encode()).digest()[:_MARK]
            if mark not in known:
                known.add(mark)
                yield tear, self._chip.copy(left, soft, dice + 1), mark
            left[base:end] = cells[base:end]

    def _tried(self, name: str, nor: Nor, change: tuple, mood: int, further: bool) -> list:
        """check(), with a failure noted under its name; the changes that it made, none when it failed."""
        try:
            return check(nor, change[5], change[6], mood, further, self._dead)
        except BROKEN as error:
            self._note(name, error)
        return []

    def _note(self, name: str, error: Exception) -> None:
        self.failures.append("%s %s %s" % (name, type(error).__name__, str(error)[:300]))


def enumerate_cuts(
    name: str, geometry: str, seed: int, seeds: int, deep: int, part: int, parts: int, seen: "Seen | None" = None
) -> "tuple[list, list]":
    """Every change and tear of a workload, with some seeds: a mark of each cut that was not seen, and the failures. Of
    all first changes, those of one part."""
    cuts = Cuts(name, geometry, seen)
    many = cuts.changes()
    first = many * part // parts
    for place in range(first, max(first + 1, many * (part + 1) // parts)):  # never none, where parts are small
        for more in range(seeds):
            cuts.first(seed + more, place, deep)
    return cuts.left, cuts.failures


def replay(ident: str) -> str:
    """Runs one cut again by its name, or a workload without any; "" when it holds, or what does not."""
    name, geometry, *rest = ident.split(":")
    cuts = Cuts(name, geometry)
    if rest and not cuts.failures:
        cuts.again(int(rest[0]), rest[1:])
    return "\n".join(cuts.failures)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.power.world import World
