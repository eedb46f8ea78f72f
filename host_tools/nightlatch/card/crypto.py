# SPDX-License-Identifier: MIT
"""AES as cards use it (NXP NT4H2421Gx 9.1): CBC without and with padding, the truncated CMAC, session keys."""

import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES128

from ..phone.keys import cmac

NO_IV = bytes(16)


def cbc_encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Whole blocks only."""
    return Cipher(AES128(key), modes.CBC(iv)).encryptor().update(plain)


def cbc_decrypt(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    """Whole blocks only."""
    return Cipher(AES128(key), modes.CBC(iv)).decryptor().update(sealed)


def short_mac(key: bytes, data: bytes) -> bytes:
    """8 bytes: every second byte of the CMAC, beginning with the second."""
    return cmac(key, data)[1::2]


def padded(data: bytes) -> bytes:
    """80, then zeros up to a whole block (ISO/IEC 9797-1, method 2)."""
    room = 16 - len(data) % 16
    return data + (b"\x80" + bytes(15))[:room]


def unpadded(data: bytes) -> bytes:
    """The reverse; ValueError when the end is not one."""
    body, mark, rest = data.rpartition(b"\x80")
    if not mark or any(rest) or len(rest) > 15:
        raise ValueError("no padding")
    return body


def session_keys(key: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bytes]:
    """(encryption key, MAC key) from both random numbers (9.1.7)."""
    middle = int.from_bytes(ours[2:8], "big") ^ int.from_bytes(theirs[:6], "big")
    rest = b"\x00\x01\x00\x80" + ours[:2] + middle.to_bytes(6, "big") + theirs[6:] + ours[8:]
    return cmac(key, b"\xa5\x5a" + rest), cmac(key, b"\x5a\xa5" + rest)


def jam_crc(data: bytes) -> bytes:
    """CRC-32 as ChangeKey wants it: not inverted, little-endian."""
    return (~zlib.crc32(data) & 0xFFFFFFFF).to_bytes(4, "little")


def diversify(master: bytes, data: bytes) -> bytes:
    """AES-128 key diversification (NXP AN10922, 2.2): a card's key from a master key and 1 to 31 bytes.

    It is a CMAC over 01 and the data that is always two blocks long: up to 15 bytes of data it is not the plain CMAC.
    """
    if not 1 <= len(data) <= 31:
        raise ValueError("diversification takes 1 to 31 bytes")
    message = b"\x01" + data
    if len(message) > 16:
        return cmac(master, message)
    block = cbc_encrypt(master, NO_IV, bytes(16))
    for _ in range(2):
        block = _doubled(block)
    if len(message) < 32:
        message += b"\x80" + bytes(31 - len(message))
    last = bytes(a ^ b for a, b in zip(message[16:], block, strict=True))
    return cbc_encrypt(master, NO_IV, message[:16] + last)[-16:]


def _doubled(block: bytes) -> bytes:
    """Multiplication by x in GF(2^128), which makes the subkeys of a CMAC."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value ^= (1 << 128) | 0x87
    return value.to_bytes(16, "big")
