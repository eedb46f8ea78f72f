# SPDX-License-Identifier: MIT
"""The rolling credential's token and answer: where each field stands. Keys and tags belong to the callers.

    token   version and action (1) · veiled handle and epoch (2 + 2) · flags (1) · attempt (2) · tag (12)
    answer  masked status (1) and car state (3) · tag (12)
"""

from .numbers import PROTOCOL, TOKEN_HEAD


def head(action: int, handle: int, epoch: int, flags: int, attempt: int, veil: bytes) -> bytes:
    """The first 8 bytes of a token. veil: at least 4 bytes that hide handle and low half of the epoch."""
    place = ((handle << 16) | (epoch & 0xFFFF)) ^ int.from_bytes(veil[:4], "big")
    out = bytes((PROTOCOL << 4 | action,)) + place.to_bytes(4, "big") + bytes((flags,)) + attempt.to_bytes(2, "big")
    assert len(out) == TOKEN_HEAD
    return out


def version(token: bytes) -> int:
    """Protocol version that the token claims."""
    return token[0] >> 4


def action(token: bytes) -> int:
    """Action that the token asks for."""
    return token[0] & 15


def handle(token: bytes, veil: bytes) -> int:
    """The credential's handle, unveiled."""
    return (token[1] ^ veil[0]) << 8 | (token[2] ^ veil[1])


def epoch_low(token: bytes, veil: bytes) -> int:
    """Low 16 bits of the epoch, unveiled."""
    return (token[3] ^ veil[2]) << 8 | (token[4] ^ veil[3])


def attempt(token: bytes) -> int:
    """The number that the holder drew when it first used this epoch."""
    return token[6] << 8 | token[7]
