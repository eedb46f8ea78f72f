# SPDX-License-Identifier: MIT
"""NXP's examples of AN12196 and AN10922, and our own of key cards: met by the host's library and by the agent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.cmac import CMAC

from nightlatch.card import Chip, crypto
from nightlatch.card.chip import PLAIN
from nightlatch.card.errors import CardForged
from tests.vectors import card_make
from tests.vectors.nxp import AUTHENTICATIONS, MESSAGES, NXP, run

HERE = Path(__file__).parent


class Played:
    """A card that gives recorded responses, and keeps what it was asked."""

    def __init__(self, *responses: str) -> None:
        self._responses = [bytes.fromhex(one) for one in responses]
        self.asked: list[str] = []

    def __call__(self, apdu: bytes) -> bytes:
        self.asked.append(apdu.hex().upper())
        return self._responses.pop(0)


@pytest.mark.parametrize("name", AUTHENTICATIONS)
def test_authentication(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = NXP[name]
    again = "cmd_ctr" in case
    monkeypatch.setattr("os.urandom", lambda count: bytes.fromhex(case["rnd_a"]))
    chip, card = opened(NXP["ev2first_key3"] | {"cmd_ctr": case.get("cmd_ctr", 7)}, case["answer_1"], case["answer_2"])
    chip.authenticate(case["key_no"], bytes.fromhex(case["key"]), again)
    assert card.asked == [case["apdu_1"], case["apdu_2"]]
    assert [one.hex().upper() for one in (chip._ti, chip._enc, chip._mac)] == [
        case["ti"],
        case["ses_enc"],
        case["ses_mac"],
    ]
    assert (chip.key_no, chip._counter) == (case["key_no"], case.get("cmd_ctr", 0))


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


def change(name: str, chip: Chip) -> None:
    """The change that an example makes."""
    case = NXP[name]
    if name == "change_file_settings":
        chip.change_settings(2, bytes.fromhex(case["plain"]))
        return
    old = bytes.fromhex(case.get("old_key", ""))
    chip.change_key(int(case["key_no"]), bytes.fromhex(case["new_key"]), int(case["version"], 16), old or bytes(16))


@pytest.mark.parametrize("name", ["change_file_settings", "change_key_other", "change_key_zero"])
def test_changes(name: str) -> None:
    case = NXP[name]
    chip, card = opened(case, case["response"])
    change(name, chip)
    assert card.asked == [case["apdu"]] and (chip.key_no is None) == (name == "change_key_zero")


@pytest.mark.parametrize("name", ["change_file_settings", "change_key_other"])
def test_a_change_that_the_card_does_not_vouch_for(name: str) -> None:
    response = bytearray.fromhex(NXP[name]["response"])
    for at in range(8):
        response[at] ^= 0x10
        chip, _ = opened(NXP[name], response.hex())
        with pytest.raises(CardForged):
            change(name, chip)
        response[at] ^= 0x10


def test_the_whole_personalization(monkeypatch: pytest.MonkeyPatch) -> None:
    """One Chip through 5.4 to 5.16, with the responses of the note."""
    exchanges = run()[1:]
    drawn = [bytes.fromhex(NXP[name]["rnd_a"]) for name in AUTHENTICATIONS]
    monkeypatch.setattr("os.urandom", lambda count: drawn.pop(0))
    card = Played(*(one.response for one in exchanges))
    chip = Chip(card)
    assert chip.file_settings(2).hex().upper() + "9100" == exchanges[0].response
    version = chip.version()
    assert (version.hardware.hex(), version.software.hex()) == ("04040830001105", "04040201011105")  # table 13
    assert version.is_ntag424 and version.uid.hex().upper() == NXP["plain"]["get_version"]["uid"]
    chip.authenticate(0, bytes(16))
    chip.write(2, 0, bytes.fromhex(MESSAGES["WriteData to file 2, CommMode.Full"]["data"]))
    change("change_file_settings", chip)
    chip.authenticate(3, bytes(16))
    chip.write(3, 0, bytes(range(1, 11)))
    chip.authenticate(0, bytes(16), again=True)
    chip.write(1, 14, bytes.fromhex("FF0506E10500808283").ljust(18, b"\x00"), PLAIN)
    change("change_key_other", chip)
    change("change_key_zero", chip)
    assert card.asked == [one.apdu for one in exchanges]


def test_an10922() -> None:
    case = NXP["an10922"][0]
    assert case["name"] == "AES-128"
    data = bytes.fromhex(case["input"])
    assert crypto.diversify(bytes.fromhex(case["master"]), data).hex().upper() == case["diversified"]


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
    assert ran.stdout.startswith("met ") and int(ran.stdout.split()[1]) > 230
