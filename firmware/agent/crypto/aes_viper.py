# SPDX-License-Identifier: MIT
"""AES-128 without tables: a bit-sliced cipher (FIPS-197) in machine code, for boards without cryptolib.

The state is eight planes of 16 bits: bit j of plane i is bit i of state byte j (column by column, as in FIPS-197).
Every step is logic on whole planes: no table, no branch and no address depends on key or text. The linear steps take
two planes at a time as one 32-bit word (little-endian); literals there stay below 2**30, the range of a viper literal.
"""

import micropython
from micropython import const

from .aes_sbox import sub_bytes

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview
    ptr8 = Any
    ptr16 = Any
    ptr32 = Any
    object = Any  # viper takes no None as an annotation

_ROUNDS = const(10)
_SIZE = const(16 + 16 * 11)


@micropython.viper
def _slice(planes: ptr16, data: ptr8, at: int) -> object:
    """Turns the 16 bytes data[at:] into planes; the product gathers one bit of each of four bytes."""
    for i in range(8):
        planes[i] = 0
    for column in range(0, 16, 4):
        d = at + column
        word = data[d] | (data[d + 1] << 8) | (data[d + 2] << 16) | (data[d + 3] << 24)
        for i in range(8):
            bits = ((((word >> i) & 0x01010101) * 0x10204080) >> 28) & 15
            planes[i] |= bits << column


@micropython.viper
def _unslice(planes: ptr16, out: ptr8, at: int) -> object:
    """Turns planes into the 16 bytes out[at:]; the product spreads four bits over four bytes."""
    for column in range(0, 16, 4):
        word = 0
        for i in range(8):
            word |= ((((planes[i] >> column) & 15) * 0x204081) & 0x01010101) << i
        d = at + column
        out[d] = word
        out[d + 1] = word >> 8
        out[d + 2] = word >> 16
        out[d + 3] = word >> 24


@micropython.viper
def _add_key(work: ptr32, number: int) -> object:
    """AddRoundKey; the keys follow the state in `work`, sliced as well."""
    base = (number + 1) << 2
    for i in range(4):
        work[i] ^= work[base + i]


@micropython.viper
def _linear(work: ptr32, number: int) -> object:
    """ShiftRows, MixColumns (not in the last round) and AddRoundKey.

    Row r of a plane is the bits j with j % 4 = r; ShiftRows turns it by 4 r places. With u = a ^ next(a), MixColumns
    makes each byte 2 u ^ next(a) ^ next(next(u)), where next is one row down.
    """
    low = 0x7777
    mask = (low << 16) | low
    base = (number + 1) << 2
    below = 0
    for i in range(4):
        p = work[i]
        row1 = ((p >> 4) & 0x02220222) | ((p & 0x00020002) << 12)
        row2 = ((p >> 8) & 0x00440044) | ((p & 0x00440044) << 8)
        row3 = ((p >> 12) & 0x00080008) | ((p & 0x08880888) << 4)
        p = (p & 0x11111111) | row1 | row2 | row3
        if number < _ROUNDS:
            after = ((p >> 1) & mask) | ((p & 0x11111111) << 3)
            u = p ^ after
            twice = (u << 16) | below
            below = (u >> 16) & 0xFFFF
            p = twice ^ after ^ ((u >> 2) & 0x33333333) ^ ((u & 0x33333333) << 2)
        work[i] = p ^ work[base + i]
    work[0] ^= (below << 16) | below
    work[1] ^= below << 16
    work[2] ^= below


@micropython.viper
def _next_key(key: ptr8, subbed: ptr8, rcon: int) -> object:
    """One step of the key expansion, in place; subbed: SubBytes of the 16 bytes of the key."""
    for j in range(4):
        key[j] ^= subbed[12 + ((j + 1) & 3)]
    key[0] ^= rcon
    for j in range(4, 16):
        key[j] ^= key[j - 4]


class _Schedule:
    """The round keys of one key, sliced, behind the working state."""

    def __init__(self, key: "Readable") -> None:
        work = self._work = bytearray(_SIZE)
        running = bytearray(key)
        subbed = bytearray(16)
        rcon = 1
        for at in range(16, _SIZE, 16):
            _slice(work, running, 0)
            work[at : at + 16] = memoryview(work)[:16]
            sub_bytes(work)
            _unslice(work, subbed, 0)
            _next_key(running, subbed, rcon)
            rcon = (rcon << 1) ^ (0x11B if rcon & 0x80 else 0)

    def encrypt_into(self, src: "Readable", dst: "Writable") -> None:
        """See aes.encryptor."""
        size = len(src)
        if size & 15 or len(dst) < size:
            raise ValueError("AES block size")
        work = self._work
        for at in range(0, size, 16):
            _slice(work, src, at)
            _add_key(work, 0)
            for number in range(1, _ROUNDS + 1):
                sub_bytes(work)
                _linear(work, number)
            _unslice(work, dst, at)


def encryptor(key: "Readable") -> "Callable[[Readable, Writable], object]":
    """See aes.encryptor."""
    return _Schedule(key).encrypt_into
