# SPDX-License-Identifier: MIT
"""What the virtual NTAG 424 DNA computes (NT4H2421Gx 9.1, 9.3), on its own feet: nothing of the host's card library."""

import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.cmac import CMAC

ZERO = bytes(16)


class PaddingFault(Exception):
    """What was decrypted does not end as ISO/IEC 9797-1, method 2, says."""


def cmac(key: bytes, data: bytes) -> bytes:
    """AES-CMAC (SP 800-38B), 16 bytes."""
    mac = CMAC(AES128(key))
    mac.update(data)
    return mac.finalize()


def mac_t(key: bytes, data: bytes) -> bytes:
    """The CMAC cut to its 8 even-numbered bytes, counted from 1 (9.1.3)."""
    return cmac(key, data)[1::2]


def encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-CBC of whole blocks."""
    return Cipher(AES128(key), modes.CBC(iv)).encryptor().update(data)


def decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """The reverse."""
    return Cipher(AES128(key), modes.CBC(iv)).decryptor().update(data)


def pad(data: bytes) -> bytes:
    """80h and zeros up to whole blocks; always at least one byte (9.1.4)."""
    return data + b"\x80" + bytes(-(len(data) + 1) % 16)


def unpad(data: bytes) -> bytes:
    """The reverse. PaddingFault."""
    plain = data.rstrip(b"\x00")
    if not plain.endswith(b"\x80") or len(data) - len(plain) > 15:
        raise PaddingFault
    return plain[:-1]


def rotate(data: bytes) -> bytes:
    """Left by one byte."""
    return data[1:] + data[:1]


def session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """(SesAuthENCKey, SesAuthMACKey) of 9.1.7."""
    mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    context = b"\x00\x01\x00\x80" + rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
    return cmac(key, b"\xa5\x5a" + context), cmac(key, b"\x5a\xa5" + context)


def message_iv(key: bytes, label: bytes, ti: bytes, counter: int) -> bytes:
    """The IV of a command (label A55A) or a response (5AA5) of 9.1.4."""
    return encrypt(key, ZERO, label + ti + counter.to_bytes(2, "little") + bytes(8))


def sdm_keys(key: bytes, uid: bytes, counter: bytes) -> tuple[bytes, bytes]:
    """(SesSDMFileReadENCKey, SesSDMFileReadMACKey) of 9.3.9; what is not mirrored is left empty."""
    context = b"\x00\x01\x00\x80" + uid + counter
    enc, mac = (label + context + bytes(-(len(context) + 2) % 16) for label in (b"\xc3\x3c", b"\x3c\xc3"))
    return cmac(key, enc), cmac(key, mac)


def crc32_nk(key: bytes) -> bytes:
    """CRC-32 without the final inversion (JAMCRC), least significant byte first, as ChangeKey wants it."""
    return (zlib.crc32(key) ^ 0xFFFFFFFF).to_bytes(4, "little")
