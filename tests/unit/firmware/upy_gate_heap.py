# SPDX-License-Identifier: MIT
"""Runs under MicroPython: heap bytes that one verdict takes, the collector switched off meanwhile."""

import gc
import sys

from tests.kit.target import BLE, Bench
from wire import numbers as n

_WORDS = 2 if sys.maxsize >> 32 else 1


def taken(call, *args):
    before = gc.mem_alloc()
    result = call(*args)
    return (gc.mem_alloc() - before) // _WORDS, result


def main():
    b = Bench()
    phone, thief = b.enrol(), b.enrol()
    b.audit._trace = None
    stale, elsewhere = phone.copy(1), phone.copy(2)
    for _ in range(9):
        b.ask(phone)
    elsewhere.chain, elsewhere.epoch, elsewhere.identity = bytes(16), phone.epoch, phone.identity
    thief.chain = bytes(16)
    for name, holder, action, ahead in (
        ("accept unlock", phone, n.UNLOCK, 0),
        ("accept status", phone, n.STATUS, 0),
        ("repeat", phone, n.UNLOCK, 0),
        ("refuse, unknown action", phone, 0, 0),
        ("ahead by 8", phone, n.UNLOCK, 0),
        ("brought along by 8", phone, n.STATUS, 8),
        ("refuse, bad tag", thief, n.UNLOCK, 0),
        ("refuse, stale", stale, n.UNLOCK, 0),
        ("report", phone, n.REPORT, 0),
        ("report, convicts", elsewhere, n.REPORT, 0),
    ):
        if name == "ahead by 8":
            for at in range(8):
                holder.step(bytes((at,)) * 16)
        most = 0
        for _ in range(1 if name == "brought along by 8" else 4):
            if name == "repeat":
                holder.keeps = True
            token = holder.token(b.gate.challenge(BLE), action, ahead=ahead)
            gc.collect()
            gc.disable()
            size, (answer, accepted) = taken(b.gate.present, BLE, token)
            gc.enable()
            holder.read(answer)
            b.audit.flush()
            b.actuator.stop()
            most = max(most, size)
        if name == "repeat":
            holder.keeps = False
            b.ask(holder, n.STATUS)
        print("%s=%d=%d" % (name, most, accepted))
    unknown = phone.copy(1)
    unknown.handle = 999
    strange = unknown.token(b.gate.challenge(BLE))
    for name, token in (("refuse, unknown handle", strange), ("refuse, malformed", bytes(19))):
        gc.collect()
        gc.disable()
        print("%s=%d=0" % (name, taken(b.gate.present, BLE, token)[0]))
        gc.enable()
        b.gate.challenge(BLE)
    gc.collect()
    gc.disable()
    print("challenge=%d=0" % taken(b.gate.challenge, BLE)[0])
    gc.enable()
    gc.collect()
    start = gc.mem_alloc()
    for _ in range(200):
        phone.read(b.gate.present(BLE, phone.token(b.gate.challenge(BLE)))[0])
        b.actuator.stop()
        b.audit.flush()
        b.moved()
    gc.collect()
    print("left after 200=%d=0" % ((gc.mem_alloc() - start) // _WORDS))


main()
