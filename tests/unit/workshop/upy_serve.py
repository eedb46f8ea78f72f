# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the channel on a pty, and no other link. Arguments: pty, flash image, uptime in s."""

import asyncio
import sys

from machine import UART

from agent.link.serial import SerialLink
from agent.store.flash.filenor import FileNor
from tests.kit.target import Bench

bench = Bench(claim=False, flash=FileNor(sys.argv[2], sectors=16))
bench.ticks.go(int(sys.argv[3]) * 1000)
bench.clock.tick()
asyncio.run(SerialLink(UART(sys.argv[1]), bench.channel, bench.gate.guard).run())
