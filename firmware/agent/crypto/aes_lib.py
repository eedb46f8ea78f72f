# SPDX-License-Identifier: MIT
"""AES-128 by MicroPython's own cryptolib, where the build has it."""

from cryptolib import aes
from micropython import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview

_ECB = const(1)


def encryptor(key: "Readable") -> "Callable[[Readable, Writable], object]":
    """See aes.encryptor."""
    return aes(key, _ECB).encrypt


def decryptor(key: "Readable") -> "Callable[[Readable, Writable], object]":
    """See aes.decryptor."""
    return aes(key, _ECB).decrypt
