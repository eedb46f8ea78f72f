# SPDX-License-Identifier: MIT
"""On the emulated board: instructions and heap bytes of a call, and an agent on a flash image filled before."""

import gc
import hashlib

import machine
import mps2

from agent.actuator import Actuator
from agent.audit import Audit
from agent.channel.car import Car
from agent.channel.linkkey import LinkKey
from agent.clock import Clock
from agent.config import Config
from agent.consent import Consent
from agent.credential import chain
from agent.crypto.entropy import Entropy
from agent.gate import Gate
from agent.office import Office
from agent.store import tables
from agent.store.flash.rp2nor import Rp2Nor
from agent.store.journal import Journal
from tests.bench.board_ticks import instructions
from tests.kit.phone import AGENT_ID, Phone
from wire import numbers as n

BLE = n.LINK_BLE << 8 | 1


def _nothing(*args):
    pass


def _span(job, args):
    start = mps2.ticks()
    job(*args)
    return instructions(start)


def count(job, *args):
    """Instructions of job(*args), without the call itself. Garbage is collected before and not meanwhile.

    After a collection the first to take a block looks for it from the start of the heap. In the agent that is the idle
    task that collected; here it is the call that is taken off.
    """
    gc.collect()
    gc.disable()
    try:
        call = _span(_nothing, args)
        call = _span(_nothing, args)
        return _span(job, args) - call
    finally:
        gc.enable()


def heap(job, *args):
    """Heap bytes that job(*args) takes, the collector off meanwhile; what it returned."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    result = job(*args)
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken, result


class Pin:
    """An output with nothing behind it."""

    def value(self, level):
        pass


class Timer:
    """The chip's own timer, as hal/base.py arms it."""

    def __init__(self):
        self._timer = machine.Timer(-1)

    def arm(self, ms, done):
        self._timer.init(mode=machine.Timer.ONE_SHOT, period=ms, callback=done)

    def cancel(self):
        self._timer.deinit()


class Drawn:
    """A source that never repeats itself and is the same in every run: a measurement's, nobody's key."""

    def __init__(self):
        self._pool = b"".join([hashlib.sha256(b"%d" % i).digest() for i in range(128)])
        self._at = 0

    def __call__(self, size):
        if self._at + size > len(self._pool):
            self._at = 1  # out of step with the round before
        at, self._at = self._at, self._at + size
        return self._pool[at : at + size]


class Agent:
    """What the path of an unlock needs, on the flash image of the command line; no links."""

    def __init__(self, path, sectors):
        import time

        self.clock = clock = Clock(time.ticks_ms, time.ticks_diff)
        self.store = store = tables.Store(Journal(Rp2Nor(mps2.Flash(path, sectors * 4096), 0, sectors)))
        store.mount()
        actions = (n.UNLOCK, n.LOCK, n.TRUNK, n.DRIVE)
        self.actuator = Actuator({action: Pin() for action in actions}, Timer())
        self.audit = Audit(store, clock)
        self.random = random = Entropy(Drawn())
        config = Config(store)
        consent = Consent(store, clock, self.audit)
        self.gate = Gate(Office(store, self.audit, clock, config, self.actuator, random, consent))
        car = Car("b", "0", "s", store, self.gate, self.audit, clock, random, LinkKey(store), lambda: False)
        car.load()
        self.settle()

    def settle(self):
        """What idle time does."""
        self.audit.flush()
        while self.store.maintain():
            pass

    def phone(self, handle):
        """The holder of a key that board_fill.py enrolled, never used."""
        root = bytes((handle >> 8, handle & 255)) + bytes(14)
        return Phone(handle, *chain.first_keys(root, AGENT_ID, handle))

    def ask(self, phone, action=n.UNLOCK):
        """One exchange, not measured."""
        answer, accepted = self.gate.present(BLE, phone.token(self.gate.challenge(BLE), action))
        phone.read(answer)
        self.settle()
        return accepted
