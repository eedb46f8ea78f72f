# SPDX-License-Identifier: MIT
"""The ROM loader of an ESP32-S3 or ESP32-C3 as a flasher meets it: commands in, answers out, a NOR flash behind it.

Protocol: esptool documentation, "Serial Protocol". Request: 00 · command · length (2) · checksum (4) · data; answer:
01 · command · length (2) · value (4) · data · status (4, of which the second says what was wrong). Little-endian.
"""

import hashlib
import struct
import zlib

from .esp_regs import Registers
from .nor import SECTOR, Nor

FLASH_BEGIN, FLASH_DATA, FLASH_END, SYNC = 0x02, 0x03, 0x04, 0x08
WRITE_REG, READ_REG, SET_PARAMS, ATTACH = 0x09, 0x0A, 0x0B, 0x0D
READ_FLASH, CHANGE_BAUD = 0x0E, 0x0F
DEFL_BEGIN, DEFL_DATA, DEFL_END, MD5, SECURITY = 0x10, 0x11, 0x12, 0x13, 0x14
BAD_MESSAGE, FAILED, BAD_CHECKSUM, BAD_DEFLATE = 0x05, 0x06, 0x07, 0x0B
_READ_MOST = 64
_SYNC_ANSWERS = 8


class LineLost(Exception):
    """The power went: nothing more is answered."""


class EspRom:
    """One chip. `blocks_left` data blocks are taken, then the power goes within the next one; None is never."""

    def __init__(self, chip: str, flash: Nor, mac: bytes = b"\xa0\xb1\xc2\xd3\xe4\xf5", flags: int = 0) -> None:
        self.flash = flash
        self.flags = flags  # of GET_SECURITY_INFO
        self.blocks_left: int | None = None
        self.blocks = 0
        self.registers = Registers(chip, mac, len(flash.data))
        self._attached = False
        self._at = self._end = self._next = 0
        self._inflate: zlib._Decompress | None = None

    def answer(self, packet: bytes) -> list[bytes]:
        """The answers to one unescaped packet. Raises LineLost."""
        if len(packet) < 8 or packet[0] != 0:
            return []
        command, size, checksum = struct.unpack_from("<xBHI", packet)
        data = packet[8:]
        if len(data) != size:
            return [_reply(command, error=BAD_MESSAGE)]
        if command == SYNC:
            return [_reply(SYNC, value=0x20120707)] * _SYNC_ANSWERS
        return [self._run(command, data, checksum)]

    def _run(self, command: int, data: bytes, checksum: int) -> bytes:
        if command == READ_REG:
            return _reply(command, value=self.registers.read(*struct.unpack("<I", data)))
        if command == WRITE_REG:
            for address, value, mask, _ in struct.iter_unpack("<IIII", data):
                self.registers.write(address, value, mask)
            return _reply(command)
        if command == SECURITY:
            return _reply(command, struct.pack("<IB7xII", self.flags, 0, self.registers.chip_id, 0))
        if command == ATTACH:
            self._attached = True
        if command in (ATTACH, SET_PARAMS, CHANGE_BAUD):
            return _reply(command)
        if not self._attached:
            return _reply(command, error=FAILED)
        return self._on_flash(command, data, checksum)

    def _on_flash(self, command: int, data: bytes, checksum: int) -> bytes:
        if command == READ_FLASH:
            offset, size = struct.unpack("<II", data)
            found = bytes(self.flash.data[offset : offset + min(size, _READ_MOST)])
            return _reply(command, found.ljust(_READ_MOST, b"\0"))
        if command == MD5:
            offset, size = struct.unpack_from("<II", data)
            digest = hashlib.md5(self.flash.data[offset : offset + size], usedforsecurity=False)
            return _reply(command, digest.hexdigest().encode())
        if command in (FLASH_BEGIN, DEFL_BEGIN):
            return self._begin(command, data)
        if command in (FLASH_DATA, DEFL_DATA):
            return self._block(command, data, checksum)
        return _reply(command, error=0 if command in (FLASH_END, DEFL_END) else BAD_MESSAGE)

    def _begin(self, command: int, data: bytes) -> bytes:
        size, count, block, offset = struct.unpack_from("<IIII", data)
        if offset % SECTOR or offset + size > len(self.flash.data):
            return _reply(command, error=FAILED)
        self.flash.erase(offset, size)
        self._inflate = zlib.decompressobj() if command == DEFL_BEGIN else None
        room = size if self._inflate else count * block  # the last plain block is padded
        self._at, self._end, self._next = offset, offset + room, 0
        return _reply(command)

    def _block(self, command: int, data: bytes, checksum: int) -> bytes:
        size, sequence = struct.unpack_from("<II", data)
        block = data[16:]
        total = 0xEF
        for byte in block:
            total ^= byte
        if len(block) != size or total != checksum:
            return _reply(command, error=BAD_CHECKSUM)
        if sequence != self._next:
            return _reply(command, error=FAILED)
        try:
            plain = self._inflate.decompress(block) if self._inflate else block
        except zlib.error:
            return _reply(command, error=BAD_DEFLATE)
        if self._at + len(plain) > self._end:
            return _reply(command, error=FAILED)
        if self.blocks_left is not None and self.blocks == self.blocks_left:
            self.flash.program(self._at, plain[: len(plain) // 2])
            raise LineLost
        self.flash.program(self._at, plain)
        self.blocks += 1
        self._next += 1
        self._at += len(plain)
        return _reply(command)


def _reply(command: int, data: bytes = b"", value: int = 0, error: int = 0) -> bytes:
    status = bytes((1 if error else 0, error, 0, 0))
    return struct.pack("<BBHI", 1, command, len(data) + 4, value) + data + status
