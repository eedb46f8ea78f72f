# SPDX-License-Identifier: MIT
"""The virtual card's block protocol, by the rules of ISO/IEC 14443-4 (7.5.4)."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from nightlatch.sim.cards.picc import Picc

ATS = bytes.fromhex("0578808102")


class Air:
    """Where whole APDUs arrive; the response is what `says` holds, or the command itself."""

    def __init__(self, says: bytes | None = None) -> None:
        self.says = says
        self.heard: list[bytes] = []
        self.silent = False

    async def transceive(self, apdu: bytes) -> bytes | None:
        """Keeps it and answers."""
        self.heard.append(apdu)
        return None if self.silent else self.says if self.says is not None else apdu


def talk(air: Air, *frames: str) -> list[str | None]:
    """The card's answers to frames, all in hex."""

    async def body() -> list[str | None]:
        picc = Picc(ATS, air.transceive)
        answers = [await picc.exchange(bytes.fromhex(frame)) for frame in frames]
        return [None if answer is None else answer.hex() for answer in answers]

    return asyncio.run(body())


def test_activation() -> None:
    """Nothing but RATS is heard before; DESELECT ends it, with and without CID."""
    air = Air()
    assert talk(air, "02aa", "e0", "", "e080", "02aa", "c2", "02bb", "e080", "ca01") == [
        None, None, None, ATS.hex(), "02aa", "c2", None, ATS.hex(), "ca01",
    ]  # fmt: skip
    assert air.heard == [b"\xaa"]


def test_other_bit_rates() -> None:
    """PPS is answered once, right after RATS, to the CID of RATS, and only when it is well-formed."""
    rats = ATS.hex()
    assert talk(Air(), "e080", "d01100", "d01100", "02aa") == [rats, "d0", None, "02aa"]
    assert talk(Air(), "e085", "d501", "0a05aa") == [rats, "d5", "0a05aa"]
    assert talk(Air(), "e080", "02aa", "d001") == [rats, "02aa", None]
    for bad in ("d1" + "1100", "d0", "d011", "d00100", "d01110", "d0110000"):
        assert talk(Air(), "e080", bad, "d001", "02aa") == [rats, None, None, "02aa"], bad


def test_block_numbers_and_repeats() -> None:
    """Rules 9 to 12: numbers toggle, a NAK has the last block sent again, a NAK for a lost command gets an ACK."""
    air = Air()
    assert talk(air, "e080", "0201", "0302", "b3", "b2", "0203") == [
        ATS.hex(),
        "0201",
        "0302",
        "0302",
        "a3",
        "0203",
    ]
    assert air.heard == [b"\x01", b"\x02", b"\x03"]


def test_chains() -> None:
    """A command in pieces is acknowledged piece by piece; a response longer than a frame comes in pieces."""
    air = Air(bytes(range(30)))
    answers = talk(air, "e000", "12aabb", "13cc", "02dd", "a3", "a2", "a3")
    assert air.heard == [bytes.fromhex("aabbccdd")]
    assert answers[1:3] == ["a2", "a3"]
    assert answers[3] == "12" + bytes(range(13)).hex()
    assert answers[4] == "13" + bytes(range(13, 26)).hex()
    assert answers[5] == "02" + bytes(range(26, 30)).hex()
    assert answers[6] is None


def test_with_cid() -> None:
    """The CID comes back."""
    assert talk(Air(), "e081", "0a01beef", "1b01aa") == [ATS.hex(), "0a01beef", "ab01"]


def test_silence_on_the_air() -> None:
    """A card that left does not answer."""
    air = Air()
    air.silent = True
    assert talk(air, "e080", "0201") == [ATS.hex(), None]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_frames(frames: list[bytes]) -> None:
    """Any bytes, activated or not: an answer within the frame size or silence."""

    async def body() -> None:
        picc = Picc(ATS, Air(bytes(100)).transceive)
        await picc.exchange(b"\xe0\x00")
        for frame in frames:
            answer = await picc.exchange(frame)
            assert answer is None or len(answer) <= max(14, len(frame))

    asyncio.run(body())
