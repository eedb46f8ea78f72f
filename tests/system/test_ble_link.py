# SPDX-License-Identifier: MIT
"""Unlocking over Bluetooth LE: the agent's link and gate under MicroPython, real GATT in between, the phone library."""

import asyncio
import time
from pathlib import Path

import pytest
from bumble import att

from nightlatch.phone import advert
from nightlatch.sim.radio.events import Advert, Answer, Challenge, Token
from nightlatch.wire import numbers as n
from tests.system.ble_bench import VEIL, Bench, holder, run, until


def test_cold_and_warm(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        phone = await bench.phone("Ada")
        assert (await phone.act()).ok
        for _ in range(3):
            await until(lambda: isinstance([e for e in bench.events if not isinstance(e, Advert)][-1], Challenge))
            bench.events.clear()
            packets = bench.radio.air.packets
            assert (await phone.act(n.LOCK)).ok
            await until(lambda wanted=packets + 3: bench.radio.air.packets == wanted)  # type: ignore[misc]
            said = [type(event) for event in bench.events if not isinstance(event, Advert)]
            assert said == [Token, Answer, Challenge]
        assert bench.pulses == 4

    run(tmp_path, story)


def test_two_phones_at_once(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        phones = [await bench.phone("Ada"), await bench.phone("Ben", holder(1))]
        for _ in range(5):
            results = await asyncio.gather(*(phone.act() for phone in phones))
            assert all(result.ok for result in results), results
        assert bench.pulses == 10

    run(tmp_path, story)


def test_lost_answers(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        phone = await bench.phone("Ada")
        assert (await phone.act()).ok
        for _ in range(2):
            bench.radio.drop_answers = 1
            assert (await phone.act(timeout=0.2)).verdict is None
        assert any(isinstance(event, Answer) and event.lost for event in bench.events)
        again = await phone.act()
        assert again.ok and again.retry
        following = await phone.act()
        assert following.ok and not following.retry

    run(tmp_path, story)


def test_read_challenges(tmp_path: Path) -> None:
    """Each read gives another challenge, and only the newest one counts."""

    async def story(bench: Bench) -> None:
        raw, key = await bench.raw(), holder()
        first, second = await raw.read(n.UUID_CHALLENGE), await raw.read(n.UUID_CHALLENGE)
        assert len(first) == len(second) == n.CHALLENGE_SIZE and first != second
        await raw.write(key.token(first, n.UNLOCK), respond=True)
        await until(lambda: len(raw.answers) == 1)
        assert key.answer(raw.answers[0]).verdict is None and not bench.pulses
        await raw.write(key.token(await raw.read(n.UUID_CHALLENGE), n.UNLOCK), respond=True)
        await until(lambda: len(raw.answers) == 2)
        assert key.answer(raw.answers[1]).ok
        assert [line["event"] for line in bench.lines].count("pulse") == 1
        assert await raw.read(n.UUID_INFO) == bytes([n.PROTOCOL])

    run(tmp_path, story)


def test_an_accepted_token_takes_nobody_else_s_challenge(tmp_path: Path) -> None:
    """It uses up the one of its own link. What the same phone had answered elsewhere dies with the epoch."""

    async def story(bench: Bench) -> None:
        raw, phone = await bench.raw(), await bench.phone("Ada")
        key = holder(1)
        for other, pulses in ((key, 2), (phone.key, 3)):
            raw.answers.clear()
            token = other.token(await raw.read(n.UUID_CHALLENGE), n.UNLOCK)
            assert (await phone.act()).ok
            await raw.write(token)
            await until(lambda: len(raw.answers) == 1)
            assert other is phone.key or other.answer(raw.answers[0]).ok
            assert bench.pulses == pulses

    run(tmp_path, story)


def test_challenge_is_pushed_while_the_link_lives(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        raw = await bench.raw()
        await until(lambda: bool(raw.pushed), 6.0)  # that of the connection may come before the subscription
        first, began = len(raw.pushed), time.monotonic()
        await until(lambda: len(raw.pushed) > first, 6.0)
        assert n.PUSH_MS / 2000 < time.monotonic() - began < n.CHALLENGE_MS / 1000  # no flood, and before that one dies
        assert len(set(raw.pushed)) == len(raw.pushed)

    run(tmp_path, story)


def test_strangers(tmp_path: Path) -> None:
    """Whatever is wrong, the answer is 16 bytes and never early; after a few the link is cut, and the car is fine."""

    async def story(bench: Bench) -> None:
        raw = await bench.raw()
        good = holder().token(bytes(16), n.UNLOCK)
        wrong = [holder(1, bytes(16)).token(bytes(16), n.UNLOCK), good, b"", bytes(19), bytes(21)]
        assert len(wrong) == n.LINK_REFUSALS
        times = []
        for number, value in enumerate(wrong):
            await raw.read(n.UUID_CHALLENGE)
            began = time.monotonic()
            await raw.write(value)
            await until(lambda number=number: len(raw.answers) > number)  # type: ignore[misc]
            times.append(time.monotonic() - began)
        assert all(n.REFUSAL_MS / 1000 <= spent + 0.002 for spent in times), times
        assert {len(answer) for answer in raw.answers} == {n.ANSWER_SIZE} and len(set(raw.answers)) == len(wrong)
        await until(lambda: bench.radio.connected == 0)
        assert not bench.pulses
        assert (await (await bench.phone("Ada")).act()).ok

    run(tmp_path, story)


def test_no_challenge_no_answer(tmp_path: Path) -> None:
    """One challenge, one answer: what is written on top is ignored."""

    async def story(bench: Bench) -> None:
        raw, key = await bench.raw(), holder()
        token = key.token(await raw.read(n.UUID_CHALLENGE), n.UNLOCK)
        for _ in range(4):
            await raw.write(bytes(20))
        await asyncio.sleep(0.01)
        await raw.write(token)
        await asyncio.sleep(0.2)
        assert len(raw.answers) == 1 and not bench.pulses

    run(tmp_path, story)


def test_permissions(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        raw = await bench.raw()
        for uuid in (n.UUID_TOKEN, n.UUID_ANSWER):
            with pytest.raises(att.ATT_Error):
                await raw.read(uuid)
        for uuid in (n.UUID_CHALLENGE, n.UUID_ANSWER, n.UUID_INFO):
            with pytest.raises(att.ATT_Error):
                await raw.peer.gatt_client.write_value(raw[uuid], b"x", with_response=True)

    run(tmp_path, story)


def test_adverts_tell_a_stranger_nothing(tmp_path: Path) -> None:
    """Each time other bytes and another address; only the veil key knows them."""

    async def story(bench: Bench) -> None:
        for turn in range(4):
            raw = await bench.raw(f"raw{turn}", discover=False)
            assert raw.connection is not None
            await raw.connection.disconnect()
            await bench.radio.ready()
        seen = [event for event in bench.events if isinstance(event, Advert)]
        assert len(seen) >= 5
        assert len({event.address for event in seen}) == len({event.data[-6:] for event in seen}) == len(seen)
        assert len({event.data[:-6] for event in seen}) == 1
        assert all(advert.is_ours(VEIL, event.data[-6:]) for event in seen)
        assert not any(advert.is_ours(bytes(16), event.data[-6:]) for event in seen)

    run(tmp_path, story)
