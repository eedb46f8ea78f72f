# SPDX-License-Identifier: MIT
"""Seals records with AES-256-GCM (NIST SP 800-38D) under keys derived from the vault's random data key.

A blob is nonce (12) | ciphertext | tag (16), the nonce drawn at random each time. The additional data binds it
to the format, its table and its row, and rows are named by a keyed hash of car serial (and handle): a blob that
is moved to another place does not open, and a row name says nothing without the key.
"""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = 1
NONCE_SIZE = 12
TAG_SIZE = 16
ROW_SIZE = 16


class SealError(Exception):
    """A blob did not open in this place under this key; says no more."""


class Sealer:
    """Opens and seals what belongs to one vault. `data_key` is 32 bytes."""

    def __init__(self, data_key: bytes) -> None:
        self._records = AESGCM(_expand(data_key, b"records"))
        self._rows = _expand(data_key, b"rows")

    def row(self, table: str, serial: str, handle: int | None = None) -> bytes:
        """The 16-byte name of a row: HMAC-SHA256, truncated."""
        parts = [table.encode(), serial.encode(), b"" if handle is None else str(handle).encode()]
        return hmac.new(self._rows, join(*parts), sha256).digest()[:ROW_SIZE]

    def seal(self, plain: bytes, table: str, row: bytes) -> bytes:
        return _seal(self._records, plain, join(b"record", bytes([FORMAT]), table.encode(), row))

    def open(self, blob: bytes, table: str, row: bytes) -> bytes:
        """The plain bytes; SealError if the blob was altered, moved or comes from another vault."""
        return _open(self._records, blob, join(b"record", bytes([FORMAT]), table.encode(), row))


def seal_key(key: bytes, data_key: bytes, header: bytes) -> bytes:
    """The data key under the key-encryption key, bound to the vault's header."""
    return _seal(AESGCM(key), data_key, join(b"data key", bytes([FORMAT]), header))


def open_key(key: bytes, blob: bytes, header: bytes) -> bytes:
    """The reverse; SealError for a wrong key or an altered header."""
    return _open(AESGCM(key), blob, join(b"data key", bytes([FORMAT]), header))


def join(*parts: bytes) -> bytes:
    """Parts with their lengths in front: no two lists give the same bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _seal(cipher: AESGCM, plain: bytes, data: bytes) -> bytes:
    nonce = os.urandom(NONCE_SIZE)
    return nonce + cipher.encrypt(nonce, plain, data)


def _open(cipher: AESGCM, blob: bytes, data: bytes) -> bytes:
    if not isinstance(blob, bytes) or len(blob) < NONCE_SIZE + TAG_SIZE:
        raise SealError
    try:
        return cipher.decrypt(blob[:NONCE_SIZE], blob[NONCE_SIZE:], data)
    except InvalidTag:
        raise SealError from None


def _expand(data_key: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"nightlatch vault " + use).derive(data_key)
