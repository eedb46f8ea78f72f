# SPDX-License-Identifier: MIT
"""Caveats: the parser takes any bytes, order does not matter, and nothing that is added lets in whom it kept out."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from nightlatch.wire.errors import WireError

T0 = 1_780_000_000
numbers = st.sampled_from([0, 1, 2, 3, 60, 3600, T0 - 1, T0, T0 + 1, T0 + 86400, 0xFFFFFFFF])


def number(kind: int, top: int) -> st.SearchStrategy[bytes]:
    return (numbers | st.integers(0, top)).filter(lambda value: value <= top).map(lambda value: c.caveat(kind, value))


weekly = st.builds(
    lambda days, start, end: c.weekly(days, start, end if end != start else end + 1),
    st.integers(1, 127),
    st.integers(0, 1439),
    st.integers(0, 1439),
)
optional = st.builds(lambda kind, data: bytes((kind, len(data))) + data, st.integers(128, 255), st.binary(max_size=4))
caveat = st.one_of(
    number(c.ACTIONS, 0xFFFF),
    number(c.NOT_BEFORE, 0xFFFFFFFF),
    number(c.NOT_AFTER, 0xFFFFFFFF),
    number(c.USES, 0xFFFE),
    number(c.LIFETIME, 0xFFFFFFFF),
    number(c.DEPTH, c.DEPTH_MAX),
    weekly,
    optional,
)
chains = st.lists(caveat, min_size=1, max_size=6)
rights = st.sampled_from([0, n.RIGHT_UNLOCK, n.RIGHT_LOCK, n.RIGHT_TRUNK, n.RIGHT_DRIVE])
times = st.integers(T0 - 90000, T0 + 700000)


def made(chain: list[bytes]) -> c.Limits | None:
    try:
        return c.Limits(chain)
    except WireError:
        return None


@given(st.binary(max_size=150))
def test_any_bytes_are_split_or_refused(data: bytes) -> None:
    try:
        found = c.split(data)
    except WireError:
        return
    assert b"".join(found) == data and 0 < len(found) <= c.COUNT_MAX


@given(chains, caveat, rights, times, st.booleans(), st.sampled_from([0, T0 - 5000, T0]))
def test_adding_only_takes_away(
    chain: list[bytes], more: bytes, right: int, now: int, trusted: bool, first: int
) -> None:
    before, after = made(chain), made([*chain, more])
    if before is None:
        assert after is None
    elif after is not None and after.judge(right, now, trusted, first) == n.OK:
        assert before.judge(right, now, trusted, first) == n.OK
        assert after.depth <= before.depth and after.uses <= before.uses


@given(chains, st.randoms(use_true_random=False), rights, times, st.booleans())
def test_the_order_does_not_matter(chain: list[bytes], shuffle: "object", right: int, now: int, trusted: bool) -> None:
    other = list(chain)
    shuffle.shuffle(other)  # type: ignore[attr-defined]
    one, two = made(chain), made(other)
    assert (one is None) == (two is None)
    if one and two:
        assert (one.judge(right, now, trusted, 0) == n.OK) == (two.judge(right, now, trusted, 0) == n.OK)


@given(chains)
def test_kept_and_read_again(chain: list[bytes]) -> None:
    limits = made(chain)
    if limits is not None:
        again = c.Limits([]).load(limits.save())
        assert vars(again) == vars(limits) and len(limits.save()) + 17 <= 63


@given(chains, rights, times)
def test_who_gets_in_without_trusted_time_gets_in_later(chain: list[bytes], right: int, now: int) -> None:
    limits = made(chain)
    if limits is not None and limits.judge(right, now, False, 0) == n.OK:
        for later in (now, now + 1, now + 86400, now + 400 * 86400, 0xFFFFFFF0):
            assert limits.judge(right, later, True, 0) == n.OK


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", b"\x01\x02\x00", b"\x08\x00", b"\x7f\x01\x00", b"\x00\x00", b"\x07\x01\x04", b"\x04\x02\xff\xff"]
    + [b"\x05\x05" + data for data in (bytes(4) + b"\x01", b"\x80\0\0\0\x01", b"\x01\x05\xa0\0\x01")]
    + [b"\x80\x00" * 17],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        c.split(data)


@given(st.integers(0, 0xF0000000), weekly)
def test_hours_are_those_of_the_calendar(now: int, one: bytes) -> None:
    day = datetime.fromtimestamp(now, UTC)
    minute = day.hour * 60 + day.minute
    days, start, end = one[2], int.from_bytes(one[3:5], "big"), int.from_bytes(one[5:7], "big")
    today, yesterday = days >> day.weekday() & 1, days >> (day.weekday() - 1) % 7 & 1
    over_night = today and minute >= start or yesterday and minute < end
    inside = (today and start <= minute < end) if start < end else over_night
    assert (c.Limits([one]).judge(n.RIGHT_UNLOCK, now, True, 0) == n.OK) == bool(inside)


def test_who_opened_may_lock() -> None:
    limits = c.Limits([c.caveat(c.USES, 0)])
    now = int(time.time())
    assert limits.judge(n.RIGHT_UNLOCK, now, True, 0) == n.USED_UP and limits.judge(n.RIGHT_LOCK, now, True, 0) == n.OK
