# SPDX-License-Identifier: MIT
"""Bad input on the real agent's links: after any of it HELLO and an unlock work at once, and no lock moved for it."""

import asyncio
import os
import random
import time
from pathlib import Path

from bumble import core

from nightlatch.sim.cards.held import Card
from nightlatch.wire import frame
from nightlatch.wire import numbers as n
from tests.attack.test_thief import HELLO, Line, line_to
from tests.kit import sample
from tests.system.ble_bench import Raw
from tests.system.car_bench import Bench, play, until

SOON_S = 1.0
SEED = sample.seed()


async def hello_soon(line: Line, heap: list[int], bench: Bench) -> None:
    """HELLO right now, within a bounded time, from the same agent."""
    began = time.monotonic()
    while not any(answer[0] == n.F_HELLO | n.F_ANSWER for answer in await line.ask(HELLO, SOON_S)):
        assert time.monotonic() - began < 2 * SOON_S, "no HELLO after bad input"
    while await line.listen(0.01):
        heap.append(0)
    assert bench.car.starts == 1


def bad_input(moments: random.Random) -> dict[str, bytes]:
    """Streams by name."""
    whole = frame.encode(HELLO)
    frames = [frame.encode(os.urandom(moments.randint(1, 200))) for _ in range(60)]
    cut = [data[: moments.randint(1, len(data))] for data in frames]
    return {
        "noise": os.urandom(20_000),
        "zeros": bytes(20_000),
        "ones": b"\xff" * 20_000,
        "no end": b"\x07" * 50_000,
        "oversized": (b"\xff" + b"x" * 254) * 9 + b"\x00",
        "half a frame": whole[: len(whole) // 2],
        "without its zero": whole[:-1],
        "a bad crc": bytes([whole[0], whole[1] ^ 1]) + whole[2:],
        "truncated, one after the other": b"".join(cut),
        "truncated, each ended": b"\x00".join(cut),
        "unknown types": b"".join(frames),
        "a flood of HELLO": whole * 400,
        "text": b"AT\r\n+++ATH\r\n>>> import os\r\n" * 200,
    }


def test_bad_bytes_on_the_cable(tmp_path: Path) -> None:
    """Each kind by itself, then all of them shuffled; the frames that were dropped are counted, the heap stays."""
    print("seed", SEED)
    moments = random.Random(SEED)

    async def story(bench: Bench) -> None:
        first = await bench.session(lambda session: session.status())
        streams = bad_input(moments)
        with line_to(bench.car) as line:
            before = bench.moves
            late: list[int] = []
            for data in streams.values():
                await line.say(data)
                await hello_soon(line, late, bench)
            pieces = [data[at : at + 700] for data in streams.values() for at in range(0, min(len(data), 3500), 700)]
            moments.shuffle(pieces)
            for piece in pieces:
                await line.say(piece)
            await hello_soon(line, late, bench)
            while await line.listen(0.5):  # answers to all of that, which nobody else shall take for his
                late.append(0)
            assert bench.moves == before
        status = await bench.session(lambda session: session.status())
        assert status.frames_bad > first.frames_bad + 10
        assert status.free_heap > first.free_heap - 8192, "bad input costs memory"
        await (await bench.phone()).opens()

    play(tmp_path, story)


def test_bad_values_on_the_air(tmp_path: Path) -> None:
    """Every length around a token's, with and without a challenge, unknown versions; then the phone opens."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        before = bench.moves
        raw = Raw(await bench.car.radio.central("raw"))
        for size in (0, 1, 4, 16, 19, 21, 22, 32, 33, 100, 180):
            for version in (0, n.PROTOCOL << 4 | n.UNLOCK, 0xFF):
                if raw.connection is None or raw.connection not in raw.device.connections.values():
                    await raw.connect(bench.car.radio)
                    await raw.peer.request_mtu(247)
                try:
                    await raw.write((bytes([version]) + os.urandom(size))[:size])
                    await asyncio.sleep(0.005)
                except (core.BaseBumbleError, asyncio.CancelledError):
                    assert raw.connection not in raw.device.connections.values()
        await until(lambda: bool(raw.answers))
        assert {len(answer) for answer in raw.answers} == {n.ANSWER_SIZE}
        assert bench.moves == before and bench.car.starts == 1
        await phone.opens()

    play(tmp_path, story)


def test_a_phone_that_talks_nonsense_to_the_reader(tmp_path: Path) -> None:
    """Wrong lengths, wrong versions, wrong status words in answer to each APDU; then a tap opens."""
    responses = [b"", b"\x90\x00", b"\x02\x90\x00", b"\x01\x6a\x82", bytes(19) + b"\x90\x00", bytes(253) + b"\x90\x00"]

    async def story(bench: Bench) -> None:
        class Nonsense(Card):
            """Says what it is told to; after a good SELECT if `polite`."""

            def __init__(self, said: bytes, polite: bool) -> None:
                super().__init__(b"\x08" + os.urandom(3))
                self._said, self._polite = said, polite
                self.asked = 0

            def served(self) -> bool:
                """Whether the car has asked as often as it would."""
                return self.asked > self._polite

            def transceive(self, apdu: bytes) -> bytes:
                self.asked += 1
                if self._polite and apdu[1] == 0xA4:
                    return bytes([n.PROTOCOL]) + b"\x90\x00"
                return self._said

        field = bench.car.reader.field
        before = bench.moves
        for polite in (False, True):
            for said in responses:
                card = Nonsense(said, polite)
                await until(lambda: field.empty_looks >= 2)
                bench.car.reader.present(card)
                await until(card.served)
                bench.car.reader.remove(card)
        assert bench.moves == before
        assert (await bench.tap(bench.holder())).ok

    play(tmp_path, story)
