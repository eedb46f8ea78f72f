# SPDX-License-Identifier: MIT
"""A stranger with a cable: what MicroPython's prompt would obey, lines that reset other boards, floods."""

import json
import os
import time

import pytest

from nightlatch.link.boards import boards_dir
from nightlatch.link.serial_link import SerialLink
from tests.hw.unit import Unit

CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
ATTACKS = {
    "interrupt": CTRL_C * 64,
    "soft reset": CTRL_D * 8,
    "interrupt and soft reset": CTRL_C + CTRL_C + CTRL_D,
    "raw REPL": b"\r" + CTRL_C + CTRL_C + CTRL_A + b"print(1 + 1)" + CTRL_D,
    "raw paste": CTRL_A + CTRL_E + b"A" + CTRL_A + b"print(1 + 1)" + CTRL_D,
    "friendly": CTRL_B + b"import os\r\nos.listdir()\r\nmachine.bootloader()\r\n",
    "paste mode": CTRL_E + b"import machine\nmachine.reset()\n" + CTRL_D,
    "all bytes": bytes(range(256)) * 8,
}
PROMPT = (b">>>", b"raw REPL", b"MicroPython", b"Traceback", b"KeyboardInterrupt", b"paste mode", b"\x04>")
LOADER_LISTENS = {"esp32c3"}
WATCHDOG_S = 8.4  # the longest of any port
LONGEST_S = 180.0
PACKET, RATE = 64, 11520  # bytes, and bytes per second: what a line of 115200 baud carries


def heard(unit: Unit, data: bytes) -> bytes:
    """What the unit says to bytes that are no frame."""
    with unit.raw() as link:
        link.write(data)
        said, end = b"", time.monotonic() + 1.0
        while time.monotonic() < end:
            said += link.read(4096, 0.2)
    return said


@pytest.mark.parametrize("data", ATTACKS.values(), ids=list(ATTACKS))
def test_no_prompt_answers_and_nothing_restarts(unit: Unit, data: bytes) -> None:
    before = unit.status()
    said = heard(unit, data)
    assert not any(word in said for word in PROMPT), said
    after = unit.status()
    assert (after.boots, after.damage) == (before.boots, 0)


def test_the_lines_of_a_terminal_program_stop_nothing(unit: Unit) -> None:
    """DTR and RTS in the order that esptool uses, 1200 baud, a break: only a real serial port has these."""
    hello = unit.hello()
    board = json.loads((boards_dir() / hello.board / "board.json").read_text())
    if board["nightlatch"]["chip"] in LOADER_LISTENS:
        pytest.skip("this chip's USB port is the ROM's own: see deploy.md for what closes it")
    before = unit.status().boots
    with unit.raw() as link:
        if not isinstance(link, SerialLink):
            pytest.skip(f"{link.url} is no serial port and has no such lines")
        port = link._port
        for dtr, rts in ((False, True), (True, False), (False, False), (True, True)):
            port.dtr, port.rts = dtr, rts
            time.sleep(0.1)
        port.send_break(0.25)
        port.baudrate = 1200
        port.dtr = False
        time.sleep(0.2)
    assert unit.back().boots == before


def test_a_flood_longer_than_the_watchdog_waits_does_not_bring_it_down(unit: Unit) -> None:
    """By the unit's own clock, which an emulator's load slows down: there the flood comes again."""
    before = after = unit.status()
    end = time.monotonic() + LONGEST_S
    while after.uptime <= before.uptime + WATCHDOG_S and time.monotonic() < end:
        flood = time.monotonic() + WATCHDOG_S * 1.2
        with unit.raw() as link:
            while time.monotonic() < flood:
                link.write(os.urandom(PACKET))
                link.read(4096, PACKET / RATE)
        after = unit.back()
        assert after.boots == before.boots, "it was reset"
    assert after.uptime > before.uptime + WATCHDOG_S
    assert after.damage == 0
