# SPDX-License-Identifier: MIT
"""Runs under MicroPython: prints the verdict of the policy for every combination of facts that matters."""

from agent import policy

ACTIONS = tuple(range(17)) + (32, 255)
RIGHTS = tuple(range(256))
STATES = (0, 1, 2, 3, 4, 5, 255)
FLAGS = (0x00, 0x01, 0x02, 0x07, 0x08, 0x80, 0xFF)

assert [policy.right_to_move(action) for action in range(16)] == [0, 1, 2, 4, 8] + [0] * 11
for action in ACTIONS:
    for state in STATES:
        for flags in FLAGS:
            for passive in (False, True):
                row = [policy.decide(action, rights, state, flags, passive) for rights in RIGHTS]
                print(action, state, flags, int(passive), "".join("%02x" % verdict for verdict in row))
