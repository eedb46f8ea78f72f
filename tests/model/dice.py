# SPDX-License-Identifier: MIT
"""Random numbers that are the same everywhere and again: a replay needs them, and both interpreters."""


class Dice:
    """xorshift, 30 bits: MicroPython's small integers hold them."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0x9E3779B1 + 0x7F4A7C15) & 0x3FFFFFFF or 1
        for _ in range(4):
            self.roll(2)

    def roll(self, sides: int) -> int:
        """0 to sides - 1."""
        x = self._state
        x ^= (x << 13) & 0x3FFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0x3FFFFFFF
        self._state = x
        return (x >> 3) % sides
