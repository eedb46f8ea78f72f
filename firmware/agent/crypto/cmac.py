# SPDX-License-Identifier: MIT
"""AES-CMAC (RFC 4493, NIST SP 800-38B), the one primitive of the daily path.

A Cmac keeps its key schedule, both subkeys and one block of state, so that a message costs its blocks and the result.
"""

from micropython import const

from .aes import encryptor
from .loops import absorb, subkeys

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview


class Cmac:
    """CMAC under one key of 16 bytes (else ValueError), for any number of messages.

    Not to be entered again while a mac() runs: an object belongs to one context, the event callback or the main loop.
    """

    def __init__(self, key: "Readable") -> None:
        encrypt = self._encrypt = encryptor(key)
        x = self._x = bytearray(16)
        k = self._k = bytearray(32)
        encrypt(x, k)
        subkeys(k)

    def mac(self, data: "Readable") -> bytes:
        """The tag of `data`, 16 bytes; a protocol that sends fewer sends the first ones."""
        encrypt = self._encrypt
        x = self._x
        k = self._k
        size = len(data)
        absorb(x, k, data, size, 0)
        encrypt(x, x)
        at = 16
        while at < size:
            absorb(x, k, data, size, at)
            encrypt(x, x)
            at += 16
        return bytes(x)


def cmac(key: "Readable", data: "Readable") -> bytes:
    """The tag of one message under a key that is not used again, 16 bytes."""
    return Cmac(key).mac(data)
