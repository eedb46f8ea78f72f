# SPDX-License-Identifier: MIT
"""Long histories of one flash: starts, idle slices, operations, cuts anywhere, and the next unlock is always served.

Unlike a workload's cuts (engine.py) a history goes on with what each cut left, for thousands of starts. What it does
is drawn from its seed, so its name replays it: history:shape:seed:starts. At the end of every start that was not cut,
and behind some that were, a key unlocks; what that changed is taken back, so that histories without unlocks are long.
"""

from hashlib import sha256

from agent.errors import NightlatchError
from agent.store import tables
from tests.model.dice import Dice
from tests.model.nor import MOODS, Nor, PowerCut
from tests.power.engine import BROKEN, Failed, difference, secrets
from tests.power.shapes import CHIPS, SHAPES
from tests.power.unit import Unit, boot
from tests.power.world import World, look, opens
from wire import numbers as n

START_ERASES = 3
UNLOCK_ERASES = 2
_ALL_KEYS = 8  # so many are looked at in every start; of more, some
_FULL = 32  # starts from one full look to the next
_DEAD_MOST = 400  # secrets that are searched for
_MARK = 12  # bytes of a hash that tell cuts apart
_BROKEN = (NightlatchError, OSError, MemoryError)  # what the agent handles
_ALIVE = (n.CRED_ACTIVE, n.CRED_SUSPECT)


class History:
    """One of them. `starts`, `operations` (starts, slices and steps), `left`: marks of what its cuts left."""

    def __init__(self, name: str, seed: int) -> None:
        self.shape = shape = SHAPES[name]
        self._dice = Dice(seed)
        self.nor = nor = Nor(*CHIPS[shape.chip], seed)
        nor.cut_tear = ""
        self._worlds = [World()]  # what the store may show; the first one is what it shows, once it was looked at
        self._touched: list[int] = []  # keys in which these differ
        self._deep = False  # the last start was cut
        self.left: set[bytes] = set()
        self._boots = self._since = 0  # starts that were counted, as last seen, and those since then
        self.starts = self.operations = self.erases = 0
        if not shape.blank:
            self._prepare()

    def _prepare(self) -> None:
        world = self._worlds[0]
        unit = boot(self.nor)
        world.put(unit.store, tables.AGENT, 1, 48)
        world.put(unit.store, tables.LINK, 1, 21)
        for handle in range(self.shape.keys):
            world.enrol(unit.store)
            world.step(unit.store, handle)
            unit.idle()
        while unit.idle():
            pass
        self._boots = unit.tally.boots

    # --- one start

    def turn(self) -> None:
        """One start, from power to no power. Failed, or whatever is raised that should not be."""
        shape, dice, nor = self.shape, self._dice, self.nor
        self.starts += 1
        self._since += 1
        self.operations += 1
        plan = [self._idle] * self._some(shape.slices) + [self._step] * self._some(shape.steps)
        if shape.arm == "any":
            for at in range(len(plan) - 1, 0, -1):
                other = dice.roll(at + 1)
                plan[at], plan[other] = plan[other], plan[at]
        else:
            plan.reverse()  # the work, and then the idle time that it is for
        armed = self._armed(plan)
        if shape.worn and len(nor.stuck) < shape.worn and dice.roll(300) == 0:
            nor.stuck[dice.roll(nor.sectors)] = ("program", "erase", "refuse")[dice.roll(3)]
        faulty = dice.roll(1000) < shape.faulty
        if faulty:
            nor.fault_at, nor.fault_more = self._far(400), self._far(6)
            nor.torn_fault = dice.roll(2) == 0
        try:
            self._live(plan, armed, faulty)
            self._deep = False
        except PowerCut:
            nor.cut_at, nor.cut_tear = -1, ""
            self._deep = True
            self._count()
            nor.fault_at, nor.fault_more = -1, 0
            if self.starts % 4 == 0:
                self._later()
        finally:
            self.erases += nor.erases
        nor.cut_at = nor.fault_at = -1
        nor.fault_more = 0

    def _live(self, plan: "list[Callable[[Unit], None]]", armed: int, faulty: bool) -> None:
        nor = self.nor
        if armed == 0:
            self._arm()
        try:
            unit = boot(nor, self._dice.roll(MOODS))
        except _BROKEN as error:
            if not faulty:
                raise Failed("the start ends in %r" % error)
            return
        if nor.erases > START_ERASES and not nor.stuck:
            raise Failed("%d erases in a start" % nor.erases)
        self._settle(unit)
        if not faulty:
            counted = unit.tally.boots - self._boots
            if not 0 <= counted <= self._since:
                raise Failed("%d starts are counted in %d" % (counted, self._since))
            self._boots, self._since = unit.tally.boots, 0
        for at in range(len(plan)):
            if armed == at + 1:
                self._arm()
            self.operations += 1
            try:
                plan[at](unit)
            except _BROKEN as error:
                if not faulty and not (nor.stuck and plan[at] == self._idle):
                    raise Failed("%s ends in %r" % (plan[at].__name__, error))
                self._settle(unit, True)
        nor.cut_at = nor.fault_at = -1
        self._settle(unit, len(self._worlds) > 1)
        self._unlock(unit)

    def _armed(self, plan: list) -> int:
        """Before which part of a start the cut is armed: 0 for all of it, -1 for none."""
        shape, dice = self.shape, self._dice
        if dice.roll(1000) >= (500 if self._deep and 0 < shape.cut < 1000 else shape.cut):
            return -1
        if shape.arm == "start":
            return 0
        if shape.arm == "idle":
            return plan.index(self._idle) + 1
        return dice.roll(len(plan) + 1)

    def _arm(self) -> None:
        place = self.shape.place
        self.nor.cut_at = self._far(80 if self._dice.roll(4) == 0 else 10) if place < 0 else place
        self.nor.cut_dice = Dice(self._dice.roll(1 << 20))

    def _some(self, most: int) -> int:
        return max(self.shape.least, self._dice.roll(most + 1)) if most else 0

    def _far(self, most: int) -> int:
        """A number below a limit; most are small."""
        return self._dice.roll(self._dice.roll(most) + 1)

    # --- what is done in it

    def _idle(self, unit: Unit) -> None:
        unit.idle()

    def _step(self, unit: Unit) -> None:
        """Something that a unit does, at random."""
        before, dice = self._worlds[0], self._dice
        world = before.copy()
        if len(world.dead) > _DEAD_MOST:
            world.dead.clear()
        alive = [handle for handle, cred in world.creds.items() if cred[2] in _ALIVE]
        handle = alive[dice.roll(len(alive))] if alive else len(world.creds)
        what = dice.roll(20)
        self._worlds.append(world)
        self._touched.append(handle)
        store = unit.store
        if not alive or (what == 0 and len(world.creds) < self.shape.keys):
            self._touched.append(len(world.creds))
            world.enrol(store)
        elif what == 1 and len(alive) > 1:
            world.standing(store, handle, n.CRED_REVOKED if dice.roll(3) == 0 else n.CRED_SUSPECT)
        elif what == 2:
            world.rename(store, handle, "x" * dice.roll(n.LABEL_MAX + 1))
        elif what == 3:
            ident, size = ((tables.AGENT, 48), (tables.LINK, 21), (tables.UPDATE, 40), (tables.CONFIG + 1, 60))[
                dice.roll(4)
            ]
            world.put(store, ident, self.operations, size)
        elif what < 6:
            world.put(store, tables.CONFIG, self.operations, 4)
        elif what == 6:
            world.advance(store, tables.TIME, int.from_bytes(world.values.get(tables.TIME, b""), "big") + 1)
        elif what == 7:
            unit.steady()
        elif what < 12:
            world.log(store)
        else:
            world.step(store, handle, 1 + max(0, dice.roll(n.EPOCH_AHEAD + 8) - 8))
        self._worlds = [world]
        self._touched = []

    # --- what has to hold

    def _settle(self, unit: Unit, running: bool = False) -> None:
        """The store shows a state that it may show. What a failed step did may differ after the next start."""
        nor = self.nor
        fault_at, nor.fault_at = nor.fault_at, -1
        handles = None
        if len(self._worlds[0].creds) > _ALL_KEYS and self.starts % _FULL:
            handles = sorted({self._dice.roll(self.shape.keys) for _ in range(4)} | set(self._touched))
        seen = look(unit.store, (), handles)
        for world in self._worlds:
            if seen == world.view(handles):
                break
        else:
            raise Failed("between: " + difference(seen, *[world.view(handles) for world in self._worlds]))
        if unit.store.damage():
            raise Failed("reports a damage that is none")
        nor.fault_at = fault_at
        if running:
            self._worlds.remove(world)
            self._worlds.insert(0, world)
            return
        self._worlds = [world]
        self._touched = []
        if not self.shape.faulty and not self.shape.worn and (handles is None or self.starts % 8 == 0):
            secrets(nor, world)

    def _unlock(self, unit: Unit) -> None:
        """The next unlock of some key, which then did not happen. The unit is of no use any more."""
        last = self._worlds[-1]
        keys = [handle for handle, cred in self._worlds[0].creds.items() if cred[2] in _ALIVE]
        keys = [handle for handle in keys if handle in last.creds and last.creds[handle][2] in _ALIVE]
        if not keys:
            return
        nor, handle = self.nor, keys[self._dice.roll(len(keys))]
        kept = bytes(nor.cells), dict(nor.weak), list(nor.wear), nor.erases
        try:
            said = opens(unit.store, self._worlds[0], last, handle)
        except _BROKEN as error:
            raise Failed("key %d is not served: %r" % (handle, error))
        if said:
            raise Failed(said)
        if nor.erases > kept[3] + UNLOCK_ERASES and not nor.stuck:
            raise Failed("%d erases on the path of an unlock" % (nor.erases - kept[3]))
        nor.cells[:] = kept[0]
        nor.weak, nor.wear, nor.erases = kept[1:]

    def _later(self) -> None:
        """After a cut: would a start with good power serve the next unlock?"""
        nor = self.nor
        kept = bytes(nor.cells), dict(nor.weak), list(nor.wear)
        worlds, touched = list(self._worlds), list(self._touched)
        try:
            unit = boot(nor, self._dice.roll(MOODS))
        except _BROKEN as error:
            raise Failed("the start after a cut ends in %r" % error)
        self._settle(unit)
        self._unlock(unit)
        nor.cells[:] = kept[0]
        nor.weak, nor.wear = kept[1:]
        self._worlds, self._touched = worlds, touched

    def _count(self) -> None:
        mark = sha256(self.nor.cells)
        mark.update(str(sorted(self.nor.weak.items())).encode())
        for world in self._worlds:
            mark.update(world.mark())
        self.left.add(mark.digest()[:_MARK])


def play(name: str, seed: int, starts: int) -> "tuple[History, str]":
    """A history of so many starts, or fewer if something does not hold; what that was, after its name."""
    history = History(name, seed)
    try:
        for _ in range(starts):
            history.turn()
    except BROKEN as error:
        where = "history:%s:%d:%d" % (name, seed, history.starts)
        return history, "%s %s %s" % (where, type(error).__name__, str(error)[:300])
    return history, ""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
