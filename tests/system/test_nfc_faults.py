# SPDX-License-Identifier: MIT
"""The agent's NFC link when things go wrong: cards torn away, a reader that hangs, is unplugged or speaks garbage."""

import asyncio
import os
from contextlib import suppress
from itertools import pairwise

from nightlatch.sim.cards.held import PhoneCard
from nightlatch.sim.reader.bench import Reader
from nightlatch.sim.reader.frame import ACK, pack
from tests.system.nfc_bench import Agent, Holder, bench, phone

BACK_OFF_MAX = 2.0


# fault, its APDU, and what must follow: closing APDU sent, token judged, holder told
TORN = [
    ("tear_after", 0, False, False, False),
    ("tear_after", 1, False, False, False),
    ("tear_after", 2, True, True, False),
    ("tear_after", 3, True, True, True),
    ("tear_in", 1, False, False, False),
    ("tear_in", 2, False, False, False),
    ("tear_in", 3, True, True, True),
]


@bench
async def test_torn_away_at_each_apdu(reader: Reader, agent: Agent) -> None:
    """Whichever APDU is the last, before or after the card acted on it, the next tap works."""
    for fault, count, closed, judged, told in TORN:
        card, holder = phone()
        before = len(agent.tokens())
        setattr(reader.faults, fault, count)
        assert await reader.tap(card) == closed, (fault, count)
        setattr(reader.faults, fault, None)
        assert len(agent.tokens()) - before == judged, (fault, count)
        assert bool(holder.answers) == told, (fault, count)
        assert await reader.tap(card), (fault, count)
        assert holder.answers[-1][-1] == 1
    assert "gone" not in agent.states()


@bench
async def test_a_torn_exchange_is_retried_at_once(reader: Reader, agent: Agent) -> None:
    """A phone whose token got lost on the air and that is still there, or back, is asked again without waiting."""
    card, holder = phone()
    reader.faults.tear_in = 2
    assert not await reader.tap(card)
    reader.faults.tear_in = None
    reader.present(card)
    await agent.until(lambda: len(agent.tokens()) == 1, 1.0)
    await asyncio.sleep(0.1)
    assert holder.answers[-1][-1] == 1


@bench
async def test_a_lost_answer_leaves_the_verdict_standing(reader: Reader, agent: Agent) -> None:
    """The closing APDU never arrives: the gate has judged once, the holder knows nothing, the next tap works."""
    card, holder = phone()
    reader.faults.lose_answer = True
    assert await reader.tap(card)
    reader.faults.lose_answer = False
    assert len(agent.tokens()) == 1 and agent.tokens()[0]["accepted"]
    assert holder.answers == []
    assert await reader.tap(card)
    assert len(agent.tokens()) == 2 and len(holder.answers) == 1


@bench
async def test_a_slow_card_gets_bounded_time(reader: Reader, agent: Agent) -> None:
    """A relay that adds more than the bound opens nothing, and does not keep the reader from the next phone."""
    reader.faults.delay = 1.1
    card, holder = phone()
    assert not await reader.tap(card, 2.8)
    assert agent.tokens() == [] and holder.answers == []
    reader.faults.delay = 0.0
    assert await reader.tap(phone()[0])
    assert "gone" not in agent.states()


@bench
async def test_a_hanging_reader_comes_back(reader: Reader, agent: Agent) -> None:
    """The link says so, holds up no other task even when its line takes no more, and serves once the chip answers."""
    reader.hang = True
    line = os.open(reader.path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with suppress(BlockingIOError):
        while True:
            os.write(line, bytes(256))
    os.close(line)
    await agent.until(lambda: agent.states()[-1] == "gone")
    await asyncio.sleep(1.0)
    reader.hang = False
    await agent.ready(BACK_OFF_MAX + 0.5)
    assert await reader.tap(phone()[0])
    assert max(event["late"] for event in agent.events if event["event"] == "state") < 200


@bench
async def test_a_reader_that_hangs_in_a_tap_comes_back(reader: Reader, agent: Agent) -> None:
    """The chip dies between token and answer: one verdict, and the reader is found again."""
    card, _ = phone()
    reader.listeners.append(lambda said: setattr(reader, "hang", True) if said.apdu[1] == 0x10 else None)
    assert not await reader.tap(card, 1.0)
    reader.listeners.clear()
    await agent.until(lambda: agent.states()[-1] == "gone")
    reader.hang = False
    await agent.ready(BACK_OFF_MAX + 0.5)
    assert await reader.tap(phone()[0])


@bench
async def test_an_unplugged_reader_is_configured_again(reader: Reader, agent: Agent) -> None:
    """It comes back asleep and with the chip's defaults: woken and set up like the first time."""
    reader.unplug()
    await agent.until(lambda: agent.states()[-1] == "gone")
    reader.plug()
    await agent.ready(BACK_OFF_MAX + 0.5)
    assert not reader.model.chip.asleep
    assert reader.model.chip.activation_retries != 0xFF
    assert await reader.tap(phone()[0])


@bench
async def test_garbage_on_the_line(reader: Reader, agent: Agent) -> None:
    """Noise, cut frames, frames of the wrong command, oversized headers: none opens, and a tap works after each."""
    lies = [
        os.urandom(300),
        b"\x00\xff" * 400,
        b"\x00\x00\xff\xff\xff\x7f\xff\x82" + bytes(64),
        pack(b"\xd5\x41\x00" + b"\x01\x90\x00")[:-4],
        pack(b"\xd5\x4b\x02" + b"\x01\x00\x04\x20\xff" + bytes(40)),
        pack(b"\xd5\x4b\xff"),
        ACK * 40 + pack(b"\x7f") * 20,
        ACK + pack(b"\xd5\x4b\x01\x01\x00\x04\x20\x04\x01\x02\x03\x04\xff"),
    ]
    for lie in lies:
        for _ in range(6):
            reader.noise(lie)
            await asyncio.sleep(0.03)
        await asyncio.sleep(0.2)
        count = len(agent.tokens())
        card, holder = phone()
        assert await reader.tap(card)
        assert holder.answers[-1][-1] == 1
        assert len(agent.tokens()) == count + 1


@bench
async def test_answers_to_something_else(reader: Reader, agent: Agent) -> None:
    """Each ACK is followed by answers of other commands, a damaged one and noise before the right one comes."""
    line = reader.model._send
    lies = (
        pack(b"\xd5\x99\x00")
        + pack(b"\xd4\x4b\x02")
        + pack(b"\xd5")
        + pack(b"\xd5\x41\x00")[:-3]
        + b"\x00\xff\x05"
    )

    def lying(data: bytes) -> None:
        line(data + lies if data == ACK else data)

    reader.model._send = lying
    for _ in range(3):
        card, holder = phone()
        assert await reader.tap(card)
        assert holder.answers[-1][-1] == 1
    assert "gone" not in agent.states()


@bench
async def test_a_flooded_line(reader: Reader, agent: Agent) -> None:
    """2 seconds of bytes without a pause: memory stays bounded, nothing opens, taps work afterwards."""
    for _ in range(200):
        reader.noise(os.urandom(4000))
        await asyncio.sleep(0.01)
    await agent.ready()
    assert agent.tokens() == []
    assert await reader.tap(phone()[0])
    assert all(event["heap"] < 128 * 1024 for event in agent.events if event["event"] == "state")


@bench
async def test_phones_that_answer_nonsense(reader: Reader, agent: Agent) -> None:
    """Wrong version, no status word, wrong token length, endless responses: refused or left alone, then a tap works."""

    class Liar(PhoneCard):
        def __init__(self, select: bytes, challenge: bytes) -> None:
            super().__init__(Holder(), 1)
            self.says = [select, challenge, b"\x90\x00"]

        def transceive(self, apdu: bytes) -> bytes:
            return self.says[{0xA4: 0, 0x10: 1, 0x12: 2}[apdu[1]]]

    hello = b"\x01\x90\x00"
    cases = [
        (b"", b""),
        (b"\x90", b""),
        (b"\x02\x90\x00", bytes(20) + b"\x90\x00"),
        (b"\x01\x01\x90\x00", bytes(20) + b"\x90\x00"),
        (bytes(300), b""),
        (bytes(70000), b""),
        (hello, b"\x69\x85"),
        (hello, b"\x90\x00"),
        (hello, bytes(19) + b"\x90\x00"),
        (hello, bytes(21) + b"\x90\x00"),
        (hello, bytes(256) + b"\x90\x00"),
        (hello, os.urandom(20) + b"\x90\x00"),
    ]
    for select, challenge in cases:
        await reader.tap(Liar(select, challenge), 0.45)
    assert not any(event["accepted"] for event in agent.tokens())
    assert await reader.tap(phone()[0])
    assert "gone" not in agent.states()


@bench
async def test_back_off_is_bounded(reader: Reader, agent: Agent) -> None:
    """A dead reader is tried again at least every 2 seconds and a bit."""
    heard: list[float] = []
    reader.unplug()
    feed = reader.model.feed
    loop = asyncio.get_running_loop()

    def listen(data: bytes) -> None:
        heard.append(loop.time())
        feed(data)

    reader.model.feed = listen  # type: ignore[method-assign]
    await asyncio.sleep(6.5)
    gaps = [later - earlier for earlier, later in pairwise([*heard, loop.time()])]
    assert max(gaps) < BACK_OFF_MAX + 0.5
    assert sum(gap > 0.05 for gap in gaps) <= 20
