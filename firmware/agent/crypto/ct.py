# SPDX-License-Identifier: MIT
"""Comparison of secrets in a time that tells nothing of where they differ."""

from micropython import const

from .loops import equal as _equal

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview


def equal(a: "Readable", b: "Readable") -> bool:
    """Whether two byte strings (bytes, bytearray, memoryview) are the same. Only their lengths show in the time."""
    size = len(a)
    return size == len(b) and _equal(a, b, size)
