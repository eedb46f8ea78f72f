# SPDX-License-Identifier: MIT
"""An image for an ESP32: its header is read, checksum and digest are checked, the flash size in it can be changed.

Format (esptool documentation, "Firmware Image Format"): 8 bytes of header, 16 of extended header, segments of address,
length, data; then padding up to a checksum byte that ends a block of 16, and the SHA-256 of all that is before it.
"""

import hashlib
import struct
from dataclasses import dataclass

from .errors import BadImage, wrong_board

CHIP_IDS = {"esp32s3": 9, "esp32c3": 5}
_CHIPS = {number: name for name, number in CHIP_IDS.items()} | {0: "esp32", 2: "esp32s2", 12: "esp32c2", 13: "esp32c6"}
_HEADER = 24
_MAGIC = 0xE9
_SEGMENTS_MOST = 16
_CHECKSUM_START = 0xEF
_DIGEST = 32


@dataclass(frozen=True)
class EspImage:
    """One checked image; `data` ends where the image ends, whatever followed in the file."""

    chip_id: int
    flash_size: int
    data: bytes


def parse(data: bytes, what: str) -> EspImage:
    """Read one image from the start of `data`. Raises BadImage, which calls it `what`."""
    if len(data) < _HEADER or data[0] != _MAGIC:
        raise BadImage(f"there is no {what} where one should be")
    if not 1 <= data[1] <= _SEGMENTS_MOST:
        raise BadImage(f"the {what} has {data[1]} segments")
    at, checksum = _HEADER, _CHECKSUM_START
    for _ in range(data[1]):
        if at + 8 > len(data):
            raise BadImage(f"the {what} is truncated")
        (size,) = struct.unpack_from("<I", data, at + 4)
        at += 8 + size
        if at > len(data):
            raise BadImage(f"the {what} is truncated")
        checksum ^= _xor(data[at - size : at])
    end = (at | 15) + 1
    hashed = data[23] == 1
    if end + _DIGEST * hashed > len(data):
        raise BadImage(f"the {what} is truncated")
    if data[end - 1] != checksum:
        raise BadImage(f"the {what} is damaged: its checksum does not match")
    if hashed and data[end : end + _DIGEST] != hashlib.sha256(data[:end]).digest():
        raise BadImage(f"the {what} is damaged: its SHA-256 does not match")
    (chip_id,) = struct.unpack_from("<H", data, 12)
    return EspImage(chip_id, 1 << 20 + (data[3] >> 4), data[: end + _DIGEST * hashed])


def _xor(data: bytes) -> int:
    """All bytes XORed: by halves, as a loop over a megabyte of them takes its time."""
    while len(data) > 1:
        half = len(data) // 2
        folded = int.from_bytes(data[:half], "big") ^ int.from_bytes(data[half : 2 * half], "big")
        data = folded.to_bytes(half, "big") + data[2 * half :]
    return data[0] if data else 0


def need_chip(image: EspImage, chip: str, what: str) -> None:
    """Raises Mismatch unless the image is for that chip."""
    if image.chip_id != CHIP_IDS[chip]:
        other = _CHIPS.get(image.chip_id, f"chip {image.chip_id}")
        raise wrong_board(f"the {what} is for {other}, the board has an {chip}")


def with_flash_size(image: EspImage, size: int) -> bytes:
    """The image with another flash size in its header: the bootloader believes what stands there."""
    if image.flash_size == size:
        return image.data
    data = bytearray(image.data)
    data[3] = data[3] & 0x0F | (size.bit_length() - 21) << 4
    if data[23] == 1:
        data[-_DIGEST:] = hashlib.sha256(data[:-_DIGEST]).digest()
    return bytes(data)
