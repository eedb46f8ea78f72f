# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the agent's gate and channel over flash in RAM, driven by one command a line on stdin.

No radio and no real time: an attack of thousands of steps takes seconds. gate_bench.py is the other end.
"""

import hashlib
import os
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
from agent.gate import Gate
from agent.office import Office
from agent.store.journal import Journal
from agent.store.tables import Store
from wire import numbers as n

HEALTH = {"boots": 0, "doors": 0, "reader": 0, "radio": 0, "frames_bad": 0, "retired": 0, "reader_faults": 0}
HEALTH.update({"restarts": 0, "crashes": 0, "light": n.LIGHT_WELL})


class RamNor:
    """NOR flash in a bytearray: programming only clears bits."""

    sector_size = 1024
    page_size = 256

    def __init__(self, sectors=24):
        self.sectors = sectors
        self.data = bytearray(b"\xff" * (self.sectors * self.sector_size))

    def read(self, addr, buf):
        """Fills buf."""
        buf[:] = self.data[addr : addr + len(buf)]

    def program(self, addr, data):
        """Clears bits."""
        for i, byte in enumerate(data):
            self.data[addr + i] &= byte

    def erase(self, sector):
        """Sets a sector to 0xFF."""
        start = sector * self.sector_size
        self.data[start : start + self.sector_size] = b"\xff" * self.sector_size


class Pin:
    """An output that counts how often it goes on."""

    def __init__(self, bench, action):
        self._bench = bench
        self._action = action

    def value(self, level):
        """Sets the level."""
        if level:
            self._bench.moves.append(self._action)


class NoTimer:
    """Pulses end when the next one begins."""

    def arm(self, ms, done):
        """Forgets it."""

    def cancel(self):
        """Has nothing to forget."""


class Bench:
    """One car without links. Each method is a command: words in, words out."""

    def __init__(self):
        self.flash = RamNor()
        self.saved = {}
        self.now = 0
        self.moves = []
        self.noted = []
        self.source = os.urandom
        self.held = False

    def boot(self):
        """Starts the agent on the flash as it is."""
        self.clock = Clock(lambda: self.now, time.ticks_diff)
        self.store = store = Store(Journal(self.flash))
        store.mount()
        actions = (n.UNLOCK, n.LOCK, n.TRUNK, n.DRIVE)
        actuator = Actuator({action: Pin(self, action) for action in actions}, NoTimer())
        self.audit = Audit(store, self.clock, lambda entry: self.noted.append(entry["verdict"]))
        self.config = Config(store)
        random = Entropy(lambda size: self.source(size))
        consent = Consent(store, self.clock, self.audit)
        office = Office(store, self.audit, self.clock, self.config, actuator, random, consent)
        office.button = lambda: self.held
        self.gate = Gate(office)
        self.car = Car(
            "UNIX", "0", "bench", store, self.gate, self.audit, self.clock, random, LinkKey(store), lambda: self.held
        )
        self.car.load()
        self.channel = Channel(self.car, Requests(self.car, self.config, lambda: HEALTH, lambda: None))

    def new(self, agent_id, claim_key, sectors=24):
        """A blank car that is claimed; "-" leaves it blank."""
        self.flash = RamNor(int(sectors))
        self.boot()
        if agent_id != "-":
            self.car.claim(bytes.fromhex(agent_id), bytes.fromhex(claim_key))

    def enrol(self, handle, role, rights, root, kind=n.KIND_PHONE):
        """A key."""
        handout, first = chain.first_keys(bytes.fromhex(root), self.car.agent_id, int(handle))
        self.store.enrol(int(handle), int(kind), int(role), int(rights), "", handout, first)

    def roll(self, handle, epoch, key):
        """Puts a key at an epoch, with the chain key that the car expects there."""
        self.store.step(self.store.find(int(handle)), int(epoch), bytes.fromhex(key), None, bytes(16))

    def generation(self, handle, generation):
        """Puts the passes of a key at a generation."""
        cred = self.store.find(int(handle))
        assert cred is not None
        cred.generation = int(generation)
        self.store.amend(cred)

    def state(self, handle, state):
        """Gives a key a standing."""
        self.store.set_state(self.store.find(int(handle)), int(state))

    def cred(self, handle):
        """Where a key stands."""
        cred = self.store.find(int(handle))
        assert cred is not None
        return (cred.epoch, cred.state)

    def chal(self, link):
        """A challenge."""
        return (self.gate.challenge(int(link)).hex(),)

    def tok(self, link, token):
        """Presents a token: the answer, whether it was accepted, and every output that moved."""
        self.moves.clear()
        answer, accepted = self.gate.present(int(link), bytes.fromhex(token) if token != "-" else b"")
        return (answer.hex(), int(accepted), "".join(str(action) for action in self.moves) or "-")

    def drop(self, link):
        """The connection is gone."""
        self.gate.drop(int(link))

    def frame(self, payload):
        """One payload to the technician's channel."""
        self.moves.clear()
        answer = self.channel.handle(bytes.fromhex(payload))
        return (answer.hex(), len(self.moves))

    def advert(self):
        """The advertisement's bytes."""
        return (self.gate.advert().hex(),)

    def wait(self, ms):
        """Time goes by; the clock is looked at once a day, as it asks for."""
        left = int(ms)
        while left:
            step = min(left, 86_400_000)
            self.now = time.ticks_add(self.now, step)
            left -= step
            self.clock.tick()

    def set(self, name, value):
        """A setting."""
        self.config.set(name, int(value))

    def button(self, level):
        """Holds the button inside the car, or lets go."""
        self.held = level == "1"

    def watch(self):
        """Looks at the button, as the agent does a few times a second."""
        self.car.watch()

    def room(self):
        """How many handles were given, and how many fit."""
        return (self.store.next_handle(), self.store.capacity())

    def random(self, mode):
        """Breaks the random source."""
        sources = {
            "good": os.urandom,
            "zeros": lambda size: bytes(size),
            "same": lambda size: bytes(i * 37 & 0xFF for i in range(size)),
            "short": lambda size: os.urandom(size - 1),
            "raises": self.no_random,
        }
        self.source = sources[mode]

    def no_random(self, size):
        """A source that fails."""
        raise OSError(5)

    def flush(self):
        """Writes the log."""
        self.audit.flush()

    def verdicts(self):
        """What was logged since the last time."""
        found = tuple(self.noted) or ("-",)
        self.noted.clear()
        return found

    def hash(self):
        """A digest of the flash."""
        return (hashlib.sha256(self.flash.data).digest().hex(),)

    def faults(self):
        """What went wrong inside the gate."""
        return (self.gate.faults,)

    def save(self, name):
        """Keeps the flash as it is."""
        self.saved[name] = bytes(self.flash.data)

    def load(self, name):
        """Brings a kept flash back, starts on it, and has the idle time that every start has."""
        self.flash.data[:] = self.saved[name]
        self.boot()
        while self.store.maintain():
            pass


def main():
    """Serves until stdin ends."""
    bench = Bench()
    while True:
        words = sys.stdin.readline().split()
        if not words:
            break
        try:
            said = getattr(bench, words[0])(*words[1:]) or ()
        except Exception as error:
            sys.print_exception(error, sys.stderr)
            said = ("!" + type(error).__name__,)
        print(*said)


main()
