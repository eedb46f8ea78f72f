# SPDX-License-Identifier: MIT
"""Sealed records of one session: AES-CCM with direction and counter in the nonce, in strict sequence."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from ..errors import AuthFailed
from ..phone.keys import derive
from ..wire import numbers as n


class Sealer:
    """Both directions of a session. key: the link key of its epoch; nonces: 16 bytes each, host's first.

    The version is part of what the keys come from: who strips or edits it gets no session.
    """

    def __init__(self, key: bytes, nonces: bytes) -> None:
        context = bytes([n.PROTOCOL]) + nonces
        self._out = AESCCM(derive(key, b"host to car", context), n.RECORD_TAG)
        self._in = AESCCM(derive(key, b"car to host", context), n.RECORD_TAG)
        self.counter = 0

    def seal(self, plain: bytes, counter: int) -> bytes:
        """A request, sealed; counter: how many went before it in this session."""
        return self._out.encrypt(_nonce(0, counter), plain, b"")

    def open(self, sealed: bytes) -> bytes:
        """The next answer; the counter moves on. AuthFailed when it is not the car's."""
        try:
            plain = self._in.decrypt(_nonce(1, self.counter), sealed, b"")
        except (InvalidTag, ValueError):
            raise AuthFailed("an answer does not verify", "another program may be writing to this port") from None
        self.counter += 1
        return plain


def _nonce(direction: int, counter: int) -> bytes:
    return bytes([direction]) + counter.to_bytes(4, "big") + bytes(8)
