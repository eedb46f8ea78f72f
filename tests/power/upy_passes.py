# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the power goes at every change of the flash that a pass makes, torn in every way.

The whole gate works over the NOR model. An interrupted act has moved nothing; afterwards the pass may be shown again,
opens no more often than it says, and loses at most the use that was being taken. The last line is `cuts N failed M`.
"""

import gc
import sys

from agent.channel.car import car_keys
from agent.credential import chain, guest
from agent.credential.veil import Veil
from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from tests.kit.target import AGENT_ID, BLE, CLAIM_KEY, Bench, Phone
from tests.model.dice import Dice
from tests.model.nor import MOODS, Nor
from tests.model.tears import TEARS, torn
from wire import bodies, record
from wire import caveats as c
from wire import numbers as n
from wire import token as t

USES = 2
PARENT_USES = 3


class Failed(Exception):
    """A promise that did not hold."""


def hold(condition, what):
    if not condition:
        raise Failed(what)


class Pass:
    """A pass as its holder has it."""

    def __init__(self, issuer, ident, caveats):
        """issuer: a phone that was used once at least."""
        self.issuer, self.ident, self.caveats = issuer.handle, ident, caveats
        key = kdf.derive(Cmac(issuer.chain), b"pass")
        salt = ident
        for caveat in caveats:
            key = Cmac(key).mac(b"\x02" + salt + caveat)
            salt = b""
        self.key = key

    def show(self, bench):
        """(verdict, handle): None for a car that says nothing."""
        nonce = bench.gate.challenge(BLE)
        veil = Veil(car_keys(AGENT_ID, CLAIM_KEY)[0])
        head = t.head(n.INTRODUCE, n.HANDLE_NONE, 0, 0, 0, veil.place(nonce))
        body = veil.body(nonce, self.issuer.to_bytes(2, "big") + self.ident + b"".join(self.caveats))
        tag = Cmac(kdf.derive(Cmac(self.key), b"introduce")).mac(nonce + head + body)[: n.TAG_SIZE]
        answer, _ = bench.gate.present(BLE, head + tag + body)
        mac = Cmac(kdf.derive(Cmac(self.key), b"answer"))
        masked = mac.mac(answer[4:])
        plain = bytes([answer[at] ^ masked[at] for at in range(4)])
        if mac.mac(nonce + head + tag + plain)[:12] != answer[4:]:
            return None, n.HANDLE_NONE
        return plain[0], plain[1] << 8 | plain[2]

    def phone(self, handle):
        """The guest's key."""
        root = kdf.derive(Cmac(self.key), b"guest", AGENT_ID)
        return Phone(handle, *chain.first_keys(root, AGENT_ID, handle))


def lent(owner, number, uses, depth=0):
    return Pass(owner, bytes((number,)) * 8, [c.caveat(c.DEPTH, depth), c.caveat(c.USES, uses)])


def end(ident=None):
    """The body of a request that ends one pass, or all."""
    what = bodies.WHAT_PASSES if ident is None else bodies.WHAT_PASS
    return record.pack(bodies.REVOKE, {"what": what, "handle": 0, "ident": ident or bytes(8)})


def asks(bench, phone, action, body=b""):
    """What a phone does whose answer was lost: it asks again until its act is done."""
    verdict = bench.ask(phone, action, body=body)[0]
    return bench.ask(phone, action, body=body)[0] if verdict == n.REPEAT else verdict


def openings(bench, phone, most):
    """How often a key opens before it is told that it is used up."""
    count = 0
    while count <= most:
        verdict = bench.ask(phone)[0]
        if verdict == n.REPEAT:
            continue
        if verdict != n.OK:
            hold(verdict == n.USED_UP, "a guest is told %r" % verdict)
            return count
        count += 1
    return count


class Scene:
    """A car on a flash, and who is there. `play` is what the power interrupts."""

    def __init__(self, name):
        self.nor = Nor(12, 4096, 256)
        bench = Bench(flash=self.nor)
        self.name = name
        self.owner = bench.enrol()
        hold(bench.ask(self.owner)[1], "the owner does not open")
        self.one = lent(self.owner, 7, USES if name != "chain" else PARENT_USES, int(name == "chain"))
        self.guest = self.second = self.one.phone(n.HANDLE_LAST)  # nobody yet
        if name != "introduce":
            self.guest = self.one.phone(self._let_in(bench, self.one))
        if name == "chain":
            wide = [c.caveat(c.DEPTH, 0), c.caveat(c.USES, USES)]
            hold(bench.ask(self.guest, n.LOCK)[1], "a guest does not lock")
            self.two = Pass(self.guest, b"of guest", wide)
            self.second = self.two.phone(self._let_in(bench, self.two))
        while bench.store.maintain():
            pass

    def _let_in(self, bench, one):
        verdict, handle = one.show(bench)
        hold(verdict == n.OK, "the pass is refused: %r" % verdict)
        return handle

    def play(self, bench):
        if self.name == "introduce":
            self.one.show(bench)
        elif self.name == "use":
            bench.gate.present(BLE, self.guest.token(bench.gate.challenge(BLE)))
        elif self.name == "chain":
            bench.gate.present(BLE, self.second.token(bench.gate.challenge(BLE)))
        else:
            body = end(self.one.ident if self.name == "end" else None)
            bench.gate.present(BLE, self.owner.token(bench.gate.challenge(BLE), n.REVOKE, body=body))

    def check(self, bench):
        """What must hold on the flash that a cut left."""
        getattr(self, "_" + self.name)(bench)
        hold(asks(bench, self.owner, n.UNLOCK) == n.OK, "the owner does not open")
        handles = [one.handle for one in guest.every(bench.store) if one.handle != n.HANDLE_NONE]
        hold(len(handles) == len(set(handles)), "two records for one key")
        hold(bench.gate.faults == 0 and not bench.store.damage(), "a fault inside")

    def _introduce(self, bench):
        verdict, handle = self.one.show(bench)
        hold(verdict == n.OK, "not let in again: %r" % verdict)
        hold(self.one.show(bench) == (n.OK, handle), "another handle for the same pass")
        other = lent(self.owner, 8, 1)
        verdict, second = other.show(bench)
        hold(verdict == n.OK and second != handle, "the next pass: %r" % verdict)
        hold(lent(self.owner, 7, 9).show(bench)[0] == n.BAD_PASS, "one id, two guests")
        hold(openings(bench, self.one.phone(handle), USES) == USES, "other uses than the pass has")
        hold(openings(bench, other.phone(second), 1) == 1, "other uses than the next pass has")

    def _use(self, bench):
        hold(USES - 1 <= openings(bench, self.guest, USES) <= USES, "uses")

    def _chain(self, bench):
        mine = openings(bench, self.second, USES)
        both = mine + openings(bench, self.guest, PARENT_USES)
        hold(USES - 1 <= mine <= USES, "uses of the second: %d" % mine)
        hold(PARENT_USES - 1 <= both <= PARENT_USES, "uses of both: %d" % both)

    def _end(self, bench):
        hold(asks(bench, self.owner, n.REVOKE, end(self.one.ident)) == n.OK, "it can't be ended")
        hold(self.one.show(bench)[0] in (None, n.REVOKED), "an ended pass is let in")
        hold(not bench.ask(self.guest)[1], "an ended guest opens")

    def _end_all(self, bench):
        if bench.store.find(0).generation == 0:
            hold(asks(bench, self.guest, n.UNLOCK) == n.OK, "neither ended nor open")
        verdict = asks(bench, self.owner, n.REVOKE, end())
        hold(verdict == n.OK, "they can't be ended: %r" % verdict)
        hold(self.one.show(bench)[0] is None, "a pass of the old generation is known")
        hold(not bench.ask(self.guest)[1], "a guest of the old generation opens")


def watch(bench, trace):
    """A list that gets the number of changes to the flash each time when the lock moves."""
    marks = []
    pin = bench.pins[n.UNLOCK]
    sets = pin.value

    def value(level):
        if level:
            marks.append(len(trace))
        sets(level)

    pin.value = value
    return marks


def cuts(name):
    """(how many, failures): every change of a scene, every tear, and how weak cells may read."""
    scene = Scene(name)
    chip = scene.nor.copy(scene.nor.cells, scene.nor.weak, 1)
    scene.nor.power_up(0)
    bench = Bench(flash=scene.nor)
    scene.nor.trace = []
    moved = watch(bench, scene.nor.trace)
    scene.play(bench)
    hold(all(mark == len(scene.nor.trace) for mark in moved), "something is written after the lock moved")
    changes, scene.nor.trace = scene.nor.trace, None
    phones = scene.guest, scene.second, scene.owner  # none heard an answer
    count, failures = 0, []
    for place, (what, addr, data, cells, weak) in enumerate(changes):
        for number, tear in enumerate(TEARS):
            nor = chip.copy(cells, weak, place * 64 + number)
            torn(what, addr, data, nor.cells, nor.weak, chip.sector_size, tear, Dice(place * 64 + number))
            nor.power_up(count % MOODS)
            scene.guest, scene.second, scene.owner = [phone.copy() for phone in phones]
            count += 1
            try:
                scene.check(Bench(flash=nor))
            except Failed as error:
                failures.append("%s:%d.%s %s" % (name, place, tear, error))
            gc.collect()
    hold(len(changes) >= 2, "%s makes %d changes" % (name, len(changes)))
    return count, failures


def left_record():
    """A record that a cut left for a handle is written over by whoever gets that handle, wherever there is room."""
    bench = Bench(flash=Nor(12, 4096, 256))
    owner = bench.enrol()
    gone = bench.enrol()
    for phone in (owner, gone):
        hold(bench.ask(phone)[1], "an owner does not open")
    ended = Pass(gone, b"ended ..", [c.caveat(c.DEPTH, 0)])
    ended.show(bench)
    bench.store.set_state(bench.store.find(gone.handle), n.CRED_REVOKED)
    handle = bench.store.next_handle()
    guest.keep(bench.store, guest.made(5, handle, 0, 0, b"left one", c.Limits([c.caveat(c.USES, 1000)])))
    hold(lent(owner, 9, 1).show(bench) == (n.OK, handle), "not let in")
    hold([one.limits.uses for one in guest.every(bench.store) if one.handle == handle] == [1], "a wider record is left")


def no_number_left():
    """A car whose store takes no more keys refuses a pass, keeps nothing of it, and the rest of the car serves on."""
    bench = Bench(flash=Nor(12, 4096, 256))
    owner = bench.enrol()
    hold(bench.ask(owner)[1], "the owner does not open")
    first, second = lent(owner, 1, 1), lent(owner, 2, 1)
    hold(first.show(bench) == (n.OK, 1), "not let in")
    fits, bench.store.capacity = bench.store.capacity, lambda: 4  # type: ignore[method-assign]
    hold(second.show(bench) == (n.FULL, n.HANDLE_NONE), "another answer than full")
    hold([one.handle for one in guest.every(bench.store)] == [1], "a record is left")
    hold(first.show(bench) == (n.OK, 1), "who has a number is refused")
    bench.store.capacity = fits  # type: ignore[method-assign]
    hold(second.show(bench) == (n.OK, 2), "not let in where there is room")
    hold(bench.ask(owner)[1], "the owner is refused")


def half_ended():
    """A pass whose key a cut kept from coming in, and that its issuer ended then, stays out."""
    bench = Bench(flash=Nor(12, 4096, 256))
    owner = bench.enrol()
    hold(bench.ask(owner)[1], "the owner does not open")
    one = lent(owner, 3, 1)
    limits = c.Limits(one.caveats)
    guest.keep(bench.store, guest.made(0, bench.store.next_handle(), 0, 0, one.ident, limits))
    hold(bench.ask(owner, n.REVOKE, flags=n.FLAG_LEND, body=end(one.ident))[1], "it can't be ended")
    hold(one.show(bench)[0] == n.REVOKED, "an ended pass is let in")


total = failed = 0
left_record()
half_ended()
no_number_left()
for scene_name in sys.argv[1:]:
    tried, found = cuts(scene_name)
    total += tried
    failed += len(found)
    for failure in found[:5]:
        print(failure)
print("cuts", total, "failed", failed)
