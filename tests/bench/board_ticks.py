# SPDX-License-Identifier: MIT
"""On the emulated board: the instruction counter. Apart from board_count.py, as an import takes heap."""

import mps2


def instructions(since):
    """Instructions since mps2.ticks() said so: one takes 128 ns of the virtual clock, a tick 40."""
    return (mps2.ticks() - since & 0xFFFFFFFF) * 40 >> 7
