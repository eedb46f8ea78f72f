# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the agent's Bluetooth link and gate on the simulated radio, without the rest of the agent.

Arguments: the air's socket, a flash image, agent id and claim key in hex, then the root keys of the credentials in hex.
Prints one JSON object a line: every pulse, and the link's counters when they change.
"""

import asyncio
import gc
import json
import os
import sys
import time

import airlink
import bluetooth

from agent.actuator import Actuator
from agent.audit import Audit
from agent.channel.car import car_keys
from agent.clock import Clock
from agent.config import Config
from agent.consent import Consent
from agent.credential import chain
from agent.crypto.entropy import Entropy
from agent.gate import Gate
from agent.link.ble import BleLink
from agent.office import Office
from agent.store.flash.filenor import FileNor
from agent.store.journal import Journal
from agent.store.tables import Store
from wire import numbers as n


def say(**event):
    """One line for the bench."""
    print(json.dumps(event))


class Pin:
    """An output that says when it goes on."""

    def __init__(self, action):
        self.action = action

    def value(self, level):
        """Sets the level."""
        if level:
            say(event="pulse", action=self.action)


class NoTimer:
    """Pulses that nobody waits for."""

    def arm(self, ms, done):
        """Forgets it."""

    def cancel(self):
        """Has nothing to forget."""


def sockets():
    """What a module that wants a socket gets."""
    said = []
    for attempt in (lambda: __import__("socket").socket(), lambda: __import__("usocket").socket()):
        try:
            attempt()
            said.append("socket")
        except OSError as error:
            said.append(error.errno)
    return said


async def main(path, flash, agent_id, claim_key, *roots):
    """Serves until killed."""
    clock = Clock(time.ticks_ms, time.ticks_diff)
    store = Store(Journal(FileNor(flash)))
    store.mount()
    agent_id = bytes.fromhex(agent_id)
    for handle, root in enumerate(roots):
        if store.find(handle) is None:
            handout, first = chain.first_keys(bytes.fromhex(root), agent_id, handle)
            store.enrol(handle, n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, "", handout, first)
    actuator = Actuator({action: Pin(action) for action in (n.UNLOCK, n.LOCK)}, NoTimer())
    audit = Audit(store, clock)
    consent = Consent(store, clock, audit)
    gate = Gate(Office(store, audit, clock, Config(store), actuator, Entropy(os.urandom), consent))
    gate.arm(agent_id, car_keys(agent_id, bytes.fromhex(claim_key))[0])
    airlink.start(path)
    link = BleLink(bluetooth.BLE(), gate, clock, bluetooth.UUID)
    task = asyncio.create_task(link.run())
    say(event="sockets", said=sockets())
    last = None
    while not task.done():
        gc.collect()
        now = (link.count, link.faults + gate.faults, link.dropped, gate.strangers)
        if now != last:
            say(event="state", links=now[0], faults=now[1], dropped=now[2], strangers=now[3], free=gc.mem_free())
            last = now
        await asyncio.sleep_ms(50)
    await task


asyncio.run(main(*sys.argv[1:]))
