# SPDX-License-Identifier: MIT
"""An update's way into a slot, and the word that it works. All that takes long is done in slices, between unlocks."""

import asyncio
import gc
from binascii import crc32

from slots.choice import FACTORY
from slots.slot import BAD, CONFIRMED, READY, TOLD

from wire import bundle
from wire import messages as m
from wire import numbers as n
from wire.errors import WireError

from ..channel.refusals import BATCH, Refused
from ..errors import NightlatchError
from . import check, selftest

_TURN_MS = 20
_LOOK_MS = 1000
_STEADY_S = 5
_GARBAGE = 6 * 1024
_LOOK = 8  # slices between two looks at the heap, for which all of it is walked through


class Updates:
    """One for each agent on a board with slots. `busy`: whether an output is on; `links`: a mask of those that work."""

    def __init__(
        self,
        boot: "Boot",
        car: "Car",
        trust: "Trust",
        busy: "Callable[[], bool]",
        links: "Callable[[], int]",
        restart: "Callable[[], None]",
    ) -> None:
        self.boot = boot
        self.car = car
        self.trust = trust
        self._busy = busy
        self._links = links
        self.restart = restart
        self._slot = boot.slots[boot.target()]
        self._job: "Iterator[int | None] | None" = None
        self.phase = m.UPDATE_IDLE
        self.code = n.C_OK
        self.done = self.total = 0
        self._sure: "tuple[int, int] | None" = None  # blocks programmed since the power came up: no cut is in them
        self._proven = False
        for slot in boot.slots:
            if slot.marked(BAD):
                self._tell(slot)

    # --- requests

    def slot(self) -> "Slot":
        """Where the next update goes."""
        return self._slot

    def begin(self, raw: bytes, fresh: bool) -> None:
        """An update of this manifest follows; what is there of it already stays, unless `fresh`."""
        slot = self.slot()
        if self._job is not None or self.boot.trial:  # until what runs has proved itself, the other one is the way back
            raise Refused(n.C_NO_UPDATE)
        if not self.trust.known():
            raise Refused(n.C_NO_TRUST)
        try:
            manifest = bundle.read(raw)
        except WireError:
            raise Refused(n.C_BAD_IMAGE) from None
        code = check.first_look(manifest, self.car.board, self._next())
        if code == n.C_OK and manifest["size"] > slot.room():
            code = n.C_BAD_IMAGE
        if code != n.C_OK:
            raise Refused(code)
        self.code = n.C_OK
        same = slot.raw() == raw and not fresh and not slot.marked(BAD)
        ready = slot.marked(READY)
        if same and ready and slot.whole():
            self.phase = m.UPDATE_READY
        elif same and not ready:
            if self._sure is None:
                slot.write_manifest(raw)  # the cut may have come in the middle of it
                self._sure = 0, 0
            self.phase = m.UPDATE_RECEIVING
        else:
            self.phase = m.UPDATE_ERASING
            self._job = self._erase(slot, raw)
        self.total = bundle.blocks(manifest["size"])
        self.done = 0

    def floor(self) -> int:
        """The oldest version that may come in: that of what ever proved itself, and of the image."""
        return max(self.trust.read()["floor"], self.boot.oldest)

    def _next(self) -> int:
        """The same, and newer than the slot that runs: of two with one version nobody could say which one starts."""
        running = self.boot.running
        return self.floor() if running == FACTORY else max(self.floor(), self.boot.slots[running].version() + 1)

    def rely_on(self, key: bytes) -> None:
        """From now on updates of this key are taken. What came in under another and proved nothing yet never starts."""
        for index, slot in enumerate(self.boot.slots):
            if index != self.boot.running and slot.marked(READY) and not slot.marked(CONFIRMED):
                slot.mark(BAD)
        if self.phase == m.UPDATE_READY:
            self.phase = m.UPDATE_IDLE
        self.trust.set(key=key)

    def block(self, number: int, data: bytes) -> None:
        """Keeps one block. Refused out of turn, of another length than it has, or when the flash does not take it."""
        slot = self.slot()
        manifest = slot.manifest()
        if self.phase != m.UPDATE_RECEIVING or manifest is None:
            raise Refused(n.C_NO_UPDATE)
        left = manifest["size"] + bundle.TRAILER_SIZE - number * bundle.BLOCK
        if len(data) != min(left, bundle.BLOCK):
            raise Refused(n.C_BAD_REQUEST)
        first, end = self._sure or (0, 0)
        again = first <= number < end
        if not again:
            self._sure = (first if number == end else number), number + 1
        self.done = number + 1
        if not slot.program(number * bundle.BLOCK, data, again):
            raise Refused(n.C_FAULT)

    def crcs(self, first: int) -> "tuple[int, bytes]":
        """(number of the block behind the last one, CRC-32 of each from `first` on) as they are in flash."""
        slot = self.slot()
        manifest = slot.manifest()
        if self.phase != m.UPDATE_RECEIVING or manifest is None:
            raise Refused(n.C_NO_UPDATE)
        size = manifest["size"] + bundle.TRAILER_SIZE
        data = bytearray(bundle.BLOCK)
        out = b""
        while len(out) < BATCH and first * bundle.BLOCK < size:
            at = first * bundle.BLOCK
            view = memoryview(data)[: min(bundle.BLOCK, size - at)]
            slot.nor.read(slot.data_at + at, view)
            out += (crc32(view) & 0xFFFFFFFF).to_bytes(4, "big")
            first += 1
        return first, out

    def finish(self) -> None:
        """All blocks are there: judge them."""
        if self.phase == m.UPDATE_READY:
            return
        if self.phase != m.UPDATE_RECEIVING:
            raise Refused(n.C_NO_UPDATE)
        self.phase = m.UPDATE_CHECKING
        self._job = self._judge(self.slot())

    def begin_trial(self) -> None:
        """The next start is that of the update; what works now must work then."""
        if self.phase != m.UPDATE_READY:
            raise Refused(n.C_NO_UPDATE)
        self.trust.set(links=self._links())

    def roll_back(self) -> None:
        """What runs never starts again."""
        if self.boot.running == FACTORY:
            raise Refused(n.C_NO_UPDATE)
        self.boot.give_up()

    def state(self, index: int) -> int:
        """SLOT_… of a slot."""
        slot = self.boot.slots[index]
        if slot.manifest() is None:
            return m.SLOT_EMPTY
        if slot.marked(BAD):
            return m.SLOT_BAD
        if not slot.marked(READY):
            return m.SLOT_PART
        if slot.marked(CONFIRMED):
            return m.SLOT_CONFIRMED
        return m.SLOT_TRIAL if slot.tries() else m.SLOT_READY

    # --- idle work

    async def run(self) -> None:
        """Serves for ever, a slice at a time."""
        clock = self.car.clock
        looked = clock.ms()
        kept = gc.mem_alloc()
        turns = 0
        while True:
            await asyncio.sleep_ms(_TURN_MS if self._job is None else 0)
            if self.phase == m.UPDATE_ERASING and self._busy():
                await asyncio.sleep_ms(_TURN_MS)  # an erase may hold up all else
                continue
            if self._job is not None:
                self._step(self._job)
                turns += 1
                if turns % _LOOK == 0 and gc.mem_alloc() - kept > _GARBAGE:
                    gc.collect()
                    kept = gc.mem_alloc()
            if not self._proven and clock.since(looked) >= _LOOK_MS:
                looked = clock.ms()
                if clock.uptime() >= _STEADY_S:
                    with self.car.gate.guard:
                        self._prove()

    def _step(self, job: "Iterator[int | None]") -> None:
        try:
            code = next(job)
        except (NightlatchError, OSError, MemoryError):
            code = n.C_FAULT
        if code is None:
            return
        self._job = None
        self.code = code
        if self.phase == m.UPDATE_ERASING:
            self.phase = m.UPDATE_RECEIVING if code == n.C_OK else m.UPDATE_REFUSED
        else:
            self.phase = m.UPDATE_READY if code == n.C_OK else m.UPDATE_REFUSED
            self._note(n.EVENT_UPDATE, n.OK if code == n.C_OK else n.BAD_TAG, self.slot().version())

    def _erase(self, slot: "Slot", raw: bytes) -> "Iterator[int | None]":
        """The manifest that was is void before the first sector goes; the new one is written behind the last."""
        if slot.manifest() is not None:
            slot.kill()
        size = bundle.read(raw)["size"] + bundle.TRAILER_SIZE
        self.total = 1 + (size + slot.nor.sector_size - 1) // slot.nor.sector_size
        for sector in range(self.total):
            yield None
            slot.nor.erase(sector)
            self.done = sector + 1
        if not slot.blank():
            yield n.C_FAULT
            return
        slot.write_manifest(raw)
        self._sure = 0, 0
        self.done, self.total = 0, bundle.blocks(size - bundle.TRAILER_SIZE)
        yield n.C_OK if slot.raw() == raw else n.C_FAULT

    def _judge(self, slot: "Slot") -> "Iterator[int | None]":
        key = self.trust.read()["key"]
        for code in check.judge(slot, self.car.board, self.floor(), key):
            if code == n.C_OK and self.trust.read()["key"] != key:
                code = n.C_BAD_SIGNATURE
            if code == n.C_OK:
                with self.car.gate.guard:  # any start from now on is that of the update
                    self.trust.set(links=self._links())
                slot.mark(READY)
            yield code

    def _prove(self) -> None:
        """An agent out of a slot says that it works: its store is there, the links that should be are up, it judges."""
        boot = self.boot
        self._proven = boot.running == FACTORY
        if self._proven or self.car.faulty:
            return
        needed = self.trust.read()["links"] if boot.trial else 0
        if self._links() & needed != needed or not selftest.passes():
            return
        self._proven = True
        version = boot.slots[boot.running].version()
        if boot.steady():
            self._note(n.EVENT_CONFIRMED, n.OK, version)
        self.trust.set(floor=version)

    def leaving(self) -> None:
        """A restart that was asked for is no crash."""
        if self.boot.running != FACTORY and not self.boot.trial:
            self.boot.slots[self.boot.running].forgive()

    def _tell(self, slot: "Slot") -> None:
        """Logs, once, that an update was given up."""
        if not self.car.faulty and not slot.marked(TOLD):
            slot.mark(TOLD)
            self._note(n.EVENT_FALLBACK, n.OK, slot.version())

    def _note(self, event: int, verdict: int, version: int) -> None:
        self.car.audit.note(n.LINK_INTERNAL, event, n.HANDLE_NONE, verdict, version & 0xFFFF)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slots.choice import Boot
    from slots.slot import Slot

    from ..channel.car import Car
    from .trust import Trust
