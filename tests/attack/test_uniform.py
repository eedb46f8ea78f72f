# SPDX-License-Identifier: MIT
"""What a stranger learns: refusals and advertisements are bytes that nobody without a key can tell apart."""

import math
import os
from collections import Counter
from collections.abc import Callable

from nightlatch.phone import advert
from nightlatch.phone.holder import Holder
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import GateBench
from tests.attack.table import Report

EACH = 400
ADVERTS = 1000


def chi_squared(samples: list[bytes], position: int) -> float:
    """How far one byte of the samples is from uniform over 16 bins, in standard deviations of chi squared."""
    counts = Counter(sample[position] >> 4 for sample in samples)
    expected = len(samples) / 16
    total = sum((counts[value] - expected) ** 2 / expected for value in range(16))
    return (total - 15) / math.sqrt(30)


def refusals(bench: GateBench) -> dict[str, Callable[[], bytes]]:
    """By reason: a function that makes a token which is refused for it."""
    wrong, revoked, used, suspended, poor = (bench.enrol() for _ in range(5))
    backup = used.state
    for _ in range(3):
        assert bench.act(used)[0].ok
    for key, state in ((revoked, n.CRED_REVOKED), (suspended, n.CRED_SUSPENDED)):
        assert bench.act(key)[0].ok
        bench("state", key.state.handle, state)
    unknown = bench.holder(60, os.urandom(16))
    impostor = bench.holder(wrong.state.handle, os.urandom(16))

    def from_state(holder: Holder, action: int = n.UNLOCK) -> Callable[[], bytes]:
        state = holder.state
        return lambda: Holder(state).token(bench.challenge(), action)

    def late() -> bytes:
        token = Holder(used.state).token(bench.challenge(), n.UNLOCK)
        bench("wait", n.CHALLENGE_MS + 1)
        return token

    def lame() -> bytes:
        bench.challenge()
        return os.urandom(7)

    return {
        "unknown": from_state(unknown),
        "wrong key": from_state(impostor),
        "revoked": from_state(revoked),
        "stale": from_state(Holder(backup)),
        "suspended": from_state(suspended),
        "no such action": from_state(poor, 9),
        "too late": late,
        "malformed": lame,
    }


def test_refusals_look_alike(bench: GateBench, attack: Report) -> None:
    """Each kind, hundreds of times: 16 bytes, never the same twice, no byte that is far from uniform."""
    seen: set[bytes] = set()
    tries = opened = 0
    for reason, make in refusals(bench).items():
        samples = []
        for _ in range(EACH):
            verdict = bench.present(make())
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
            samples.append(verdict.answer)
        assert {len(sample) for sample in samples} == {n.ANSWER_SIZE}, reason
        seen.update(samples)
        worst = max(abs(chi_squared(samples, position)) for position in range(n.ANSWER_SIZE))
        assert worst < 8, f"{reason}: a byte of the answer is {worst:.1f} deviations from uniform"
    assert len(seen) == tries, "an answer came twice"
    attack(22, "refusals of eight kinds", tries, opened, "strangers saw 16 random bytes, holders a reason")


def test_the_statistics_can_fail() -> None:
    """A masked status byte that is not masked would show."""
    samples = [bytes([n.REVOKED]) + os.urandom(15) for _ in range(EACH)]
    assert chi_squared(samples, 0) > 100 and abs(chi_squared(samples, 1)) < 8


def test_adverts_of_one_car_can_t_be_linked(bench: GateBench, attack: Report) -> None:
    """A thousand of them: no two alike, every bit half the time on, and only the veil key knows them."""
    adverts = [bytes.fromhex(bench("advert")[0]) for _ in range(ADVERTS)]
    assert len(set(adverts)) == ADVERTS and {len(data) for data in adverts} == {6}
    assert max(abs(chi_squared(adverts, position)) for position in range(6)) < 8
    assert all(advert.is_ours(bench.veil, data) for data in adverts)
    known = sum(advert.is_ours(os.urandom(16), data) for data in adverts)
    attack(22, "adverts told apart by a stranger", ADVERTS, known, "knew each of them")
