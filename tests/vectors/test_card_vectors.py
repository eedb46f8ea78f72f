# SPDX-License-Identifier: MIT
"""NXP's examples of AN12196 and AN10922, and our own of key cards: met by the host's library and by the agent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.cmac import CMAC

from nightlatch.card import CardError, Chip, crypto
from tests.vectors import card_make

HERE = Path(__file__).parent
NXP: dict[str, Any] = json.loads((HERE / "ntag424.json").read_text())


class Played:
    """A card that gives recorded responses, and keeps what it was asked."""

    def __init__(self, *responses: str) -> None:
        self._responses = [bytes.fromhex(one) for one in responses]
        self.asked: list[str] = []

    def __call__(self, apdu: bytes) -> bytes:
        self.asked.append(apdu.hex().upper())
        return self._responses.pop(0)


@pytest.mark.parametrize("name", ["ev2first", "ev2first_key3"])
def test_authentication(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = NXP[name]
    monkeypatch.setattr("os.urandom", lambda count: bytes.fromhex(case["rnd_a"]))
    card = Played(case["answer_1"], case["answer_2"])
    chip = Chip(card)
    chip.authenticate(case["key_no"], bytes.fromhex(case["key"]))
    assert card.asked == [f"90710000020{case['key_no']}0000", case["apdu_2"]]
    assert (chip._ti.hex().upper(), chip._enc.hex().upper(), chip._mac.hex().upper()) == (
        case["ti"],
        case["ses_enc"],
        case["ses_mac"],
    )


def opened(case: dict[str, Any], *responses: str) -> tuple[Chip, Played]:
    card = Played(*responses)
    chip = Chip(card)
    chip._enc, chip._mac, chip._ti = (bytes.fromhex(case[name]) for name in ("ses_enc", "ses_mac", "ti"))
    chip._counter, chip.key_no = case["cmd_ctr"], 0
    return chip, card


@pytest.mark.parametrize("case", NXP["messages"], ids=lambda case: case["name"])
def test_messages(case: dict[str, Any]) -> None:
    chip, card = opened(case, case["response"])
    parts = bytes.fromhex(case["header"]), bytes.fromhex(case["data"])
    assert chip.command(int(case["ins"], 16), *parts, case["mode"]).hex().upper() == case["answer"]
    assert card.asked == [case["apdu"]]


def test_changes() -> None:
    case = NXP["change_key_other"]
    chip, card = opened(case, "9100")
    with pytest.raises(CardError):  # the example has no response: none verifies
        chip.change_key(2, bytes.fromhex(case["new_key"]), 1, bytes.fromhex(case["old_key"]))
    assert card.asked == ["90C400002902" + case["enc"] + case["mac"] + "00"]
    case = NXP["change_key_zero"]
    chip, card = opened(case, "9100")
    chip.change_key(0, bytes.fromhex(case["new_key"]), 1)
    assert card.asked == ["90C400002900" + case["enc"] + case["mac"] + "00"] and chip.key_no is None
    case = NXP["change_file_settings"]
    chip, card = opened(NXP["ev2first"] | {"cmd_ctr": case["cmd_ctr"]}, "9100")
    with pytest.raises(CardError):
        chip.change_settings(2, bytes.fromhex(case["plain"]))
    assert card.asked == ["905F00001902" + case["enc_and_mac"] + "00"]


def test_an10922() -> None:
    case = NXP["an10922_aes128"]
    data = bytes.fromhex(case["input"])
    assert data[0] == 1
    assert crypto.diversify(bytes.fromhex(case["master"]), data[1:]).hex().upper() == case["diversified"]


@pytest.mark.parametrize("size", [0, 32])
def test_the_bounds_of_an10922(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 31"):
        crypto.diversify(bytes(16), bytes(size))


def test_a_short_input_of_an10922_is_not_a_plain_cmac() -> None:
    """Two blocks always; from 16 bytes of data on (17 with the constant) it is a CMAC."""
    for size in range(1, 32):
        mac = CMAC(AES128(bytes(16)))
        mac.update(b"\x01" + bytes(size))
        assert (crypto.diversify(bytes(16), bytes(size)) == mac.finalize()) == (size >= 16)


def test_the_published_file_is_what_the_host_makes() -> None:
    assert json.loads(card_make.FILE.read_text()) == card_make.whole()


@pytest.mark.parametrize("implementation", ["cryptolib", "viper"])
def test_the_agent_meets_them_all(upy: Callable[..., Any], implementation: str) -> None:
    files = str(HERE / "ntag424.json"), str(card_make.FILE)
    ran = upy(HERE / "card_upy.py", *files, implementation, heap="256K")
    assert ran.stdout.startswith("met ") and int(ran.stdout.split()[1]) > 250
