# SPDX-License-Identifier: MIT
"""For tests that run on the target: the agent's real modules on flash in RAM, with a clock that obeys and a diary.

A script ends in `run(globals())`: each of its test_… functions gets a line, "ok name" or "FAIL name" and the traceback.
"""

import sys
import time

from agent.actuator import Actuator
from agent.audit import Audit
from agent.channel.car import Car
from agent.channel.channel import Channel
from agent.channel.linkkey import LinkKey
from agent.channel.requests import Requests
from agent.clock import Clock
from agent.config import Config
from agent.consent import Consent
from agent.credential import chain
from agent.crypto.entropy import Entropy
from agent.errors import StoreError
from agent.gate import Gate
from agent.office import Office
from agent.store import tables
from agent.store.journal import Journal
from tests.kit.phone import AGENT_ID, CLAIM_KEY, Phone
from wire import numbers as n

BLE = n.LINK_BLE << 8 | 1
OTHER = n.LINK_BLE << 8 | 2
NFC = n.LINK_NFC << 8
ALL = n.RIGHTS_KNOWN


class Cut(StoreError):
    """The failure that a test asked for."""


class RamNor:
    """NOR flash in RAM by the contract of agent/store/flash/filenor.py; counts its work, and fails when told to."""

    def __init__(self, diary, sectors=16):
        self.sectors, self.sector_size, self.page_size = sectors, 4096, 256
        self.data = bytearray(b"\xff" * (sectors * 4096))
        self.programmed = self.erased = 0
        self.fails = None  # an exception: raised in place of a program
        self._diary = diary

    def read(self, addr, buf):
        view = memoryview(self.data)[addr : addr + len(buf)]
        if len(view) != len(buf):
            raise StoreError("read behind the end")
        buf[:] = view

    def program(self, addr, data):
        if self.fails is not None:
            raise self.fails
        if addr // 4096 != (addr + len(data) - 1) // 4096:
            raise StoreError("program crosses a sector")
        self.programmed += len(data)
        for at in range(len(data)):
            self.data[addr + at] &= data[at]
        self._diary.append("program")

    def erase(self, sector):
        self.erased += 1
        self.data[sector * 4096 : sector * 4096 + 4096] = b"\xff" * 4096
        self._diary.append("erase")


class Pin:
    """An output that writes its edges down."""

    def __init__(self, name, diary):
        self.name, self.level, self.fails = name, 0, None
        self._diary = diary

    def value(self, level):
        if level and self.fails is not None:
            raise self.fails
        if level != self.level:
            self._diary.append("%s %d" % (self.name, level))
        self.level = level


class Timer:
    """A one-shot timer that goes off when the test says so."""

    def __init__(self, diary):
        self.armed = None
        self.fails = None
        self._diary = diary

    def arm(self, ms, done):
        if self.fails is not None:
            raise self.fails
        self._diary.append("arm %d" % ms)
        self.armed = done

    def cancel(self):
        self.armed = None

    def fire(self):
        done, self.armed = self.armed, None
        done(self)


class Ticks:
    """MicroPython's own wrapping milliseconds, moved by hand."""

    def __init__(self):
        self.now = time.ticks_add(0, -2500)  # close before the wrap

    def ms(self):
        return self.now

    def go(self, ms):
        while ms:
            step = min(ms, 1 << 20)
            self.now = time.ticks_add(self.now, step)
            ms -= step


class Source:
    """Random bytes from the system, or a source that has stuck."""

    def __init__(self):
        self.stuck = False

    def __call__(self, size):
        import os

        return bytes(size) if self.stuck else os.urandom(size)


class Bench:
    """An agent without links. `claim` makes it a car; `restart` boots it again from the same flash."""

    def __init__(self, claim=True, flash=None):
        self.diary = getattr(flash, "_diary", [])
        self.flash = flash or RamNor(self.diary)
        self.ticks = Ticks()
        self.clock = clock = Clock(self.ticks.ms, time.ticks_diff)
        self.source = Source()
        self.random = Entropy(self.source)
        names = {n.UNLOCK: "unlock", n.LOCK: "lock", n.TRUNK: "trunk", n.DRIVE: "drive"}
        self.pins = {action: Pin(name, self.diary) for action, name in names.items()}
        self.timer = Timer(self.diary)
        self.actuator = Actuator(self.pins, self.timer)
        self.journal = Journal(self.flash)
        self.store = tables.Store(self.journal)
        self.store.mount()
        self.entries = []
        self.audit = Audit(self.store, clock, self.entries.append)
        self.config = Config(self.store)
        consent = Consent(self.store, clock, self.audit)
        self.office = Office(self.store, self.audit, clock, self.config, self.actuator, self.random, consent)
        self.office.button = self.held
        self.gate = Gate(self.office)
        self.button = False
        self.reboots = 0
        self.link_key = LinkKey(self.store)
        self.car = Car(
            "UNIX",
            "0",
            "serial",
            self.store,
            self.gate,
            self.audit,
            clock,
            self.random,
            self.link_key,
            self.held,
        )
        self.requests = Requests(self.car, self.config, self.health, self.reboot)
        self.channel = Channel(self.car, self.requests)
        self.car.load()
        if claim and not self.car.agent_id:
            self.car.claim(AGENT_ID, CLAIM_KEY)

    def held(self):
        return self.button

    def reboot(self):
        self.reboots += 1

    def health(self):
        state = {"boots": 1, "doors": self.actuator.doors, "reader": 0, "radio": 1, "frames_bad": 0, "reader_faults": 0}
        state.update({"restarts": 0, "crashes": 0, "light": n.LIGHT_WELL})
        state["retired"] = self.journal.retired()
        return state

    def restart(self):
        return Bench(claim=bool(self.car.agent_id), flash=self.flash)

    def enrol(self, rights=ALL, role=n.ROLE_OWNER, label=""):
        handle = self.store.next_handle()
        root = bytes((handle >> 8, handle & 255)) + bytes(14)
        handout, first = chain.first_keys(root, AGENT_ID, handle)
        self.store.enrol(handle, n.KIND_PHONE, role, rights, label, handout, first)
        return Phone(handle, handout, first)

    def used(self, times=1, **given):
        """A key that was used so often; the log is read, and nothing moves any more."""
        phone = self.enrol(**given)
        for _ in range(times):
            assert self.ask(phone)[1]
        self.actuator.stop()
        self.moved()
        self.verdicts()
        return phone

    def stands(self, handle=0):
        """All that a token could have changed of a credential."""
        cred = self.cred(handle)
        return cred.epoch, cred.attempt, cred.chain, cred.before, cred.identity, cred.state

    def cred(self, handle=0):
        """The credential as it stands in flash."""
        return self.store.find(handle)

    def rot(self, content):
        """Flips a bit of the newest place of the flash that holds these bytes."""
        at = self.flash.data.rfind(content)
        assert at >= 0
        self.flash.data[at + 1] ^= 4

    def moved(self):
        """Edges of outputs since it was asked last."""
        edges = [word for word in self.diary if word[-2:] in (" 0", " 1")]
        self.diary[:] = []
        return edges

    def ask(self, phone, action=n.UNLOCK, link=BLE, flags=0, body=b"", ahead=0):
        """One whole exchange: (verdict as the phone reads it, accepted, state bytes)."""
        token = phone.token(self.gate.challenge(link), action, flags, body, ahead)
        answer, accepted = self.gate.present(link, token)
        assert len(answer) >= n.ANSWER_SIZE
        status, state = phone.read(answer)
        assert accepted == (status == n.OK and action != n.REPORT)
        return status, accepted, state

    def verdicts(self):
        """(action, handle, verdict) of the log entries since it was asked last."""
        found = [(entry["action"], entry["handle"], entry["verdict"]) for entry in self.entries]
        self.entries[:] = []
        return found


def raises(kind, call, *args):
    """Whether the call raises that exception."""
    try:
        call(*args)
    except kind:
        return True
    return False


def run(names):
    """Runs every test_… function of a module."""
    for name in sorted(names):
        if name.startswith("test_"):
            try:
                names[name]()
                print("ok", name)
            except Exception as error:
                print("FAIL", name)
                sys.print_exception(error, sys.stdout)
