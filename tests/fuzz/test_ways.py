# SPDX-License-Identifier: MIT
"""Bad input on every further way in: passes, recovery codes, bodies of requests, cards, the reader."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightlatch.errors import UsageError
from nightlatch.micropython import ROOT
from nightlatch.phone import keys, passes, recovery
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import State
from nightlatch.sim.terminal.typed import parse
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import GateBench, gate_bench

AT_LEISURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
HANDOUT = b"hand-out of test"
OWNER = Holder(State(b"agent id of test", b"veil of the test", HANDOUT, HANDOUT, b"chain key of tst", 3, epoch=1))
CAVEATS = st.lists(
    st.one_of(
        st.builds(c.caveat, st.just(c.USES), st.integers(1, 0xFFFE)),
        st.builds(c.caveat, st.just(c.NOT_AFTER), st.integers(n.TIME_FIRST, n.TIME_LAST)),
        st.builds(c.caveat, st.just(c.LIFETIME), st.integers(1, 0xFFFFFFF)),
    ),
    min_size=1,
    max_size=6,
)
REQUESTS = [n.INTRODUCE, n.REVOKE, n.LIST, n.APPROVE, n.SET_TIME, n.RENAME, n.RECOVER, n.CLEAR, n.WANTED]


@given(CAVEATS, st.data())
def test_a_pass_comes_back_and_a_damaged_one_is_refused(chain: list[bytes], data: st.DataObject) -> None:
    one = passes.issue(OWNER, chain, "label")
    url = passes.encode(one)
    assert passes.decode(f" {url}\n") == one
    at = data.draw(st.integers(len(passes.SCHEME), len(url) - 2))
    other = data.draw(st.sampled_from("ABCabc019-_=!\n é"))
    for wrong in (url[:at], url[:at] + other + url[at + 1 :], url + "AAAA"):
        if wrong != url:
            with pytest.raises(UsageError) as error:
                passes.decode(wrong)
            assert url[20:40] not in str(error.value)


@given(st.one_of(st.text(max_size=300), st.text(max_size=200).map(lambda text: passes.SCHEME + text)))
def test_any_text_is_no_pass(text: str) -> None:
    with pytest.raises(UsageError):
        passes.decode(text)


@given(st.one_of(st.text(max_size=60), st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U- ", max_size=30)))
def test_any_text_is_no_recovery_code(text: str) -> None:
    """One in 37 of those that look like one would be one: a code that comes out is that text's."""
    try:
        code = recovery.parse(text)
    except UsageError as error:
        assert len(text) < 12 or text not in str(error)
    else:
        assert recovery.parse(code.text) == code


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_words_are_actions_or_a_usage_error(words: list[str]) -> None:
    try:
        parse(words)
    except UsageError:
        pass


@pytest.fixture(scope="module")
def car(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateBench]:
    """One car for all examples, with two owners: what examples leave behind must not matter to the second."""
    with gate_bench(tmp_path_factory.mktemp("fuzz") / "agent.log") as made:
        made.enrol(n.ROLE_DRIVER)
        made.enrol()
        yield made


@pytest.fixture(scope="module")
def driver(car: GateBench) -> Holder:
    """Key 0, which may ask for everything and is no owner's: losing it strands nobody."""
    return car.holder(0)


@pytest.fixture(scope="module")
def owner(car: GateBench) -> Holder:
    """Key 1, used once: passes hang on that."""
    made = car.holder(1)
    assert car.act(made)[0].ok
    return made


@AT_LEISURE
@given(action=st.sampled_from(REQUESTS), body=st.binary(max_size=n.BODY_MAX - n.SEAL_TAG))
def test_any_body_under_a_good_key(car: GateBench, driver: Holder, action: int, body: bytes) -> None:
    """Whoever has a key and sends nonsense with it gets a reason; nothing moves, nothing fails inside."""
    token = driver.token(car.challenge(), action, 0, body)
    verdict = car.present(token)
    assert not verdict.moves and len(verdict.answer) >= n.ANSWER_SIZE and car("faults") == ["0"]
    driver.answer(verdict.answer)
    assert car.cred(1)[1] == n.CRED_ACTIVE or action == n.REVOKE


@AT_LEISURE
@given(tail=st.binary(min_size=1, max_size=c.SIZE_MAX))
def test_any_caveats_under_a_good_chain(car: GateBench, owner: Holder, tail: bytes) -> None:
    """An issuer who seals nonsense: the tag fits, the caveats don't."""
    good = passes.issue(owner, [c.caveat(c.USES, 1)])
    bent = replace(good, caveats=(*good.caveats, tail), key=keys.cmac(good.key, b"\x02" + tail))
    shown = passes.Introduction(bent)
    verdict = car.present(shown.token(car.challenge()))
    assert not verdict.moves and car("faults") == ["0"]


def test_the_second_owner_still_opens(car: GateBench, owner: Holder) -> None:
    assert car.act(owner)[0].ok


def test_cards_and_a_reader_that_say_anything(upy: Any) -> None:
    """Under MicroPython: 4,000 taps and 4,000 answers of the chip, random and bent."""
    ran = upy(Path(__file__).with_name("upy_ways.py"), path=(ROOT,), heap="8M", timeout=300)
    assert ran.stdout == "taps 4000 answers 4000\n"
