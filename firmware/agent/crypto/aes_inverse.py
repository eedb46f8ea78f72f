# SPDX-License-Identifier: MIT
"""AES-128 decryption (FIPS-197, 5.3) for boards without cryptolib; only key cards need it. Loaded when first used.

Straight from the standard, with a table for the inverse S-box: its time depends on the text where RAM is cached. The
microcontrollers that need it have no data cache in front of their RAM.
"""

import micropython
from micropython import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview
    ptr8 = Any
    object = Any  # viper takes no None as an annotation

_tables: "list[tuple[bytes, bytes]]" = []


def _boxes() -> "tuple[bytes, bytes]":
    """The S-box and its inverse, made once from the field's arithmetic."""
    if not _tables:
        box = bytearray(256)
        inverse = bytearray(256)
        p = q = 1
        while True:  # p runs through the field by 3, q by 1/3: q is the inverse of p
            p ^= (p << 1) ^ (0x11B if p & 0x80 else 0)
            q ^= q << 1
            q ^= q << 2
            q ^= q << 4
            q &= 0xFF
            if q & 0x80:
                q ^= 0x09
            x = q
            for turn in range(1, 5):
                x ^= (q << turn | q >> (8 - turn)) & 0xFF
            box[p] = x ^ 0x63
            if p == 1:
                break
        box[0] = 0x63
        for i in range(256):
            inverse[box[i]] = i
        _tables.append((bytes(box), bytes(inverse)))
    return _tables[0]


@micropython.viper
def _round(state: ptr8, keys: ptr8, at: int, inverse: ptr8, mix: int) -> object:
    """InvShiftRows, InvSubBytes, AddRoundKey and (not in the last round) InvMixColumns."""
    a = state[13]
    state[13] = state[9]
    state[9] = state[5]
    state[5] = state[1]
    state[1] = a
    a = state[2]
    state[2] = state[10]
    state[10] = a
    a = state[6]
    state[6] = state[14]
    state[14] = a
    a = state[3]
    state[3] = state[7]
    state[7] = state[11]
    state[11] = state[15]
    state[15] = a
    for i in range(16):
        state[i] = inverse[state[i]] ^ keys[at + i]
    if not mix:
        return
    for column in range(0, 16, 4):
        for i in range(2):  # 14, 11, 13, 9 are 2, 3, 1, 1 after a multiplication of a ^ c and b ^ d by 4
            t = state[column + i] ^ state[column + i + 2]
            t = (t << 1) ^ (0x11B if t & 0x80 else 0)
            t = (t << 1) ^ (0x11B if t & 0x80 else 0)
            state[column + i] ^= t
            state[column + i + 2] ^= t
        first = state[column]
        t = first ^ state[column + 1] ^ state[column + 2] ^ state[column + 3]
        for i in range(4):
            after = state[column + i + 1] if i < 3 else first
            u = state[column + i] ^ after
            u = (u << 1) ^ (0x11B if u & 0x80 else 0)
            state[column + i] ^= u ^ t


class _Schedule:
    """The round keys of one key."""

    def __init__(self, key: "Readable") -> None:
        box, self._inverse = _boxes()
        keys = self._keys = bytearray(176)
        keys[:16] = key
        rcon = 1
        for at in range(16, 176, 4):
            word = keys[at - 4 : at]
            if at % 16 == 0:
                word = bytearray((box[word[1]] ^ rcon, box[word[2]], box[word[3]], box[word[0]]))
                rcon = (rcon << 1) ^ (0x11B if rcon & 0x80 else 0)
            for i in range(4):
                keys[at + i] = keys[at - 16 + i] ^ word[i]

    def decrypt_into(self, src: "Readable", dst: "Writable") -> None:
        """See aes.decryptor."""
        size = len(src)
        if size & 15 or len(dst) < size:
            raise ValueError("AES block size")
        keys = self._keys
        block = bytearray(16)
        for at in range(0, size, 16):
            for i in range(16):
                block[i] = src[at + i] ^ keys[160 + i]
            for number in range(9, -1, -1):
                _round(block, keys, number * 16, self._inverse, number)
            dst[at : at + 16] = block


def decryptor(key: "Readable") -> "Callable[[Readable, Writable], object]":
    """See aes.decryptor."""
    return _Schedule(key).decrypt_into
