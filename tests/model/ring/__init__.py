# SPDX-License-Identifier: MIT
"""firmware/agent/store/ring, room by room and directly: each byte that it writes, each refusal, each border.

A module for each of its modules. ALL are functions that return what is wrong; they take milliseconds, so a mutant
meets them first.
"""

from tests.model.ring import cleaning, damage, failing, records, scans, sectors, tails, turns, words, writing

ALL = (
    *words.ALL,
    *sectors.ALL,
    *records.ALL,
    *scans.ALL,
    *damage.ALL,
    *turns.ALL,
    *cleaning.ALL,
    *tails.ALL,
    *writing.ALL,
    *failing.ALL,
)
