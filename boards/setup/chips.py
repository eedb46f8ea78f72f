# SPDX-License-Identifier: MIT
"""What a chip is, whatever board it sits on: its pins and what each may do, its flash, its name in other tools.

Sources: ESP32-S3 data sheet v2.0 (2.3.5 glitches, 3 strapping) and ESP-IDF "GPIO & RTC GPIO"; ESP32-C3 data sheet v2.0
and the same page; RP2040 data sheet 2.19 (all pads reset to input, pulled down); RP2350 data sheet 9.6 and its erratum
E9; pico-sdk boot/uf2.h for the family ids; esptool.CHIP_LIST for the names that esptool takes.
"""

from dataclasses import dataclass

SECTOR = 4096


@dataclass(frozen=True)
class Chip:
    """`pins` exist; those in the other sets are taken, or do what an output that moves a lock must not do."""

    pins: frozenset[int] = frozenset()
    strapping: frozenset[int] = frozenset()  # read by the ROM at a reset: whatever hangs on them can stop the boot
    flash: frozenset[int] = frozenset()  # wired to the flash chip within the module, or to its supply
    usb: frozenset[int] = frozenset()
    rom_uart: frozenset[int] = frozenset()  # the ROM talks here at every start
    high_at_reset: frozenset[int] = frozenset()  # pulled up or driven high before the program runs
    input_only: frozenset[int] = frozenset()
    radio: frozenset[int] = frozenset()  # on no header: the radio's on the boards that have one
    family: str | None = None  # of its UF2 files
    esptool: str | None = None
    table_at: int | None = None  # partition table in flash
    feed: str = "5V"  # the pin of its boards that takes 5 V

    def taken(self) -> frozenset[int]:
        """Pins that carry no role on any board."""
        return self.strapping | self.flash | self.usb

    def unfit_to_drive(self) -> frozenset[int]:
        """Pins that must not be an output that something moves by."""
        return self.taken() | self.rom_uart | self.high_at_reset | self.input_only


def _span(first: int, last: int) -> frozenset[int]:
    return frozenset(range(first, last + 1))


CHIPS = {
    "esp32s3": Chip(
        pins=_span(0, 21) | _span(26, 48),
        strapping=frozenset({0, 3, 45, 46}),
        flash=_span(26, 37),  # 33 to 37 with octal memory: a board of ours runs on any module
        usb=frozenset({19, 20}),
        rom_uart=frozenset({43, 44}),
        high_at_reset=frozenset({18, 19, 20, 39, 43, 44}),
        esptool="esp32s3",
        table_at=0x8000,
    ),
    "esp32c3": Chip(
        pins=_span(0, 21),
        strapping=frozenset({2, 8, 9}),
        flash=_span(11, 17),  # 11 is VDD_SPI, the flash chip's supply
        usb=frozenset({18, 19}),
        rom_uart=frozenset({20, 21}),
        high_at_reset=frozenset({6, 18, 19, 20, 21}),
        esptool="esp32c3",
        table_at=0x8000,
    ),
    "rp2040": Chip(pins=_span(0, 29), radio=frozenset({23, 24, 25, 29}), family="0xE48BFF56", feed="VSYS"),
    "rp2350": Chip(pins=_span(0, 29), radio=frozenset({23, 24, 25, 29}), family="0xE48BFF59", feed="VSYS"),
    # No chip: lines and UARTs have names of their own.
    "unix": Chip(),
    "mps2": Chip(),
}
