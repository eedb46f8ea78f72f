# SPDX-License-Identifier: MIT
"""One tap, one transaction: the rule on its own, with a clock that a test sets."""

import importlib.util
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nightlatch import micropython


class Clock:
    """Milliseconds that a test advances."""

    def __init__(self) -> None:
        self.now = 0

    def ms(self) -> int:
        """Now."""
        return self.now

    def since(self, then: int) -> int:
        """Since then."""
        return self.now - then


@dataclass(frozen=True)
class Target:
    """What the reader lists."""

    uid: bytes


A, B = Target(b"aaaa"), Target(b"bbbb")


def fresh() -> tuple[Any, Clock]:
    """The agent's Presence, and its clock."""
    path = micropython.FIRMWARE / "agent" / "link" / "presence.py"
    spec = importlib.util.spec_from_file_location("agent_presence", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    clock = Clock()
    return module.Presence(clock), clock


def look(presence: Any, clock: Clock, *targets: Target) -> Any:
    """One look at the field, 100 ms after the one before."""
    clock.now += 100
    return presence.choose(list(targets))


def test_after_an_accept_the_field_must_empty() -> None:
    """Neither the same card nor another one is served until two looks found nobody."""
    presence, clock = fresh()
    assert look(presence, clock, A) is A
    presence.accepted()
    assert [look(presence, clock, found) for found in (A, B, A)] == [None, None, None]
    assert look(presence, clock) is None
    assert look(presence, clock, B) is None
    assert [look(presence, clock), look(presence, clock), look(presence, clock, B)] == [None, None, B]


def test_the_same_uid_must_stay_away_for_a_second() -> None:
    """A card at the edge of the field is not a second tap."""
    presence, clock = fresh()
    look(presence, clock, A)
    presence.accepted()
    for _ in range(3):
        look(presence, clock)
    assert look(presence, clock, A) is None
    for _ in range(10):
        look(presence, clock)
    assert look(presence, clock, A) is A


def test_refusals_are_retried_twice() -> None:
    """Three refusals at one go; after an absence it starts anew."""
    presence, clock = fresh()
    for served in (A, A, A, None, None):
        assert look(presence, clock, A) is served
        if served:
            presence.refused()
    for _ in range(11):
        look(presence, clock)
    assert look(presence, clock, A) is A


def test_a_lost_exchange_is_retried() -> None:
    """Without an outcome nothing is held against the card."""
    presence, clock = fresh()
    assert [look(presence, clock, A) for _ in range(5)] == [A] * 5


def test_a_foreign_card_stands_in_nobodys_way() -> None:
    """It is passed over for a second, and for as long as it takes after a verdict."""
    presence, clock = fresh()
    assert look(presence, clock, A, B) is A
    presence.foreign(A.uid)
    assert look(presence, clock, A, B) is B
    presence.accepted()
    assert look(presence, clock, A, B) is None
    for _ in range(30):
        assert look(presence, clock, A) is None
    assert look(presence, clock, A, B) is B


def test_a_phone_that_is_unlocked_on_the_reader_is_asked_again() -> None:
    """What was foreign may have become ours a second later."""
    presence, clock = fresh()
    assert look(presence, clock, A) is A
    presence.foreign(A.uid)
    assert [look(presence, clock, A) for _ in range(9)] == [None] * 9
    assert look(presence, clock, A) is A


events = st.tuples(
    st.sampled_from([(), (A,), (B,), (A, B)]), st.sampled_from(["accepted", "refused", "foreign", "lost"])
)


@given(st.lists(events, max_size=80))
def test_never_two_accepts_without_an_absence(story: list[tuple[tuple[Target, ...], str]]) -> None:
    """Whatever happens: between two accepts there are two looks in a row that saw no card of ours."""
    presence, clock = fresh()
    empty = 2
    open_to_all = True
    for targets, outcome in story:
        chosen = look(presence, clock, *targets)
        foreign = {uid for uid, _ in presence._foreign}
        ours = [target for target in targets if target.uid not in foreign]
        empty = 0 if ours else empty + 1
        open_to_all = open_to_all or empty >= 2
        if chosen is None:
            continue
        assert open_to_all
        assert chosen in targets
        if outcome == "accepted":
            open_to_all = False
            presence.accepted()
        elif outcome == "refused":
            presence.refused()
        elif outcome == "foreign":
            presence.foreign(chosen.uid)
        assert len(presence._foreign) <= 4
