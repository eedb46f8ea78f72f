# SPDX-License-Identifier: MIT
"""What hides a car's holders from the air. The veil key is in everybody's hands who ever had a key; each use of it has
a key of its own.

It hides, and proves nothing: tags are over what is veiled.
"""

from ..crypto import aes, kdf
from ..crypto.cmac import Cmac
from ..crypto.loops import mix


class Veil:
    """One car's. key: 16 bytes."""

    def __init__(self, key: bytes) -> None:
        mac = self._mac = Cmac(key)
        self._place = aes.new(kdf.derive(mac, b"place"))
        self._advert = Cmac(kdf.derive(mac, b"advert"))

    def place(self, challenge: bytes) -> bytearray:
        """16 bytes of which the first four hide handle and epoch in the token that answers this challenge."""
        out = bytearray(16)
        self._place.encrypt_into(challenge, out)
        return out

    def body(self, challenge: bytes, body: bytes) -> bytes:
        """What stands behind a token, unveiled, or veiled: AES-CTR from zero under a key of this challenge alone."""
        cipher = aes.new(kdf.derive(self._mac, b"veil", challenge))
        out = bytearray(body)
        stream = bytearray(16)
        for at in range(0, len(out), 16):
            cipher.encrypt_into((at >> 4).to_bytes(16, "big"), stream)
            mix(out, at, stream, 0, min(16, len(out) - at))
        return bytes(out)

    def advert(self, salt: bytes) -> bytes:
        """What an advertisement has behind its salt, 3 bytes."""
        return self._advert.mac(salt)[:3]
