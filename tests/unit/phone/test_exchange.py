# SPDX-License-Identifier: MIT
"""What a phone does by itself around one act: retries what was lost, asks why, and never takes a reason for a deed."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from nightlatch.errors import UsageError
from nightlatch.phone import keys
from nightlatch.phone.bundle import encode
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.exchange import act, told
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result
from nightlatch.phone.wallet import open_key
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t
from tests.unit.phone.car import BUNDLE, OPEN, fresh, masked, stepped

Answer = Callable[["Script", bytes, bytes], bytes | None]


class Script:
    """A car that answers each token by the next rule; `seen`: the tokens, `nonces`: the challenges."""

    def __init__(self, holder: Holder, *script: Answer) -> None:
        self.holder = holder
        self.script = list(script)
        self.seen: list[bytes] = []
        self.nonces: list[bytes] = []

    async def transact(self, make_token: Callable[[bytes], bytes], timeout: float = 2.0) -> bytes | None:
        nonce = secrets.token_bytes(16)
        token = make_token(nonce)
        self.nonces.append(nonce)
        self.seen.append(token)
        return self.script.pop(0)(self, nonce, token)

    def attempts(self) -> set[int]:
        return {t.attempt(token) for token in self.seen if t.action(token) != n.REPORT}

    def actions(self) -> list[int]:
        return [t.action(token) for token in self.seen]


def lost(car: Script, nonce: bytes, token: bytes) -> None:
    return None


def noise(car: Script, nonce: bytes, token: bytes) -> bytes:
    return secrets.token_bytes(n.ANSWER_SIZE)


def does(car: Script, nonce: bytes, token: bytes) -> bytes:
    return masked(stepped(car.holder.state, nonce), nonce, token, n.OK)


def tells(status: int) -> Answer:
    return lambda car, nonce, token: masked(keys.derive(car.holder.state.chain, b"told"), nonce, token, status)


def hints(status: int, steps: int = 0) -> Answer:
    return lambda car, nonce, token: masked(car.holder.state.identity, nonce, token, status, bytes((0, 0, steps)))


def repeats(which: int, state: bytes = bytes(3)) -> Answer:
    """Says that the token of the challenge of this number was accepted."""
    return lambda car, nonce, token: masked(
        stepped(car.holder.state, car.nonces[which]), nonce, token, n.REPEAT, state
    )


def play(*script: Answer, holder: Holder | None = None, action: int = n.UNLOCK) -> tuple[Result, Script, Holder]:
    holder = holder or fresh()
    car = Script(holder, *script)
    return asyncio.run(act(car, holder, action)), car, holder


@pytest.mark.parametrize("before", [(), (lost,), (noise,), (lost, noise), (hints(n.BAD_TAG), hints(n.OK))])
def test_it_opens_in_the_end_with_one_attempt(before: tuple[Answer, ...]) -> None:
    result, car, holder = play(*before, does)
    assert result.ok and holder.state.epoch == 1 and len(car.attempts()) == 1 and not car.script


def test_a_lost_answer_is_repeated_and_the_act_sent_again() -> None:
    result, car, holder = play(lost, noise, repeats(0), does, action=n.TRUNK)
    assert result.ok and result.retry and holder.state.epoch == 2
    assert car.actions() == [n.TRUNK] * 4


def test_a_repeat_that_the_doors_show_done_is_enough() -> None:
    result, car, holder = play(lost, repeats(0, OPEN))
    assert result.ok and result.retry and holder.state.epoch == 1 and len(car.seen) == 2


@pytest.mark.parametrize("reason", [n.STALE, n.REVOKED])
def test_a_reason_is_asked_for_and_told(reason: int) -> None:
    result, car, holder = play(hints(reason), hints(reason))
    assert result.verdict == reason and not result.ok and holder.state.epoch == 0
    assert car.actions() == [n.UNLOCK, n.REPORT]
    assert told(result) != told(Result(None))


def test_a_report_that_is_lost_leaves_the_reason() -> None:
    result, car, _ = play(hints(n.STALE), lost, lost, lost, hints(n.STALE))
    assert result.verdict == n.STALE and car.actions()[:2] == [n.UNLOCK, n.REPORT]


def test_three_that_nobody_could_make_anything_of_and_then_the_question_why() -> None:
    result, car, _ = play(noise, lost, noise, hints(n.STALE))
    assert result.verdict == n.STALE and car.actions() == [n.UNLOCK] * 3 + [n.REPORT]
    result, car, holder = play(lost, lost, lost, repeats(0), does, action=n.DRIVE)
    assert result.ok and holder.state.epoch == 2, "the question finds the lost answer"


def test_a_report_that_is_fine_is_followed_by_the_act() -> None:
    result, car, _ = play(hints(n.BAD_TAG), tells(n.OK), does)
    assert result.ok and car.actions() == [n.UNLOCK, n.REPORT, n.UNLOCK]


def test_a_car_that_lost_writes_is_brought_along() -> None:
    _, _, holder = play(does)
    result, car, holder = play(hints(n.AHEAD, 1), lost, tells(n.OK), does, holder=holder)
    assert result.ok and car.actions() == [n.UNLOCK, n.STATUS, n.STATUS, n.UNLOCK]
    assert [len(token) for token in car.seen] == [20, 36, 36, 20]


def test_one_that_stays_ahead_ends_the_act() -> None:
    _, _, holder = play(does)
    result, car, _ = play(*[hints(n.AHEAD, 1)] * 2, holder=holder)
    assert result.verdict == n.AHEAD and len(car.seen) == 2 and "lost what it did" in told(result)


@pytest.mark.parametrize("script", [(hints(n.OK),) * 4, (noise,) * 4, (lost,) * 4])
def test_nothing_but_the_chain_says_that_something_was_done(script: tuple[Answer, ...]) -> None:
    result, car, holder = play(*script)
    assert result.verdict is None and not result.ok and holder.state.epoch == 0
    assert car.actions() == [n.UNLOCK] * 3 + [n.REPORT]


def test_a_car_that_answers_for_ever_is_left() -> None:
    result, car, _ = play(*[tells(n.OK)] * 20, holder=full_of_reports())
    assert len(car.seen) <= 9


def full_of_reports() -> Holder:
    holder = fresh()
    ask = holder.token

    def why(challenge: bytes, action: int, flags: int = 0, body: bytes | None = None) -> bytes:
        holder.ask_why()
        return ask(challenge, action, flags, body)

    setattr(holder, "token", why)  # noqa: B010
    return holder


def test_a_refusal_ends_the_act() -> None:
    result, car, holder = play(tells(n.NO_RIGHT))
    assert result.verdict == n.NO_RIGHT and len(car.seen) == 1 and holder.state.epoch == 0


def test_what_a_holder_is_told() -> None:
    said = told(Result(n.OK, suspect=True, tried=True, void=True, shown=2))
    assert [word for word in ("second copy", "handed over", "void", "2 more") if word not in said] == []
    assert told(Result(n.OK)) == "done"


def test_a_wallet_carries_on_where_the_phone_died(tmp_path: Path) -> None:
    url = encode(BUNDLE)
    first = open_key(url, tmp_path / "phones")
    token = first.token(bytes(16), n.UNLOCK)
    again = open_key(url, tmp_path / "phones")
    assert again.state == first.state and again.state.attempt == t.attempt(token)
    with pytest.raises(PhoneError):
        again.token(bytes(16), n.UNLOCK)
    (file,) = (tmp_path / "phones").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and (tmp_path / "phones").stat().st_mode & 0o777 == 0o700
    file.write_text(file.read_text()[:-9])
    with pytest.raises(PhoneError, match="damaged"):
        open_key(url, tmp_path / "phones")
    with pytest.raises(UsageError):
        open_key(url[:-3], tmp_path / "phones")
