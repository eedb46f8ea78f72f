# SPDX-License-Identifier: MIT
"""Signatures for crypto/ecdsa/verify.py, under MicroPython. Argument: a file of lines "name key digest sig verdict"."""

import gc
import sys

from agent.crypto.ecdsa import verify

ran = slices = 0
most = 0
with open(sys.argv[1]) as file:
    for line in file:
        name, key, digest, signature, verdict = line.split()
        gc.collect()
        before = gc.mem_alloc()
        verdict_is = None
        parts = [bytes.fromhex(part) if part != "-" else b"" for part in (key, digest, signature)]
        for good in verify.check(*parts):
            verdict_is = good
            slices += 1
            most = max(most, gc.mem_alloc() - before)
            gc.collect()
            before = gc.mem_alloc()
        if verdict_is is not (verdict == "valid"):
            print("FAIL", name, verdict_is)
        ran += 1

print("RAN", ran, slices, most)
