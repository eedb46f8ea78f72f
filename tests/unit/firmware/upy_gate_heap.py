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
    for name, holder, action in (
        ("accept unlock", phone, n.UNLOCK),
        ("accept status", phone, n.STATUS),
        ("retry", phone, n.UNLOCK),
        ("ahead by 8", phone, n.UNLOCK),
        ("refuse, unknown action", phone, 9),
        ("refuse, bad tag", thief, n.UNLOCK),
        ("refuse, stale", phone.copy(1), n.UNLOCK),
        ("report", thief, n.REPORT),
    ):
        if holder is thief:
            holder.chain = bytes(16)
        if name == "ahead by 8":
            holder.skip(8)
        most = 0
        for _ in range(1 if name == "ahead by 8" else 4):
            if name == "retry":
                holder.keeps = True
            token = holder.token(b.gate.challenge(BLE), action)
            gc.collect()
            gc.disable()
            size, (answer, accepted) = taken(b.gate.present, BLE, token)
            gc.enable()
            holder.read(answer)
            b.audit.flush()
            b.actuator.stop()
            most = max(most, size)
        holder.keeps = False
        if name == "retry":
            holder.skip(1)
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
        b.gate.present(BLE, phone.token(b.gate.challenge(BLE), n.STATUS))
        phone.skip(1)
        b.audit.flush()
        b.moved()
    gc.collect()
    print("left after 200=%d=0" % ((gc.mem_alloc() - start) // _WORDS))


main()
