# SPDX-License-Identifier: MIT
"""The virtual NTAG 424 DNA meets the examples of AN12196, APDU by APDU; test_card_vectors.py has the other side."""

import json
from pathlib import Path
from typing import Any

import pytest

from nightlatch.sim import ntag424_crypto as c
from nightlatch.sim.cards import Ntag424
from nightlatch.sim.ntag424_session import Session
from nightlatch.sim.ntag424_state import Sdm

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("ntag424.json").read_text())
SELECT = bytes.fromhex("00A4040007D276000085010100")


def hexed(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.parametrize("name", ["ev2first", "ev2first_key3"])
def test_an_authentication(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = VECTORS[name]
    key, first, second, ti = hexed(case, "key", "answer_1", "apdu_2", "ti")
    rnd_b = c.decrypt(key, c.ZERO, first[:16])
    assert rnd_b.hex().upper() == case.get("rnd_b", rnd_b.hex().upper())
    card = Ntag424()
    card.transceive(SELECT)
    drawn = iter([rnd_b, ti])
    monkeypatch.setattr("nightlatch.sim.ntag424_session.os.urandom", lambda count: next(drawn))
    begin = bytes.fromhex(f"9071000002{case['key_no']:02x}0000")
    assert card.transceive(begin) == first
    assert card.transceive(second).hex().upper() == case["answer_2"]
    session = card._native.session
    assert session is not None
    assert (session.enc, session.mac, session.ti) == tuple(hexed(case, "ses_enc", "ses_mac", "ti"))


def in_session(case: dict[str, Any], key_no: int) -> Ntag424:
    """A card in the session of an example."""
    card = Ntag424()
    card.transceive(SELECT)
    enc, mac, ti = hexed(case, "ses_enc", "ses_mac", "ti")
    card._native._auth.session = Session(key_no, ti, enc, mac, case["cmd_ctr"])
    return card


@pytest.mark.parametrize("case", VECTORS["messages"], ids=lambda case: case["name"])
def test_a_message(case: dict[str, Any]) -> None:
    card = in_session(case, 3 if case["header"].startswith("03") else 0)
    card.state.uid = bytes.fromhex("04958CAA5C5E80")
    file = card.state.files[2]
    file.rights, file.mode = (0xEEEE, 0) if case["ins"] == "F5" else (0xE000, 3)
    if case["ins"] == "F5":
        file.sdm = Sdm(0xD1, 0x00FE, picc_at=0x1F, mac_input=0x44, enc_at=0x44, enc_size=0x20, mac_at=0x6A)
    assert card.transceive(bytes.fromhex(case["apdu"])).hex().upper() == case["response"]
    if case["ins"] == "8D":
        written = card.state.files[int(case["header"][:2], 16)].data
        assert written.hex().upper().startswith(case["data"])


def test_change_file_settings() -> None:
    case, opened = VECTORS["change_file_settings"], VECTORS["ev2first"]
    card = in_session(opened | {"cmd_ctr": case["cmd_ctr"]}, 0)
    assert card.transceive(bytes.fromhex("905F00001902" + case["enc_and_mac"] + "00"))[-2:] == b"\x91\x00"
    file = card.state.files[2]
    assert file.rights == 0xE000 and file.sdm is not None
    assert (file.sdm.options, file.sdm.rights) == (0xC1, 0x21F1)
    assert (file.sdm.picc_at, file.sdm.mac_input, file.sdm.mac_at) == (0x20, 0x43, 0x43)


def test_change_key() -> None:
    case = VECTORS["change_key_other"]
    card = in_session(case, 0)
    assert card.transceive(bytes.fromhex("90C400002902" + case["enc"] + case["mac"] + "00"))[-2:] == b"\x91\x00"
    assert card.state.keys[2].hex().upper() == case["new_key"] and card.state.versions[2] == 1
    assert c.crc32_nk(card.state.keys[2]).hex().upper() == case["crc32_jam_of_new"]
    case = VECTORS["change_key_zero"]
    card = in_session(case, 0)
    assert card.transceive(bytes.fromhex("90C400002900" + case["enc"] + case["mac"] + "00")) == b"\x91\x00"
    assert card.state.keys[0].hex().upper() == case["new_key"] and card.state.versions[0] == 1
    assert card._native.session is None


@pytest.mark.parametrize("case", VECTORS["sdm_mirrors"], ids=lambda case: case["name"])
def test_a_sun_message(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The card's file 2, set up as the example's, says what the example's card said."""
    uid, counter = bytes.fromhex(case["uid"]), case["counter"]
    card = Ntag424(uid)
    file = card.state.files[2]
    static = case.get("mac_input", "").encode()[32:]
    file.data = (b"\x00" * 32 + bytes.fromhex(case.get("plain", "")) + b"\x00" * 16 + static).ljust(256, b"\x00")
    file.data = file.data if case.get("enc") else bytes(256)
    file.rights, file.counter = 0xEEEE, counter - 1
    encrypts = 32 if case.get("enc") else 0
    end = 32 + encrypts + len(static if encrypts else b"")
    file.sdm = Sdm(0xD1, 0x00FF, picc_at=0, mac_input=32, mac_at=end)
    if encrypts:
        file.sdm.enc_at, file.sdm.enc_size = 32, 32
    if "enc_picc_data" in case:
        padding = c.decrypt(bytes(16), c.ZERO, bytes.fromhex(case["enc_picc_data"]))[11:]
        monkeypatch.setattr("nightlatch.sim.ntag424_sdm.os.urandom", lambda count: (padding + bytes(16))[:count])
    card.transceive(SELECT)
    said = card.transceive(bytes.fromhex("00B0840000"))[:-2].decode("latin1")
    if "enc_picc_data" in case:
        assert said[:32] == case["enc_picc_data"]
    if encrypts:
        assert said[32:64] == case["enc"]
    if "mac" in case:
        assert said[end : end + 16] == case["mac"]


def test_the_session_keys_of_a_sun_message() -> None:
    case = VECTORS["sdm_session_keys"]
    enc, mac = c.sdm_keys(*hexed({**case, "uid": "04C767F2066180", "counter": "010000"}, "key", "uid", "counter"))
    assert (enc.hex().upper(), mac.hex().upper()) == (case["ses_enc"], case["ses_mac"])
