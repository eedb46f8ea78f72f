# SPDX-License-Identifier: MIT
"""Registers of an ESP32 that a flasher reads and writes: eFuses with the MAC, and the SPI controller of the flash.

Addresses from the technical reference manuals of ESP32-S3 and ESP32-C3 (eFuse controller, SPI1). What is not modelled
reads back what was last written, zero at first.
"""

CHIPS = {"esp32s3": (9, 0x60007000), "esp32c3": (5, 0x60008800)}  # chip id, base of the eFuses
_SPI = 0x60002000
_CMD, _ADDR, _USR2, _W0 = _SPI, _SPI + 4, _SPI + 0x20, _SPI + 0x58
_RUN = 1 << 18
_RDID, _SFDP = 0x9F, 0x5A
_VENDOR, _TYPE = 0xEF, 0x40


class Registers:
    """Of one chip: `mac` has six bytes, `size` is the flash's, a power of two."""

    def __init__(self, chip: str, mac: bytes, size: int) -> None:
        self.chip_id, fuses = CHIPS[chip]
        self._words = {fuses + 0x44: int.from_bytes(mac[2:], "big"), fuses + 0x48: int.from_bytes(mac[:2], "big")}
        self._flash_id = _VENDOR | _TYPE << 8 | (size.bit_length() - 1) << 16

    def read(self, address: int) -> int:
        """One word."""
        return self._words.get(address, 0)

    def write(self, address: int, value: int, mask: int) -> None:
        """One word; a write of the command bit runs the flash command that was set up."""
        self._words[address] = self.read(address) & ~mask | value & mask
        if address == _CMD and value & _RUN:
            self._words[_CMD] = 0
            self._words[_W0] = self._flash(self.read(_USR2) & 0xFF)

    def _flash(self, command: int) -> int:
        if command == _RDID:
            return self._flash_id
        if command == _SFDP:
            return int.from_bytes(b"SFDP", "little") if self.read(_ADDR) == 0 else _VENDOR
        return 0
