# SPDX-License-Identifier: MIT
"""When a phone lends, what its tokens say of it, and when that is over."""

import pytest

from nightlatch.phone import keys, passes
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.state import State
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.unit.phone.car import LENT, Car, fresh

LEND = n.FLAG_LEND
KEEP = n.FLAG_KEEP


def flags(token: bytes) -> int:
    return token[5]


def test_nothing_is_lent_before_the_first_use_or_while_an_answer_is_owed() -> None:
    saved: list[State] = []
    car = Car(fresh(saved))
    with pytest.raises(PhoneError, match="last use"):
        car.holder.lend()
    car.accept()
    car.lost()
    count = len(saved)
    with pytest.raises(PhoneError, match="last use"):
        car.holder.lend()
    assert len(saved) == count and car.holder.state.lent is None
    car.accept()
    assert car.holder.lend() == keys.derive(car.holder.state.chain, b"pass")


def test_it_is_saved_before_the_pass_is_made() -> None:
    saved: list[State] = []
    car = Car(fresh(saved))
    car.accept()
    one = passes.issue(car.holder, [c.caveat(c.USES, 1)])
    assert saved[-1].lent == (keys.derive(car.holder.state.chain, b"pass"), 1)
    first = keys.cmac(saved[-1].lent[0], b"\x02" + one.ident + one.caveats[0])
    assert one.key == keys.cmac(first, b"\x02" + one.caveats[1])
    assert saved[-1].lent_until == 0, "it never ends by itself"


def test_tokens_say_what_becomes_of_it() -> None:
    car = Car(fresh())
    car.accept()
    assert flags(car.ask()[1]) == 0
    car.accept()
    lent = car.holder.lend()
    for _ in range(2):
        assert flags(car.ask()[1]) == LEND
    assert not car.accept(state=LENT).void and car.holder.lend() == lent, "the same one while it is lent"
    for _ in range(2):
        assert flags(car.ask()[1]) == KEEP
        assert not car.accept(state=LENT).void
    nonce, token = car.ask(n.STATUS)
    assert flags(token) == 0, "which steps nothing"
    car.accept(state=LENT)
    car.holder.ended_passes()
    assert flags(car.ask()[1]) == 0 and car.holder.state.lent is None


def test_a_car_that_keeps_nothing_voids_the_passes() -> None:
    car = Car(fresh())
    car.accept()
    car.holder.lend()
    result = car.accept()
    assert result.ok and result.void and car.holder.state.lent is None
    assert not car.accept().void, "told once"


def test_it_is_over_with_the_last_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_790_000_000.0]
    monkeypatch.setattr("nightlatch.phone.holder.time.time", lambda: now[0])
    car = Car(fresh())
    car.accept()
    for until in (1_790_001_000, 1_790_002_000, 1_790_001_500):
        car.holder.lend(until)
    assert car.holder.state.lent_until == 1_790_002_000
    car.accept(state=LENT)
    now[0] = 1_790_002_000 + n.TIME_SLACK_S
    assert flags(car.ask()[1]) == KEEP
    car.accept(state=LENT)
    now[0] += 1
    assert flags(car.ask()[1]) == 0 and car.holder.state.lent is None


def test_lending_does_not_end_while_an_answer_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_790_000_000.0]
    monkeypatch.setattr("nightlatch.phone.holder.time.time", lambda: now[0])
    car = Car(fresh())
    car.accept()
    car.holder.lend(1_790_000_100)
    car.lost()
    now[0] += 1000
    assert flags(car.ask()[1]) == LEND
    car.accept(state=LENT)
    assert flags(car.ask()[1]) == 0


def test_one_pass_without_an_end_keeps_it() -> None:
    car = Car(fresh())
    car.accept()
    car.holder.lend(1_790_000_000)
    car.holder.lend()
    car.holder.lend(1_790_000_000)
    assert car.holder.state.lent_until == 0
