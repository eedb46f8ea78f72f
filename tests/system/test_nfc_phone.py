# SPDX-License-Identifier: MIT
"""The phone's side of a tap: every APDU gets a status word, and only the right ones reach the holder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.errors import Refused
from nightlatch.phone.nfc import RESULTS_MAX, NfcPhone
from nightlatch.wire import numbers

SELECT = bytes.fromhex("00a40400") + bytes([len(numbers.AID)]) + numbers.AID
CHALLENGE = bytes.fromhex("8010000010") + bytes(range(16))
ANSWER = bytes.fromhex("8012000010") + bytes(16)
TOKEN = bytes(20)


class Holder:
    """Counts what it is asked; refuses when told to."""

    def __init__(self, refuses: Exception | None = None) -> None:
        self.asked: list[tuple[bytes, int, int]] = []
        self.told: list[bytes] = []
        self.refuses = refuses

    def token(self, challenge: bytes, action: int, flags: int = 0) -> bytes:
        """A token of zeros."""
        if self.refuses:
            raise self.refuses
        self.asked.append((challenge, action, flags))
        return TOKEN

    def answer(self, answer: bytes) -> int:
        """How many answers there were."""
        if self.refuses:
            raise self.refuses
        self.told.append(answer)
        return len(self.told)


def talk(phone: NfcPhone, *apdus: bytes) -> list[str]:
    """Responses in hex."""
    return [phone.transceive(apdu).hex() for apdu in apdus]


def test_a_tap() -> None:
    """SELECT, challenge, answer, with and without Le; action and flags reach the holder."""
    holder = Holder()
    phone = NfcPhone(holder, numbers.LOCK, 1)
    assert talk(phone, SELECT + b"\x00", CHALLENGE + b"\x00", ANSWER) == [
        "029000",
        "00" * 20 + "9000",
        "9000",
    ]
    phone.action, phone.flags = numbers.TRUNK, 0
    assert talk(phone, SELECT, CHALLENGE, ANSWER + b"\x00") == ["029000", "00" * 20 + "9000", "9000"]
    nonce = bytes(range(16))
    assert holder.asked == [(nonce, numbers.LOCK, 1), (nonce, numbers.TRUNK, 0)]
    assert phone.results == [1, 2]


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("", "6700"),
        ("801000", "6700"),
        ("80100000", "6700"),
        ("8010000000", "6700"),
        ("801000000f" + "00" * 15, "6700"),
        ("8010000010" + "00" * 15, "6700"),
        ("8010000010" + "00" * 18, "6700"),
        ("8010000011" + "00" * 17, "6700"),
        ("80100000000010" + "00" * 16, "6700"),
        ("8010010010" + "00" * 16, "6a86"),
        ("8010000010" + "00" * 16 + "13", "6c14"),
        ("8012000010" + "00" * 16, "6985"),
        ("8013000000", "6d00"),
        ("00b0000000", "6d00"),
        ("9010000010" + "00" * 16, "6e00"),
        ("ff000000", "6e00"),
        ("00a4040c00", "6a86"),
        ("00a4040002f04e", "6a82"),
        ("00a404000100", "6a82"),
        ("00a4040000", "6a82"),
    ],
)
def test_malformed_apdus(apdu: str, status: str) -> None:
    """Each gets its status word and leaves the holder alone."""
    holder = Holder()
    phone = NfcPhone(holder, numbers.UNLOCK)
    phone.transceive(SELECT)
    assert talk(phone, bytes.fromhex(apdu)) == [status]
    assert holder.asked == [] and holder.told == []


def test_order_matters() -> None:
    """No challenge before SELECT, no answer before a token, one answer for each, nothing after the field is gone."""
    holder = Holder()
    phone = NfcPhone(holder, numbers.UNLOCK)
    assert talk(phone, CHALLENGE, ANSWER) == ["6985", "6985"]
    assert talk(phone, SELECT, ANSWER, CHALLENGE, ANSWER, ANSWER) == [
        "029000",
        "6985",
        "00" * 20 + "9000",
        "9000",
        "6985",
    ]
    phone.transceive(CHALLENGE)
    phone.reset()
    assert talk(phone, ANSWER, CHALLENGE) == ["6985", "6985"]
    other = bytes.fromhex("00a4040007d2760000850101")
    assert talk(phone, SELECT, other, CHALLENGE) == ["029000", "6a82", "6985"]
    assert len(holder.told) == 1


@pytest.mark.parametrize("refusal", [Refused("not this one"), ValueError("used already")])
def test_a_holder_that_refuses(refusal: Exception) -> None:
    """The car hears "not now", and gets no answer out of it either."""
    phone = NfcPhone(Holder(refusal), numbers.UNLOCK)
    assert talk(phone, SELECT, CHALLENGE, ANSWER) == ["029000", "6985", "6985"]


def test_results_are_bounded() -> None:
    """A car that taps for ever fills no memory."""
    phone = NfcPhone(Holder(), numbers.UNLOCK)
    for _ in range(40):
        talk(phone, SELECT, CHALLENGE, ANSWER)
    assert phone.results == list(range(41 - RESULTS_MAX, 41))


pieces = st.sampled_from([SELECT, SELECT + b"\x00", CHALLENGE, CHALLENGE + b"\x00", ANSWER])
headers = st.tuples(
    st.sampled_from([0x00, 0x80, 0x90]), st.sampled_from([0xA4, 0x10, 0x12, 0x14]), st.integers(0, 4)
)


@given(
    st.lists(
        st.one_of(
            pieces,
            st.binary(max_size=300),
            st.builds(lambda h, b: bytes(h) + b, headers, st.binary(max_size=30)),
        )
    )
)
def test_any_apdus(apdus: list[bytes]) -> None:
    """Any sequence: short responses with a status word; the holder hears only what is complete and in turn."""
    holder = Holder()
    phone = NfcPhone(holder, numbers.UNLOCK)
    for apdu in apdus:
        response = phone.transceive(apdu)
        assert len(response) in (2, 3, 22)
        assert response[-2] in (0x90, 0x67, 0x69, 0x6A, 0x6C, 0x6D, 0x6E)
        assert (len(response) > 2) == (len(response) > 2 and response[-2:] == b"\x90\x00")
    assert all(len(challenge) == 16 for challenge, _, _ in holder.asked)
    assert all(len(answer) == 16 for answer in holder.told)
    assert len(holder.told) <= len(holder.asked)
