# SPDX-License-Identifier: MIT
"""Wrap an image as UF2, which the boot loader of a Pico takes as a copied file (microsoft/uf2, README).

A block of 512 bytes holds 256 bytes of flash and says where they belong, so blocks may arrive in any order.
"""

import struct

PAYLOAD = 256
START = 0x10000000  # of the flash, as the chip addresses it
_MAGIC = (0x0A324655, 0x9E5D5157)
_FAMILY_PRESENT = 0x2000
_END = 0x0AB16F30


def convert(image: bytes, family: int, start: int = START) -> bytes:
    """The UF2 file of an image that begins at address `start`; the last block is filled up with zeros."""
    count = -(-len(image) // PAYLOAD)
    blocks = []
    for number in range(count):
        data = image[number * PAYLOAD : (number + 1) * PAYLOAD].ljust(476, b"\0")
        head = struct.pack(
            "<8I", *_MAGIC, _FAMILY_PRESENT, start + number * PAYLOAD, PAYLOAD, number, count, family
        )
        blocks.append(head + data + struct.pack("<I", _END))
    return b"".join(blocks)
