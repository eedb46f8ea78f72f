# SPDX-License-Identifier: MIT
"""The functions of loops_viper.py in plain bytecode, for builds without a viper emitter (64-bit ARM, some ports).

Same arguments and results; slower by one to two orders of magnitude.
"""

from micropython import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from array import array

    Readable = bytes | bytearray | memoryview

_REPEAT_CUTOFF = const(6)
_PROPORTION_CUTOFF = const(19)
_WINDOW = const(512)


def equal(a: "Readable", b: "Readable", size: int) -> bool:
    """Whether the first `size` bytes are the same; reads all of them whatever they are."""
    difference = 0
    for i in range(size):
        difference |= a[i] ^ b[i]
    return difference == 0


def subkeys(k: bytearray) -> None:
    """k: 32 bytes with L = AES(K, 0) in the first half; leaves K1 | K2 (RFC 4493 section 2.3)."""
    value = int.from_bytes(k[:16], "big")
    for base in (0, 16):
        value = ((value << 1) & ((1 << 128) - 1)) ^ ((value >> 127) * 0x87)
        k[base : base + 16] = value.to_bytes(16, "big")


def absorb(x: bytearray, k: bytearray, data: "Readable", size: int, at: int) -> None:
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


def mix(x: bytearray, to: int, data: "Readable", at: int, size: int) -> None:
    """x[to : to + size] ^= data[at : at + size]"""
    for i in range(size):
        x[to + i] ^= data[at + i]


def merge(stream: bytearray, data: "Readable", size: int) -> None:
    """stream[16 : 16 + size] ^= data[0 : size]: the text meets the key stream, behind the block kept for the tag."""
    for i in range(size):
        stream[16 + i] ^= data[i]


def counters(out: bytearray, nonce: "Readable", nonce_size: int, blocks: int) -> None:
    """Writes the counter blocks A_0 … A_(blocks-1) of CCM (RFC 3610 section 2.3) to `out`, 16 bytes each."""
    for block in range(blocks):
        base = block << 4
        out[base] = 14 - nonce_size
        out[base + 1 : base + 1 + nonce_size] = nonce
        out[base + 1 + nonce_size : base + 16] = block.to_bytes(15 - nonce_size, "big")


def check_health(state: "array[int]", raw: "Readable", size: int) -> bool:
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
