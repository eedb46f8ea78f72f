# SPDX-License-Identifier: MIT
"""Random bytes: cutoffs are those of SP 800-90B, every broken source is stopped, and what is given is conditioned."""

import re
from fractions import Fraction
from itertools import count
from math import ceil, comb, log2
from typing import Any

import pytest

from nightlatch import micropython

FALSE_ALARM = Fraction(1, 2**40)
WINDOW = 512

# Each is a source as an expression; `calls` counts how often it was asked.
BROKEN = {
    "stuck at zero": "lambda n: bytes(n)",
    "stuck at a value": "lambda n: b'\\xa5' * n",
    "a short loop": "lambda n: (b'loop' * 999)[:n]",
    "the same block each time": "lambda n, fixed=os.urandom(99): fixed[:n]",
    "short": "lambda n: os.urandom(n - 1)",
    "nothing": "lambda n: b''",
    "failing": "failing",
    "biased": "lambda n: bytes(b & 7 for b in os.urandom(n))",
}

GIVES = """
import os
from agent.crypto.entropy import Entropy
from agent.errors import RandomFault
def failing(n):
    raise OSError(5)
source = Entropy({source})
print(source.healthy)
for size in (16, 1, 0, 32):
    try:
        print("gave", source.bytes(size))
    except RandomFault as fault:
        print("RandomFault", fault)
"""

LATER = """
import os
from agent.crypto.entropy import Entropy
from agent.errors import RandomFault
calls = 0
def source(n):
    global calls
    calls += 1
    return {broken} if 100 < calls <= 140 else os.urandom(n)
drawn = Entropy(source)
good = 0
try:
    while good < 1000:
        drawn.bytes(16)
        good += 1
except RandomFault:
    print(good, drawn.healthy)
refused = 0
while calls <= 140:
    try:
        drawn.bytes(16)
    except RandomFault:
        refused += 1
print(refused > 3, len(drawn.bytes(16)), drawn.healthy)
"""

MIXED = """
from agent.crypto.entropy import Entropy
seeds = [bytes([at]) * 3 + bytes(range(at, at + 61)) for at in range(120)]
def run(*secrets):
    at = -1
    def source(n):
        global calls
        calls += 1
        return (seeds[calls % 120])[:n]
    global calls
    calls = 0
    made = Entropy(source)
    for secret in secrets:
        made.mix(secret)
    return [made.bytes(size) for size in (16, 40, 16, 0)]
calls = 0
print(run() == run(), run(b"a") == run(b"a"), run(b"a") != run(b"b"), run(b"a", b"b") != run(b"b", b"a"))
first = run(b"a")
print([len(one) for one in first], first[0] != first[2], first[1][:16] != first[0])
raw = b"".join(seeds)
print(any(one[:4] in raw for one in first[:3]))
"""

RUNS = """
import os
from array import array
from agent.crypto.loops_viper import check_health
def health(raw):
    return check_health(array("H", (256, 0, 0, 0, 0)), raw, len(raw))
def hits(n):
    raw = bytearray(1 + i % 251 for i in range(512))
    at = 0
    for i in range(n):
        raw[at] = 255
        at += 20
    return raw
print([n for n in range(2, 12) if health(b"start" + b"x" * n + b"end")][-1])
print([n for n in range(1, 26) if health(hits(n))][-1])
"""

GOOD = """
from agent.crypto.entropy import Entropy
source = Entropy()
print(all(len(source.bytes(n)) == n for n in range(64) for _ in range(20)), source.healthy)
print(len(set(source.bytes(8) for _ in range(200))))
"""


def constant(name: str) -> int:
    """A constant of the loops, the same in both kinds."""
    texts = [
        (micropython.FIRMWARE / "agent/crypto" / f"loops_{kind}.py").read_text() for kind in ("viper", "plain")
    ]
    values = {re.search(rf"^{name} = const\((\d+)\)$", text, re.MULTILINE)[1] for text in texts}  # type: ignore[index]
    (value,) = values
    return int(value)


def test_the_cutoffs_are_the_standards() -> None:
    assert constant("_REPEAT_CUTOFF") == 1 + ceil(-log2(FALSE_ALARM) / 8)
    chance = Fraction(1, 256)
    below = Fraction(0)
    for critical in count():
        below += comb(WINDOW, critical) * chance**critical * (1 - chance) ** (WINDOW - critical)
        if below >= 1 - FALSE_ALARM:
            break
    assert constant("_WINDOW") == WINDOW
    assert constant("_PROPORTION_CUTOFF") == 1 + critical


def test_the_tests_stop_at_their_cutoffs(upy: Any) -> None:
    last_good = [constant("_REPEAT_CUTOFF") - 1, constant("_PROPORTION_CUTOFF") - 1]
    assert upy(RUNS).stdout.split() == [str(value) for value in last_good]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_source_gives_nothing(upy: Any, name: str) -> None:
    ran = upy(GIVES.format(source=BROKEN[name]))
    assert ran.stdout == "False\n" + "RandomFault random source is not healthy\n" * 4


@pytest.mark.parametrize(("broken", "at_most"), [("bytes(n)", 0), ("b'0123456789abcdefghijklmnop'[:n]", 1)])
def test_a_source_that_breaks_later_is_stopped_until_it_recovers(upy: Any, broken: str, at_most: int) -> None:
    lines = upy(LATER.format(broken=broken)).stdout.splitlines()
    given, healthy = lines[0].split()
    assert healthy == "False"
    assert 84 <= int(given) <= 84 + at_most
    assert lines[1:] == ["True 16 True"]


def test_what_is_given_hangs_on_all_that_went_in(upy: Any) -> None:
    """The same source, secret and order give the same; anything else does not, and no raw byte is handed out."""
    assert upy(MIXED).stdout == "True True True True\n[16, 40, 16, 0] True True\nFalse\n"


def test_a_good_source_passes(upy: Any) -> None:
    assert upy(GOOD).stdout == "True True\n200\n"
