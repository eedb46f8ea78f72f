# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the agent's NFC link alone, with a gate that accepts what a test's holder makes.

Arguments: path of the reader, its bus (hsu, spi, i2c), which lines are wired (i: IRQ, r: reset). Prints one JSON object
a line: presented tokens, the link's state when it changes, and how late a task beside the link was when asked to run
every 20 ms.
"""

import asyncio
import gc
import json
import sys
import time

from agent.clock import Clock
from agent.credential import visit
from agent.link.nfc import NfcLink
from agent.reader.hsu import Hsu
from agent.reader.i2c import I2c
from agent.reader.spi import Spi
from tests.system import bus_pins

_GOOD = 1


class ProbeGate:
    """Accepts challenge[0:19] + GOOD; the answer echoes the challenge's first bytes and the verdict."""

    def __init__(self):
        self._live = None
        self._count = 0

    def challenge(self, link):
        self._count += 1
        self._live = self._count.to_bytes(4, "big") * 4
        return self._live

    def drop(self, link):
        self._live = None

    def tap(self, link):
        """Knows no key card: asks for one's application and leaves."""
        yield visit.SELECT

    def present(self, link, token):
        live, self._live = self._live, None
        good = live is not None and bytes(token) == live + b"\x00\x00\x00" + bytes((_GOOD,))
        say(event="token", link=link, token=bytes(token).hex(), accepted=good)
        return (live or bytes(16))[:15] + bytes((good,)), good


def say(**fields):
    print(json.dumps(fields))


async def watch(link):
    last = link.state
    late = 0
    while True:
        before = time.ticks_ms()
        await asyncio.sleep_ms(20)
        late = max(late, time.ticks_diff(time.ticks_ms(), before) - 20)
        if link.state != last:
            last = link.state
            gc.collect()
            say(event="state", state=last, late=late, heap=gc.mem_alloc())


def bus(path, kind, lines):
    """(the reader's bus, its reset pin)."""
    if kind == "hsu":
        return Hsu(open(path, "r+b")), None
    wire = bus_pins.Wire(path)
    irq = bus_pins.Pin(wire, "I") if "i" in lines else None
    reset = bus_pins.Pin(wire, "Z") if "r" in lines else None
    if kind == "spi":
        return Spi(bus_pins.Spi(wire), bus_pins.Pin(wire, "S"), irq), reset
    return I2c(bus_pins.I2c(wire), irq), reset


async def main(path, kind="hsu", lines=""):
    clock = Clock(time.ticks_ms, time.ticks_diff)
    line, reset = bus(path, kind, lines)
    link = NfcLink(line, ProbeGate(), clock, reset=reset, tell=lambda gone: say(event="alarm", gone=gone))
    beside = asyncio.create_task(watch(link))
    await link.run()
    await beside


asyncio.run(main(*sys.argv[1:]))
