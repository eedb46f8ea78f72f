# SPDX-License-Identifier: MIT
"""CBC (NIST SP 800-38A) over whole blocks, with ISO/IEC 9797-1 padding: what key cards speak."""

from micropython import const

from ..errors import AuthError
from . import aes

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview


def encrypt(key: "Readable", iv: "Readable", plain: "Readable") -> bytearray:
    """Whole blocks in, as many out. ValueError for another size."""
    out = bytearray(plain)
    run = aes.encryptor(key)
    view = memoryview(out)
    for at in range(0, len(out), 16):
        for i in range(at, at + 16):
            out[i] ^= iv[i & 15]
        iv = view[at : at + 16]
        run(iv, iv)
    return out


def decrypt(key: "Readable", iv: "Readable", sealed: "Readable") -> bytearray:
    """The reverse."""
    out = bytearray(len(sealed))
    aes.decryptor(key)(sealed, out)
    for i in range(len(out)):
        out[i] ^= iv[i] if i < 16 else sealed[i - 16]
    return out


def pad(data: bytes) -> bytes:
    """80, and zeros up to a whole block."""
    return data + b"\x80" + bytes(15 - len(data) % 16)


def unpad(data: "Readable") -> bytes:
    """The reverse. AuthError when the end is not one."""
    at = len(data) - 1
    while at >= 0 and data[at] == 0:
        at -= 1
    if at < 0 or data[at] != 0x80 or len(data) - at > 16:
        raise AuthError("padding of a card")
    return bytes(data[:at])
