# SPDX-License-Identifier: MIT
"""AES-CCM (RFC 3610, NIST SP 800-38C): the records of the technician's channel, sealed and opened."""

from micropython import const

from ..errors import AuthError
from .aes import encryptor
from .loops import counters, equal, merge, mix

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview

_NONCE_MIN = const(7)
_NONCE_MAX = const(13)
_LONG_AAD = const(0xFF00)


class Ccm:
    """CCM under one key of 16 bytes with tags of 4, 6, … 16 bytes; ValueError for other sizes.

    Nonces have 7 to 13 bytes and are never used twice with a key: that is the caller's duty. A nonce of n bytes allows
    texts below 256 ** (15 - n) bytes. Not to be entered again while a call runs.
    """

    def __init__(self, key: "Readable", tag_len: int = 8) -> None:
        if tag_len not in (4, 6, 8, 10, 12, 14, 16):
            raise ValueError("CCM tag size")
        self._encrypt = encryptor(key)
        self._tag_len = tag_len
        self._x = bytearray(16)

    def seal(self, nonce: "Readable", aad: "Readable", plain: "Readable") -> bytes:
        """Returns ciphertext | tag of `plain`, bound to the associated data `aad`. ValueError: nonce or text size."""
        size = len(plain)
        stream = self._stream(nonce, size)
        self._authenticate(nonce, aad, plain, size)
        merge(stream, plain, size)
        mix(self._x, 0, stream, 0, 16)
        return bytes(memoryview(stream)[16 : 16 + size]) + self._x[: self._tag_len]

    def open(self, nonce: "Readable", aad: "Readable", sealed: "Readable") -> bytes:
        """Returns the text of ciphertext | tag; AuthError, and nothing of it, unless the tag verifies.

        ValueError: nonce or text size.
        """
        size = len(sealed) - self._tag_len
        if size < 0:
            raise AuthError("sealed text is too short")
        stream = self._stream(nonce, size)
        merge(stream, sealed, size)
        text = memoryview(stream)[16 : 16 + size]
        self._authenticate(nonce, aad, text, size)
        mix(self._x, 0, stream, 0, 16)
        if not equal(self._x, memoryview(sealed)[size:], self._tag_len):
            raise AuthError("tag does not verify")
        return bytes(text)

    def _stream(self, nonce: "Readable", size: int) -> bytearray:
        """The key stream S_0 | S_1 …: a block for the tag, then enough for `size` bytes of text."""
        nonce_size = len(nonce)
        if not _NONCE_MIN <= nonce_size <= _NONCE_MAX:
            raise ValueError("CCM nonce size")
        if size >> (8 * (15 - nonce_size)):
            raise ValueError("CCM text size")
        blocks = 1 + ((size + 15) >> 4)
        stream = bytearray(blocks << 4)
        counters(stream, nonce, nonce_size, blocks)
        self._encrypt(stream, stream)
        return stream

    def _authenticate(self, nonce: "Readable", aad: "Readable", text: "Readable", size: int) -> None:
        """Leaves T, the CBC-MAC of B_0 | associated data | text, in the state."""
        x = self._x
        field = 15 - len(nonce)
        x[0] = (0x40 if len(aad) else 0) | ((self._tag_len - 2) << 2) | (field - 1)
        x[1 : 16 - field] = nonce
        x[16 - field :] = size.to_bytes(field, "big")
        self._encrypt(x, x)
        count = len(aad)
        if count:
            head = count.to_bytes(2, "big") if count < _LONG_AAD else b"\xff\xfe" + count.to_bytes(4, "big")
            room = 16 - len(head)
            mix(x, 0, head, 0, len(head))
            mix(x, len(head), aad, 0, min(room, count))
            self._encrypt(x, x)
            self._chain(aad, room, count)
        self._chain(text, 0, size)

    def _chain(self, data: "Readable", at: int, size: int) -> None:
        """Takes data[at:size] into the CBC-MAC, zero-padded to whole blocks."""
        x = self._x
        while at < size:
            mix(x, 0, data, at, min(16, size - at))
            self._encrypt(x, x)
            at += 16
