# SPDX-License-Identifier: MIT
"""Property-based tests of the agent's own entrances under MicroPython: any bytes to gate and channel change nothing."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.wire import record
from tests.attack.gate_bench import BLE, NFC, GateBench, gate_bench

KINDS = st.sampled_from(
    [n.F_HELLO, n.F_CLAIM, n.F_OPEN, n.F_RECORD, n.F_CHALLENGE, n.F_TOKEN, 0, 0x7F, 0x80, 0x84, 0xFF]
)
SEALED = st.builds(
    lambda counter, sealed: bytes([n.F_RECORD]) + record.pack(m.RECORD, {"counter": counter, "sealed": sealed}),
    st.integers(0, 3),
    st.binary(max_size=1000),
)
OPEN = st.builds(
    lambda epoch, nonce: bytes([n.F_OPEN])
    + record.pack(m.OPEN, {"version": n.PROTOCOL, "epoch": epoch, "nonce": nonce}),
    st.one_of(st.integers(0, 12), st.integers(0, 0xFFFFFFFF)),
    st.binary(min_size=16, max_size=16),
)
CODE = st.builds(  # the token of a recovery code that nobody printed
    lambda rest: bytes([n.F_TOKEN, n.PROTOCOL << 4 | n.RECOVER]) + rest,
    st.binary(min_size=n.TOKEN_SIZE - 1, max_size=n.TOKEN_SIZE - 1),
)
PAYLOADS = st.one_of(
    st.just(bytes([n.F_CHALLENGE])),
    CODE,
    st.binary(min_size=1, max_size=n.FRAME_MAX),
    st.builds(lambda kind, body: bytes([kind]) + body, KINDS, st.binary(max_size=80)),
    SEALED,
    OPEN,
)
ANSWERS = {  # kind: most bytes
    n.F_HELLO | n.F_ANSWER: 80,
    n.F_OPEN | n.F_ANSWER: 17,
    n.F_CHALLENGE | n.F_ANSWER: 1 + n.CHALLENGE_SIZE,
    n.F_TOKEN | n.F_ANSWER: 1 + n.ANSWER_SIZE,
    n.F_REFUSAL: 2,
}
AT_LEISURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@pytest.fixture(scope="module")
def car(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateBench]:
    """One car for all examples: what they leave behind must not matter."""
    with gate_bench(tmp_path_factory.mktemp("fuzz") / "agent.log") as made:
        made.enrol()
        made("flush")
        yield made


@AT_LEISURE
@given(payloads=st.lists(PAYLOADS, min_size=1, max_size=8))
def test_any_frames_without_a_key(car: GateBench, payloads: list[bytes]) -> None:
    """A bounded answer of a kind that a stranger may see, and a flash in which not one bit has changed."""
    before = car.flash()
    for payload in payloads:
        answer = car.frame(payload)
        assert answer[0] in ANSWERS and 2 <= len(answer) <= ANSWERS[answer[0]]
    assert car.flash() == before and car("faults") == ["0"]


@AT_LEISURE
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([BLE, BLE + 1, NFC]), st.booleans(), st.binary(max_size=40)), min_size=1, max_size=8
    )
)
def test_any_bytes_for_a_token(car: GateBench, steps: list[tuple[int, bool, bytes]]) -> None:
    """With and without a challenge, of any length: 16 bytes, nothing accepted, nothing moved, no fault inside."""
    before = car.flash()
    for link, fresh, data in steps:
        if fresh:
            car.challenge(link)
        verdict = car.present(data, link)
        assert len(verdict.answer) == n.ANSWER_SIZE and not verdict.accepted and not verdict.moves
    assert car.flash() == before and car("faults") == ["0"]


def test_it_still_opens(car: GateBench) -> None:
    """After all of that, in the same process."""
    assert car.act(car.holder(0))[0].ok
