# SPDX-License-Identifier: MIT
"""The byte loops under the modes of operation, as machine code. Bounds are the caller's: nothing is checked here.

No branch and no address depends on a byte of a key, message or tag; lengths are public. loops_plain.py has the same
functions, with the same results, for builds without a viper emitter.
"""

import micropython
from micropython import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    ptr8 = Any
    ptr16 = Any
    object = Any  # viper takes no None as an annotation

_REPEAT_CUTOFF = const(6)
_PROPORTION_CUTOFF = const(19)
_WINDOW = const(512)


@micropython.viper
def equal(a: ptr8, b: ptr8, size: int) -> bool:
    """Whether the first `size` bytes are the same; reads all of them whatever they are."""
    difference = 0
    for i in range(size):
        difference |= a[i] ^ b[i]
    return difference == 0


@micropython.viper
def subkeys(k: ptr8) -> object:
    """k: 32 bytes with L = AES(K, 0) in the first half; leaves K1 | K2 (RFC 4493 section 2.3)."""
    for base in range(0, 32, 16):
        source = 0
        if base == 16:
            for i in range(16):
                k[16 + i] = k[i]
        carry = 0
        reduce = 0 - (k[base] >> 7)
        for i in range(15, -1, -1):
            source = k[base + i]
            k[base + i] = (source << 1) | carry
            carry = source >> 7
        k[base + 15] ^= reduce & 0x87


@micropython.viper
def absorb(x: ptr8, k: ptr8, data: ptr8, size: int, at: int) -> object:
    """Takes the CMAC block of data[at:] into the state x (16 B); the last block is padded and gets its subkey of k."""
    rest = size - at
    keep = 0 if at == 0 else 255
    if rest > 16:
        for i in range(16):
            x[i] = (x[i] & keep) ^ data[at + i]
        return
    base = 0 if rest == 16 else 16
    for i in range(rest):
        x[i] = (x[i] & keep) ^ data[at + i] ^ k[base + i]
    for i in range(rest, 16):
        x[i] = (x[i] & keep) ^ k[base + i]
    if rest < 16:
        x[rest] ^= 0x80


@micropython.viper
def mix(x: ptr8, to: int, data: ptr8, at: int, size: int) -> object:
    """x[to : to + size] ^= data[at : at + size]"""
    for i in range(size):
        x[to + i] ^= data[at + i]


@micropython.viper
def merge(stream: ptr8, data: ptr8, size: int) -> object:
    """stream[16 : 16 + size] ^= data[0 : size]: the text meets the key stream, behind the block kept for the tag."""
    for i in range(size):
        stream[16 + i] ^= data[i]


@micropython.viper
def counters(out: ptr8, nonce: ptr8, nonce_size: int, blocks: int) -> object:
    """Writes the counter blocks A_0 … A_(blocks-1) of CCM (RFC 3610 section 2.3) to `out`, 16 bytes each."""
    for block in range(blocks):
        base = block << 4
        out[base] = 14 - nonce_size
        for i in range(nonce_size):
            out[base + 1 + i] = nonce[i]
        count = block
        for i in range(15, nonce_size, -1):
            out[base + i] = count
            count >>= 8


@micropython.viper
def check_health(state: ptr16, raw: ptr8, size: int) -> bool:
    """Runs the two tests of rand.py over raw[:size]; state: last value, run, reference, hits, position."""
    healthy = True
    for i in range(size):
        value = raw[i]
        if value == state[0]:
            state[1] += 1
            if state[1] >= _REPEAT_CUTOFF:
                healthy = False
        else:
            state[0] = value
            state[1] = 1
        if state[4] == 0:
            state[2] = value
            state[3] = 1
        elif value == state[2]:
            state[3] += 1
            if state[3] >= _PROPORTION_CUTOFF:
                healthy = False
        state[4] = (state[4] + 1) & (_WINDOW - 1)
    return healthy
