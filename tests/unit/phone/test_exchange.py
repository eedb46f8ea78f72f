# SPDX-License-Identifier: MIT
"""What a phone does by itself around one act: retries what was lost, asks why, and never takes a reason for a deed."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from nightlatch.errors import UsageError
from nightlatch.phone import keys
from nightlatch.phone.bundle import KeyBundle, encode
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.exchange import act, told
from nightlatch.phone.holder import Holder, Result, State
from nightlatch.phone.wallet import open_key
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t

BUNDLE = KeyBundle(bytes(range(16)), bytes(range(16, 32)), 5, n.ROLE_OWNER, 0xFF, bytes(range(32, 48)), "Ada")
Answer = Callable[["Car", bytes, bytes], bytes | None]


def masked(key: bytes, nonce: bytes, token: bytes, status: int, doors: int = 0) -> bytes:
    plain = bytes([status, doors, 0, 0])
    tag = keys.cmac(key, nonce + token + plain)[: n.TAG_SIZE]
    return bytes(a ^ b for a, b in zip(plain, keys.cmac(key, tag))) + tag


class Car:
    """Answers each token by the next rule of a script."""

    def __init__(self, *script: Answer) -> None:
        self.state = State.of(BUNDLE)
        self.script = list(script)
        self.seen: list[bytes] = []

    async def transact(self, make_token: Callable[[bytes], bytes], timeout: float = 2.0) -> bytes | None:
        nonce = secrets.token_bytes(16)
        token = make_token(nonce)
        self.seen.append(token)
        return self.script.pop(0)(self, nonce, token)

    def attempts(self) -> set[int]:
        return {t.attempt(token) for token in self.seen}


def lost(car: Car, nonce: bytes, token: bytes) -> None:
    return None


def noise(car: Car, nonce: bytes, token: bytes) -> bytes:
    return secrets.token_bytes(n.ANSWER_SIZE)


def says(status: int) -> Answer:
    return lambda car, nonce, token: masked(keys.derive(car.state.chain, b"answer"), nonce, token, status, 2)


def hints(status: int) -> Answer:
    return lambda car, nonce, token: masked(car.state.identity, nonce, token, status)


def play(*script: Answer) -> tuple[Result, Car, Holder]:
    car, holder = Car(*script), Holder(State.of(BUNDLE))
    return asyncio.run(act(car, holder, n.UNLOCK)), car, holder


@pytest.mark.parametrize("before", [(), (lost,), (noise,), (lost, noise), (hints(n.BAD_TAG), hints(n.OK))])
def test_it_opens_in_the_end_with_one_attempt(before: tuple[Answer, ...]) -> None:
    result, car, holder = play(*before, says(n.OK))
    assert result.ok and holder.state.epoch == 1 and len(car.attempts()) == 1


@pytest.mark.parametrize("reason", [n.STALE, n.REVOKED])
def test_a_reason_is_asked_for_and_told(reason: int) -> None:
    result, car, holder = play(hints(reason), hints(reason))
    assert result.verdict == reason and not result.ok and holder.state.epoch == 0
    assert [t.action(token) for token in car.seen] == [n.UNLOCK, n.REPORT]
    assert told(result) != told(Result(None))


@pytest.mark.parametrize("script", [(hints(n.OK),) * 3, (noise,) * 3, (lost,) * 3])
def test_nothing_but_the_chain_says_that_something_was_done(script: tuple[Answer, ...]) -> None:
    result, _, holder = play(*script)
    assert result.verdict is None and not result.ok and holder.state.epoch == 0


def test_a_refusal_ends_the_act() -> None:
    result, car, holder = play(says(n.NO_RIGHT))
    assert result.verdict == n.NO_RIGHT and len(car.seen) == 1 and holder.state.epoch == 0


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
