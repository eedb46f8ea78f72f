# SPDX-License-Identifier: MIT
"""On the emulated board: does a comparison of secrets tell where they differ? Prints one JSON object."""

import json

from agent.crypto import ct
from tests.bench.board_count import count

TIMES = 100  # a single call is known to one instruction only


def compare(a, b):
    for _ in range(TIMES):
        ct.equal(a, b)


def main():
    secret = bytes(range(12))
    count(compare, secret, secret)  # the first call finds its names, and pays for it
    costs = [count(compare, secret, bytes(bytearray(secret)))]
    for at in range(12):
        for flip in (0x01, 0x80, 0xFF):
            wrong = bytearray(secret)
            wrong[at] ^= flip
            costs.append(count(compare, secret, bytes(wrong)))
    print(json.dumps({"spread": round((max(costs) - min(costs)) / TIMES, 1), "cost": costs[0] // TIMES}))


main()
