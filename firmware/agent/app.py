# SPDX-License-Identifier: MIT
"""The composition root: builds every object of the agent and ties them together. Nowhere else does."""

import asyncio
import gc

from wire import numbers as n

from . import time_floor
from .actuator import Actuator
from .actuator.light import Light
from .audit import Audit
from .channel.car import Car
from .channel.channel import Channel
from .channel.linkkey import LinkKey
from .channel.requests import Requests
from .clock import Clock
from .config import Config
from .consent import Consent
from .crypto.entropy import Entropy
from .errors import NightlatchError, StoreError
from .gate import Gate
from .hal import Hal
from .link.ble import BleLink
from .link.nfc import NfcLink
from .link.serial import SerialLink
from .office import Office
from .reader.desk import Desk
from .store import tables
from .store.journal import Journal
from .store.tally import Tally
from .supervisor import Hung, Supervisor
from .version import FIRMWARE

_FEED_MS = 1000
_IDLE_MS = 50
_LOOK = 20  # turns of the idle task between two looks at the heap, for which all of it is walked through
_REBOOT_MS = 200
_TIRED_MS = 5000
_GARBAGE = 6 * 1024
_HOUR_S = 3600
_STEADY_S = 60
_CRASHES = 3  # starts in a row that did not last a minute: no accident any more
# name of a job: the link that the log names, ms without progress before it is started again
_JOBS = {
    "serial": (n.LINK_SERIAL, 10000),
    "nfc": (n.LINK_NFC, 30000),
    "ble": (n.LINK_BLE, 10000),
    "idle": (n.LINK_INTERNAL, 30000),
    "update": (n.LINK_INTERNAL, 0),  # its slices are judged by the trial's own limit
}


class App:
    """The agent on one board."""

    def __init__(self, hal: "Base", boot: "Boot | None" = None) -> None:
        self._hal = hal
        self._clock = clock = Clock(hal.ticks_ms, hal.ticks_diff)
        self._actuator = actuator = Actuator(hal.pins, hal.timer)  # first of all: every output off
        self._over = False  # a factory reset was done: nothing is written any more
        faulty = self._mount()
        gc.collect()  # what reading the flash left makes room for what stays
        store = self._store
        self._audit = audit = Audit(store, clock, hal.trace)
        random = Entropy(hal.random)
        config = Config(store)
        office = Office(store, audit, clock, config, actuator, random, Consent(store, clock, audit))
        office.button = hal.button
        self._gate = gate = Gate(office)
        car = Car(hal.board, FIRMWARE, hal.unique, store, gate, audit, clock, random, LinkKey(store), hal.button)
        car.faulty = faulty
        car.claimed = self._claimed
        car.reset = self._forget
        self._car = car
        self._light = Light(hal.led, clock)
        self._tally = Tally(store, self._journal)
        if not faulty:
            car.load()
            self._count_start()
            random.mix(car.secret() + self._tally.boots.to_bytes(4, "big"))
        self._supervisor = Supervisor(clock, hal.feed, self._failed)
        self._nfc: "NfcLink | None" = None
        self._ble: "BleLink | None" = None
        self._updates: "Updates | None" = None
        desk = None if hal.reader is None else Desk(clock)
        requests = Requests(car, config, self._health, self._reboot, desk)
        self._serial = SerialLink(hal.serial, Channel(car, requests), gate.guard)
        serial = self._add("serial", self._serial.run)
        serial.idle, self._serial.beat = self._serial.idle, serial.beat
        if hal.reader is not None:
            self._nfc = NfcLink(hal.reader, gate, clock, desk, hal.reader_reset, self._reader_told, hal.chip)
            self._nfc.beat = self._add("nfc", self._nfc.run).beat
            if desk is not None:
                desk.beat = self._nfc.beat
        self._radio_job = self._add("ble", self._radio)
        self._idle_job = self._add("idle", self._idle)
        if boot is not None and boot.slots:
            requests.more = self._take_updates(boot, car)

    def _mount(self) -> bool:
        """Opens the store, and ends a factory reset that was cut. Whether it is faulty."""
        while True:
            self._journal = Journal(self._hal.flash)
            self._store = store = tables.Store(self._journal)
            self._journal.beat = self._hal.feed  # a watchdog may be running already
            self._readable = False
            try:
                store.mount()
                self._readable = True
                if store.get(tables.WIPE) is None:
                    return store.claim_lost()
                from .store import wipe

                wipe.finish(store, self._journal)
            except (NightlatchError, OSError, MemoryError):
                return True  # nothing opens; the technician is told, and nothing is formatted

    def _forget(self) -> None:
        """A factory reset: keys, settings and log are gone, and the next start is that of a blank agent."""
        from .store import wipe  # here and above: it takes heap that few starts need

        marked = False
        if self._readable:
            try:
                wipe.begin(self._store)
                marked = True
            except StoreError:
                pass  # a flash that takes nothing more: what can be erased is
        self._over = self._car.faulty = True
        self._gate.disarm()
        try:
            if marked:
                wipe.finish(self._store, self._journal)
            else:
                wipe.erase(self._hal.flash, self._hal.feed)
        finally:
            self._reboot()

    def _take_updates(self, boot: "Boot", car: Car) -> "Answers":
        """Imported here: a board without slots has 7 KB more of heap for its keys."""
        from .update.requests import Answers
        from .update.trust import Trust
        from .update.updates import Updates

        self._updates = updates = Updates(boot, car, Trust(self._store), self._moving, self._up, self._reboot)
        self._add("update", updates.run)
        return Answers(updates)

    def _add(self, name: str, start: "Callable[[], Coroutine]") -> "Job":
        return self._supervisor.add(name, start, _JOBS[name][1])

    async def run(self) -> None:
        """Serves for ever."""
        await self._supervisor.run(_FEED_MS)

    def _count_start(self) -> None:
        try:
            self._tally.start()
        except NightlatchError:
            pass  # it is only told
        self._audit.note(n.LINK_INTERNAL, n.EVENT_BOOT, n.HANDLE_NONE, n.OK, self._tally.boots, wait=True)
        crashes = self._tally.crashes
        if crashes == _CRASHES or crashes > _CRASHES and crashes & crashes - 1 == 0:
            self._audit.note(n.LINK_INTERNAL, n.EVENT_CRASHES, n.HANDLE_NONE, n.FAULT, crashes)

    async def _radio(self) -> None:
        ble = self._hal.radio()
        if ble is None:  # a board without: nothing to serve, nothing to restart
            self._radio_job.limit = 0
        while ble is None:
            await asyncio.sleep(3600)
        self._ble = BleLink(ble, self._gate, self._clock, self._hal.uuid)
        self._ble.beat = self._radio_job.beat
        await self._ble.run()

    async def _idle(self) -> None:
        """What must not happen on the path of an unlock: writing the log, erasing ahead, collecting garbage."""
        kept = turns = 0
        steady = False
        tired: "int | None" = None
        hour = self._clock.uptime()
        while True:
            await asyncio.sleep_ms(_IDLE_MS)
            self._idle_job.beat()
            self._car.watch()
            self._light.show(self._condition())
            self._light.tick()
            if self._over or tired is not None and self._clock.since(tired) < _TIRED_MS:
                continue
            tired = None
            with self._gate.guard:
                self._audit.flush()
            if not self._actuator.pulsing:
                try:
                    with self._gate.guard:
                        self._upkeep()
                    if self._clock.uptime() - hour >= _HOUR_S:
                        hour = self._clock.uptime()
                        self._keep_time()
                    if not steady and self._clock.uptime() >= _STEADY_S:
                        steady = True
                        with self._gate.guard:
                            self._tally.steady()
                            self._audit.flush(True)
                except NightlatchError:
                    tired = self._clock.ms()  # full, or the flash refuses: what is there stays readable
                turns += 1
                if turns % _LOOK == 0 and gc.mem_alloc() - kept > _GARBAGE:
                    gc.collect()
                    kept = gc.mem_alloc()

    def _upkeep(self) -> None:
        self._counted()  # and then, at once, what it leaves to do: the head may be full now
        self._store.maintain()

    def _counted(self) -> None:
        """Makes the next tally when there is need of one."""
        try:
            if not self._car.faulty:
                self._tally.renew()
        except NightlatchError:
            pass  # no room for it yet: it is only told

    def _keep_time(self) -> None:
        with self._gate.guard:
            time_floor.keep(self._store, self._clock)

    def _claimed(self) -> None:
        self._counted()
        if self._ble is not None:
            self._ble.renew()

    def _condition(self) -> int:
        """What the light shows: the most pressing of what is so."""
        if self._car.faulty:
            return n.LIGHT_FAULTY
        if self._tally.crashes >= _CRASHES:
            return n.LIGHT_CRASHES
        if self._nfc is not None and self._nfc.health.alarm:
            return n.LIGHT_READER
        if self._ble is not None and self._ble.state != "ok":
            return n.LIGHT_RADIO
        if self._updates is not None and self._updates.boot.trial:
            return n.LIGHT_TRIAL
        return n.LIGHT_WELL if self._car.agent_id else n.LIGHT_BLANK

    def _health(self) -> dict:
        return {
            "boots": self._tally.boots & 0xFFFF,
            "doors": self._actuator.doors,
            "reader": 0 if self._nfc is None else (1 if self._nfc.state == "ok" else 2),
            "reader_faults": 0 if self._nfc is None else min(self._nfc.health.faults, 0xFFFF),
            "radio": 0 if self._ble is None else (1 if self._ble.state == "ok" else 2),
            "frames_bad": self._serial.bad(),
            "retired": self._journal.retired(),
            "restarts": min(self._supervisor.restarts, 0xFFFF),
            "crashes": min(self._tally.crashes, 0xFFFF),
            "light": self._light.shows,
        }

    def _moving(self) -> bool:
        return bool(self._actuator.pulsing)

    def _up(self) -> int:
        """A mask of the links that work."""
        reader = self._nfc is not None and self._nfc.state == "ok"
        radio = self._ble is not None and self._ble.state == "ok"
        return reader << n.LINK_NFC | radio << n.LINK_BLE

    def _reader_told(self, gone: bool) -> None:
        self._audit.note(n.LINK_INTERNAL, n.EVENT_READER, n.HANDLE_NONE, n.FAULT if gone else n.OK)

    def _failed(self, job: "Job", error: Exception) -> None:
        """Each doubling of a job's failures is worth an entry: one that fails for ever must not fill the log."""
        if job.failures & (job.failures - 1) == 0:
            event = n.EVENT_HUNG if isinstance(error, Hung) else n.EVENT_FAULT
            self._audit.note(_JOBS[job.name][0], event, n.HANDLE_NONE, n.FAULT, job.failures)

    def _reboot(self) -> None:
        asyncio.create_task(self._restart())

    async def _restart(self) -> None:
        await asyncio.sleep_ms(_REBOOT_MS)  # the answer leaves first
        self._actuator.stop()
        if self._updates is not None:
            self._updates.leaving()
        self._hal.reset()


def main(wiring: dict, boot: "Boot") -> None:
    """What firmware/start.py calls, in the image and in a slot."""
    gc.collect()  # of what loading left; what is made from here on stays
    gc.threshold(-1)  # from here on the idle task collects, never the path of an unlock
    asyncio.run(App(Hal(wiring), boot).run())


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from slots.choice import Boot

    from .hal.base import Base
    from .supervisor import Job
    from .update.requests import Answers
    from .update.updates import Updates
