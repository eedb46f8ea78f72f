# SPDX-License-Identifier: MIT
"""The ports of a microcontroller that lead to others: the bus of the NFC reader, a UART."""

import machine

_make: "Any" = machine  # what a port's buses want differs from port to port
_ROOM = 1100  # a whole frame of the technician's fits


def bus(port: dict, pins: dict) -> "Bus":
    """The reader's bus, as the wiring table describes it."""
    if port["bus"] == "spi":
        from ..reader.spi import Spi

        lines = {line: machine.Pin(pins["READER_" + line.upper()]) for line in ("sck", "mosi", "miso")}
        select = machine.Pin(pins["READER_CS"], machine.Pin.OUT, value=1)
        return Spi(_make.SPI(port["id"], baudrate=port["baud"], **lines), select, _irq(pins))
    if port["bus"] == "i2c":
        from ..reader.i2c import I2c

        lines = {line: machine.Pin(pins["READER_" + line.upper()]) for line in ("sda", "scl")}
        return I2c(_make.I2C(port["id"], freq=port["baud"], **lines), _irq(pins))
    from ..reader.hsu import Hsu

    return Hsu(uart(port, pins, "READER"))


def uart(port: dict, pins: dict, name: str) -> "Any":
    """A UART on the pins NAME_TX and NAME_RX; reads return what is there."""
    lines = {line: pins["%s_%s" % (name, line.upper())] for line in ("tx", "rx")}
    return _make.UART(port["id"], port["baud"], rxbuf=_ROOM, txbuf=_ROOM, timeout=0, **lines)


def _irq(pins: dict) -> "machine.Pin | None":
    """The input at the reader's IRQ line, which the chip drives low and lets go."""
    return machine.Pin(pins["READER_IRQ"], machine.Pin.IN, machine.Pin.PULL_UP) if "READER_IRQ" in pins else None


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..reader.pn532 import Bus
