# SPDX-License-Identifier: MIT
"""On the emulated board: what the check of an update's signature costs. Prints one JSON object.

The command line names an image of flash with the key's table, the signature (r · s), the digest, and one byte: 1 where
the signature is good. Collections between two slices are the idle task's: they are counted in `all` alone.
"""

import gc
import json
import sys

import mps2

from agent.crypto.ecdsa import verify
from tests.bench.board_ticks import instructions

SECTOR = 4096


def check(key, digest, signature, good):
    """Instructions of all slices, and of the longest; heap bytes of the one that takes most."""
    work = verify.check(key, digest, signature)
    total = longest = heap = 0
    said = None
    while said is None:
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        start = mps2.ticks()
        said = next(work)
        cost = instructions(start)
        heap = max(heap, gc.mem_alloc() - before)
        gc.enable()
        total += cost
        longest = max(longest, cost)
    assert said is good
    return total, longest, heap


def main():
    data = bytearray(SECTOR)
    mps2.Flash(sys.argv[1], SECTOR).readblocks(0, data, 0)
    at = verify.KEY_SIZE + verify.SIGNATURE_SIZE
    key, signature = bytes(data[: verify.KEY_SIZE]), bytes(data[verify.KEY_SIZE : at])
    digest, good = bytes(data[at : at + 32]), data[at + 32] == 1
    total, longest, heap = check(key, digest, signature, good)
    gc.collect()
    start = mps2.ticks()
    assert verify.verify(key, digest, signature) is good
    print(json.dumps({"check": total, "slice": longest, "heap": heap, "all": instructions(start)}))


main()
