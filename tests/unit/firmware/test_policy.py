# SPDX-License-Identifier: MIT
"""The policy's whole truth table, as the device computes it, against the rules said another way."""

from pathlib import Path
from typing import Any

from nightlatch.wire import numbers as n

NEEDS = {"unlock": 0x01, "lock": 0x02, "trunk": 0x04, "drive": 0x08, "passive": 0x40}
WORDS = {1: "unlock", 2: "lock", 3: "trunk", 4: "drive", 5: "status"}
REQUESTS = {7: 0x90, 8: 0x10, 9: 0x10, 10: 0x10, 11: 0x10, 13: 0x10, 14: 0x10}  # what one of these bits allows
OF_PASSES = 0x06  # flags that say what becomes of a pass secret, and allow or forbid nothing


def allowed(action: int, rights: int, state: int, flags: int, passive_on: bool) -> bool:
    """What opens, and nothing else does: protocol.md, sections 1."""
    word = WORDS.get(action)
    held = {name for name, bit in NEEDS.items() if rights & bit}
    if state == 2:  # suspect: keeps lock and unlock, so that nobody is stranded
        held &= {"unlock", "lock"}
    elif state != 1:
        return False
    if action in REQUESTS:
        return state == 1 and flags & ~OF_PASSES == 0 and bool(rights & REQUESTS[action])
    if word is None or flags > 7:
        return False
    if flags & 1:
        return word == "unlock" and {"unlock", "passive"} <= held and passive_on
    return word == "status" or word in held


def reason(action: int, rights: int, state: int, flags: int, passive_on: bool) -> int:
    """Why not: the first of these that applies."""
    known_state = state in (1, 2)
    walk_up = flags & 1 == 1
    usable = rights & 0x03 if state == 2 else rights
    reasons = (
        (state == 3, n.SUSPENDED),
        (not known_state, n.REVOKED),
        (flags > 7, n.MALFORMED),
        (action not in WORDS and action not in REQUESTS, n.UNKNOWN_ACTION),
        (walk_up and (action != 1 or not passive_on or not usable & 0x40), n.PASSIVE_OFF),
    )
    return next((code for applies, code in reasons if applies), n.NO_RIGHT)


def test_the_whole_table(upy: Any) -> None:
    lines = upy(Path(__file__).with_name("upy_policy.py")).stdout.splitlines()
    assert len(lines) == 19 * 7 * 7 * 2
    wrong = []
    opened = 0
    for line in lines:
        *facts, row = line.split()
        action, state, flags, passive = map(int, facts)
        verdicts = bytes.fromhex(row)
        assert len(verdicts) == 256
        for rights, verdict in enumerate(verdicts):
            case = (action, rights, state, flags, bool(passive))
            expected = n.OK if allowed(*case) else reason(*case)
            opened += verdict == n.OK
            if verdict != expected:
                wrong.append((case, verdict, expected))
    assert wrong[:5] == []
    # by hand: active, 4 actions of 128 rights each and status of 256; suspect, 2 actions and status; both with passive
    # entry on and off; requests of active ones, 6 by one right of 128, one by either of two; all of that with and
    # without a flag of passes; and the walk-up, which needs two of the 8 bits, with and without them
    assert opened == 2 * (2 * (4 * 128 + 256) + 2 * (2 * 128 + 256) + 2 * (6 * 128 + 192)) + 2 * 64


def test_nothing_widens(upy: Any) -> None:
    """A right more never turns a yes into a no, and no right but its own turns a no into a yes."""
    for line in upy(Path(__file__).with_name("upy_policy.py")).stdout.splitlines():
        *facts, row = line.split()
        action, flags = int(facts[0]), int(facts[2])
        verdicts = bytes.fromhex(row)
        own = NEEDS.get(WORDS.get(action, ""), 0) | (NEEDS["passive"] if flags & 1 else 0) | REQUESTS.get(action, 0)
        for rights in range(256):
            assert (verdicts[rights] == n.OK) == (verdicts[rights & own] == n.OK)
