# SPDX-License-Identifier: MIT
"""The agent's NFC link under real MicroPython, against the virtual PN532 on a pty: taps, refusals, two cards."""

import asyncio
from dataclasses import dataclass
from typing import Any

from nightlatch.sim.cards.held import Card, PhoneCard
from nightlatch.sim.reader.bench import Reader
from nightlatch.wire import numbers
from tests.system.nfc_bench import Agent, Holder, bench, phone

SELECT = bytes.fromhex("00a40400") + bytes([len(numbers.AID)]) + numbers.AID + b"\x00"


class ForeignCard(Card):
    """An ISO-DEP card that knows nothing of our AID, such as a bank card."""

    def transceive(self, apdu: bytes) -> bytes:
        """File not found, whatever was asked."""
        return b"\x6a\x82"


class Sticker(ForeignCard):
    """A tag that has no ISO-DEP."""

    sak = 0x00


@bench
async def test_a_tap_is_three_apdus(reader: Reader, agent: Agent) -> None:
    """SELECT, challenge, answer, as protocol.md has them, and the holder gets the answer to its own challenge."""
    card, holder = phone()
    assert await reader.tap(card)
    select, challenge, answer = reader.trace
    assert select.apdu == SELECT
    assert select.response == bytes([numbers.PROTOCOL]) + b"\x90\x00"
    assert challenge.apdu[:5] == bytes.fromhex("8010000010") and challenge.apdu[-1:] == b"\x00"
    assert len(challenge.apdu) == 22
    assert challenge.response == holder.token(challenge.apdu[5:21], 1) + b"\x90\x00"
    assert answer.apdu[:5] == bytes.fromhex("8012000010") and len(answer.apdu) == 21
    assert answer.response == b"\x90\x00"
    assert holder.answers == [challenge.apdu[5:20] + b"\x01"]
    assert card.phone.results == [True]
    assert [event["link"] >> 8 for event in agent.tokens()] == [numbers.LINK_NFC]
    assert len(challenge.apdu) + len(challenge.response) + len(select.apdu) + len(select.response) <= 70


@bench
async def test_one_presence_is_one_transaction(reader: Reader, agent: Agent) -> None:
    """A phone that stays on the reader is served once; after it left, it is served again."""
    card, _ = phone()
    reader.present(card)
    await agent.until(lambda: len(agent.tokens()) == 1)
    await asyncio.sleep(1.2)
    assert len(agent.tokens()) == 1
    reader.remove(card)
    assert await reader.tap(card)
    assert len(agent.tokens()) == 2


@bench
async def test_a_card_that_flickers_is_not_two_taps(reader: Reader, agent: Agent) -> None:
    """The same UID has to stay away for a second."""
    holder = Holder()

    class FixedPhone(PhoneCard):
        def entered(self) -> None:
            self.uid = bytes.fromhex("08c0ffee")

    card = FixedPhone(holder, 1)
    assert await reader.tap(card)
    assert not await reader.tap(card, 0.8)
    assert len(agent.tokens()) == 1
    await asyncio.sleep(1.2)
    assert await reader.tap(card)
    assert len(agent.tokens()) == 2


@bench
async def test_a_refusal_comes_late_and_is_retried_twice(reader: Reader, agent: Agent) -> None:
    """REFUSAL_MS lie between token and answer; a phone that stays gets three refusals, not more."""
    card, holder = phone(good=False)
    reader.present(card)
    await agent.until(lambda: len(agent.tokens()) == 3)
    await asyncio.sleep(1.0)
    assert len(agent.tokens()) == 3
    assert not any(event["accepted"] for event in agent.tokens())
    assert len(holder.answers) == 3
    for token, answer in zip(reader.trace[1::3], reader.trace[2::3], strict=True):
        assert answer.at - token.at >= numbers.REFUSAL_MS / 1000 * 0.95


@bench
async def test_a_refused_phone_stays_to_ask_why(reader: Reader, agent: Agent) -> None:
    """A tap lasts until the holder has had its second exchange, when it wants one."""

    @dataclass(frozen=True)
    class Reading:
        again: bool

    class Asking(Holder):
        def answer(self, answer: bytes) -> Any:
            self.answers.append(answer)
            return Reading(len(self.answers) == 1)

    holder = Asking(good=False)
    assert await reader.tap(PhoneCard(holder, 1))
    assert len(holder.answers) == len(agent.tokens()) == 2


@bench
async def test_an_accepted_answer_leaves_at_once(reader: Reader, agent: Agent) -> None:
    """Well within the time that a refusal is held back for."""
    waits = []
    for _ in range(3):
        card, _ = phone()
        assert await reader.tap(card)
        waits.append(reader.trace[-1].at - reader.trace[-2].at)
    assert min(waits) < numbers.REFUSAL_MS / 1000 / 2


@bench
async def test_foreign_cards_do_not_stand_in_the_way(reader: Reader, agent: Agent) -> None:
    """A bank card and a sticker lie on the reader for good: neither moves anything, a phone is served beside either."""
    for other in (ForeignCard(bytes.fromhex("04112233445566")), Sticker(bytes.fromhex("04aabbccddeeff"))):
        reader.present(other)
        await asyncio.sleep(0.3)
        for _ in range(2):
            card, holder = phone()
            reader.present(card)
            await agent.tokens_after(len(agent.tokens()))
            await asyncio.sleep(0.2)
            assert holder.answers[0][-1] == 1
            reader.remove(card)
            await asyncio.sleep(0.5)
        reader.remove(other)
    assert all(event["accepted"] for event in agent.tokens())
    assert len(agent.tokens()) == 4


@bench
async def test_the_field_is_off_between_polls(reader: Reader, agent: Agent) -> None:
    """An idle reader radiates only while it looks."""
    on = 0
    for _ in range(100):
        await asyncio.sleep(0.005)
        on += reader.field.power
    assert on < 50
