# SPDX-License-Identifier: MIT
"""For tests that run on the target: a board with two slots for updates, on flash in RAM, and a host's part."""

import gc
import json

from slots.choice import Boot
from slots.slot import CONFIRMED, Slot

from agent.update.trust import Trust
from agent.update.updates import Updates
from tests.kit.target import Bench
from tests.model.nor import Nor
from wire import bundle
from wire import messages as m
from wire import numbers as n

SECTORS = 3
with open("tests/vectors/update.json") as file:
    VECTORS = json.load(file)
ONE, TWO = [bytes.fromhex(VECTORS["good"][name]) for name in ("one", "two")]
KEY = bytes.fromhex(VECTORS["fingerprint"])


def chip():
    return Nor(SECTORS, 4096, 256)


class Car:
    """A board with two slots, and the updates of the agent that runs on it."""

    def __init__(self, chips=None, crashed=False, bench=None, image=0):
        self.chips = chips or [chip(), chip()]
        self.bench = bench or Bench()
        self.boot = Boot([Slot(nor, lambda: None) for nor in self.chips], "UNIX", image)
        self.boot.choose(crashed)
        self.trust = Trust(self.bench.store)
        if not self.trust.known():
            self.trust.set(key=KEY)
        self.links = 12
        self.restarts = 0
        self.updates = Updates(
            self.boot, self.bench.car, self.trust, lambda: False, lambda: self.links, self.restart
        )

    def restart(self):
        self.restarts += 1

    def again(self, crashed=False, image=0):
        """The next start; image: the version of the agent in it."""
        for nor in self.chips:
            nor.power_up(0)
        return Car(self.chips, crashed, self.bench, image)

    def work(self):
        """Idle time, until nothing is left to do."""
        while self.updates._job is not None:
            self.updates._step(self.updates._job)

    def take(self, data, fresh=False):
        """What a host does; the code that it ends with."""
        raw, body = data[: bundle.MANIFEST_SIZE], data[bundle.MANIFEST_SIZE :]
        try:
            self.updates.begin(raw, fresh)
            self.work()
            if self.updates.phase == m.UPDATE_RECEIVING:
                blocks = [body[at : at + bundle.BLOCK] for at in range(0, len(body), bundle.BLOCK)]
                for number in missing(self.updates, blocks):
                    self.updates.block(number, blocks[number])
                self.updates.finish()
                self.work()
        except Exception as error:
            if not hasattr(error, "code"):
                raise
            return error.code
        return self.updates.code

    def prove(self):
        """The agent finds that it works."""
        self.updates._proven = False
        self.updates._prove()


def missing(updates, blocks):
    from binascii import crc32

    found = []
    while len(found) < len(blocks):
        following, words = updates.crcs(len(found))
        found += [int.from_bytes(words[at : at + 4], "big") for at in range(0, len(words), 4)]
        assert following == len(found)
    wrong = [at for at, block in enumerate(blocks) if crc32(block) & 0xFFFFFFFF != found[at]]
    first = wrong[0] if wrong else len(blocks)
    return ([first - 1] if first else []) + wrong


def confirmed(bench=None):
    """A car that runs the first update, which proved itself."""
    gc.collect()  # for its flash, in one piece
    car = Car(bench=bench)
    assert car.take(ONE) == n.C_OK
    car = car.again()
    assert (car.boot.running, car.boot.trial) == (0, True)
    car.prove()
    assert car.boot.slots[0].marked(CONFIRMED) and car.trust.read()["floor"] == 0x00010000
    return car.again()
