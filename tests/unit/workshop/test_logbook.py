# SPDX-License-Identifier: MIT
"""The verification of an exported log: every kind of break is found, and named by its place."""

from dataclasses import replace

import pytest

from nightlatch.device.types import LogEntry
from nightlatch.phone.keys import cmac
from nightlatch.vault import LogHead
from nightlatch.wire import messages as m
from nightlatch.wire import record
from nightlatch.workshop.logbook import verify

KEY = b"the log's key..."


def made(count: int, key: bytes = KEY) -> list[LogEntry]:
    """A log as the car would keep it."""
    found = []
    chain = b""
    for seq in range(count):
        values = {
            "seq": seq,
            "time": seq * 3,
            "link": 2,
            "action": 1,
            "handle": 7,
            "verdict": 0,
            "flags": 0,
            "detail": 0,
        }
        raw = record.pack(m.LOG_ENTRY, values)
        chain = cmac(key, chain + raw)[: m.LOG_CHAIN_SIZE]
        found.append(LogEntry(**values, raw=raw, chain=chain))
    return found


LOG = made(10)


def head(seq: int, log: list[LogEntry] = LOG) -> LogHead:
    return LogHead("NL-1", seq, log[seq].chain)


def bent(entry: LogEntry, **changes: int) -> LogEntry:
    """An entry with other content under the same chain value."""
    values = {
        name: getattr(entry, name)
        for name in ("seq", "time", "link", "action", "handle", "verdict", "flags", "detail")
    }
    values |= changes
    return LogEntry(**values, raw=record.pack(m.LOG_ENTRY, values), chain=entry.chain)


def test_a_whole_log() -> None:
    verdict = verify(LOG, KEY)
    assert verdict.ok and verdict.anchored
    assert (verdict.entries, verdict.first, verdict.last, verdict.missing) == (10, 0, 9, 0)
    assert verdict.chain == LOG[9].chain


def test_no_entries() -> None:
    verdict = verify([], KEY)
    assert (
        verdict.ok and not verdict.anchored and (verdict.entries, verdict.last, verdict.chain) == (0, -1, b"")
    )


@pytest.mark.parametrize("field", ["time", "link", "action", "handle", "verdict", "flags", "detail"])
@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_changed_entry(field: str, place: int) -> None:
    log = list(LOG)
    log[place] = bent(log[place], **{field: 1 + getattr(log[place], field)})
    assert verify(log, KEY).broken == place


@pytest.mark.parametrize("place", range(10))
def test_a_changed_chain_value(place: int) -> None:
    log = list(LOG)
    log[place] = replace(log[place], chain=bytes(8))
    assert verify(log, KEY).broken == place


@pytest.mark.parametrize("place", range(1, 9))
def test_a_removed_entry(place: int) -> None:
    verdict = verify(LOG[:place] + LOG[place + 1 :], KEY)
    assert (verdict.broken, verdict.missing) == (place + 1, 1)


def test_entries_in_another_order_or_twice() -> None:
    assert verify([*LOG[:3], LOG[4], LOG[3], *LOG[5:]], KEY).broken == 4
    assert verify([*LOG[:4], LOG[3], *LOG[4:]], KEY).broken == 3
    assert verify(LOG[::-1], KEY).broken == 8


def test_another_key_and_another_car() -> None:
    assert verify(LOG, b"another key.....").broken == 0
    assert verify([*LOG[:5], *made(10, b"another key.....")[5:]], KEY).broken == 5


def test_the_first_break_is_the_one_that_is_named() -> None:
    log = [bent(entry, detail=9) if entry.seq in (3, 6) else entry for entry in LOG]
    assert verify(log, KEY).broken == 3


def test_an_export_whose_beginning_is_gone() -> None:
    verdict = verify(LOG[4:], KEY)
    assert verdict.ok and not verdict.anchored and (verdict.first, verdict.missing) == (4, 0)
    first_changed = [bent(LOG[4], detail=9), *LOG[5:]]
    assert verify(first_changed, KEY).ok, "an entry with nothing before it is taken as it is"
    assert verify(first_changed, KEY, head(3)).broken == 4, "but not where the head before it is known"


@pytest.mark.parametrize(("start", "known", "anchored", "missing"), [(4, 3, True, 0), (4, 4, True, 0), (4, 7, True, 0),
    (0, 5, True, 0), (4, 1, False, 2), (9, 0, False, 8)])  # fmt: skip
def test_joining_what_was_verified_before(start: int, known: int, anchored: bool, missing: int) -> None:
    verdict = verify(LOG[start:], KEY, head(known))
    assert (verdict.ok, verdict.anchored, verdict.missing) == (True, anchored, missing)


@pytest.mark.parametrize("start", [0, 3, 4])
def test_another_past_than_the_one_verified(start: int) -> None:
    other = LogHead("NL-1", 4, b"was else")
    assert verify(LOG[start:], KEY, other).broken == 4


def test_a_log_rewritten_behind_the_head() -> None:
    assert verify(LOG[5:], KEY, LogHead("NL-1", 4, b"was else")).broken == 5


def test_a_log_that_went_back_ends_before_the_head() -> None:
    verdict = verify(LOG[:6], KEY, head(9))
    assert verdict.last < 9, "the caller compares the two"
