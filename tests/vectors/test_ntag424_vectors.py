# SPDX-License-Identifier: MIT
"""The virtual NTAG 424 DNA meets the examples of AN12196, APDU by APDU; test_card_vectors.py has the other side."""

import asyncio
from typing import Any

import pytest

from nightlatch.card import CardRefused, Chip
from nightlatch.card.chip import FULL
from nightlatch.sim.cards.held import Ntag424, State
from nightlatch.sim.cards.ntag424 import crypto as c
from nightlatch.sim.cards.ntag424.session import Session
from nightlatch.sim.cards.ntag424.state import Sdm
from nightlatch.sim.cards.picc import Picc
from tests.vectors.nxp import AUTHENTICATIONS, NXP, run

SELECT = bytes.fromhex(NXP["plain"]["select_application"]["apdu"])
UID = bytes.fromhex("04958CAA5C5E80")


def hexed(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def draws(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """The card draws what the cards of these authentications drew."""
    drawn = [one for name in names for one in hexed(NXP[name], "rnd_b", "ti")[: 1 if name == "ev2nonfirst" else 2]]
    monkeypatch.setattr("nightlatch.sim.cards.ntag424.session.os.urandom", lambda count: drawn.pop(0))


def in_session(case: dict[str, Any], key_no: int) -> Ntag424:
    """A card in the session of an example."""
    card = Ntag424(UID)
    card.transceive(SELECT)
    enc, mac, ti = hexed(case, "ses_enc", "ses_mac", "ti")
    card._native._auth.session = Session(key_no, ti, enc, mac, case["cmd_ctr"])
    return card


def personalised(card: Ntag424) -> None:
    """File 2 as the note has it in 5.4, before anything is written."""
    file = card.state.files[2]
    file.rights, file.mode = 0xE000, 3
    file.sdm = Sdm(0xC1, 0x21F1, picc_at=0x20, mac_input=0x43, mac_at=0x43)


def said(card: Ntag424, apdu: str) -> str:
    return card.transceive(bytes.fromhex(apdu)).hex().upper()


@pytest.mark.parametrize("name", AUTHENTICATIONS)
def test_an_authentication(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = NXP[name]
    card = in_session(NXP["ev2first_key3"] | {"cmd_ctr": case.get("cmd_ctr", 0)}, 3)
    draws(monkeypatch, name)
    for part in (1, 2):
        assert said(card, case[f"apdu_{part}"]) == case[f"answer_{part}"]
    session = card._native.session
    assert session is not None
    assert [session.enc, session.mac, session.ti] == hexed(case, "ses_enc", "ses_mac", "ti")
    assert (session.key_no, session.counter) == (case["key_no"], case.get("cmd_ctr", 0))


@pytest.mark.parametrize("case", NXP["messages"], ids=lambda case: case["name"])
def test_a_message(case: dict[str, Any]) -> None:
    card = in_session(case, 3 if case["header"].startswith("03") else 0)
    file = card.state.files[2]
    file.rights, file.mode = (0xEEEE, 0) if case["ins"] == "F5" else (0xE000, 3)
    if case["ins"] == "F5":
        file.sdm = Sdm(0xD1, 0x00FE, picc_at=0x1F, mac_input=0x44, enc_at=0x44, enc_size=0x20, mac_at=0x6A)
    assert said(card, case["apdu"]) == case["response"]
    if case["ins"] == "8D":
        written = card.state.files[int(case["header"][:2], 16)].data
        assert written.hex().upper().startswith(case["data"])
    assert card.state.random_id == (case["ins"] == "5C")


def test_a_card_with_random_uids() -> None:
    card = Ntag424(state=State(random_id=True))
    shown = {card.uid}
    for _ in range(3):
        card.entered()
        shown.add(card.uid)
    shown |= {bytes.fromhex(uid) for uid in NXP["random_uids"]}
    assert all(len(uid) == 4 and uid[0] == 0x08 for uid in shown) and len(shown) > 5
    assert card.sens_res.to_bytes(2, "little").hex() == "0403"


def test_change_file_settings() -> None:
    case = NXP["change_file_settings"]
    card = in_session(case, 0)
    assert said(card, case["apdu"]) == case["response"]
    file = card.state.files[2]
    assert file.rights == 0xE000 and file.sdm is not None
    assert (file.sdm.options, file.sdm.rights) == (0xC1, 0x21F1)
    assert (file.sdm.picc_at, file.sdm.mac_input, file.sdm.mac_at) == (0x20, 0x43, 0x43)


@pytest.mark.parametrize("name", ["change_key_other", "change_key_zero"])
def test_change_key(name: str) -> None:
    case = NXP[name]
    card, number = in_session(case, 0), int(case["key_no"])
    assert said(card, case["apdu"]) == case["response"]
    assert card.state.keys[number].hex().upper() == case["new_key"] and card.state.versions[number] == 1
    assert (card._native.session is None) == (number == 0)


def test_the_whole_personalization(monkeypatch: pytest.MonkeyPatch) -> None:
    """One card, from its selection to the last key: sessions and counters go through as in the note."""
    version = NXP["plain"]["get_version"]
    uid, production = hexed(version, "uid", "production")
    hardware, software = (bytes.fromhex(one)[:-2] for one in version["responses"][:2])
    card = Ntag424(state=State(uid=uid, hardware=hardware, software=software, production=production))
    personalised(card)
    draws(monkeypatch, *AUTHENTICATIONS)
    for apdu, response in run():
        assert said(card, apdu) == response
    keys = [NXP["change_key_zero"]["new_key"], "00" * 16, NXP["change_key_other"]["new_key"], "00" * 16, "00" * 16]
    assert [key.hex().upper() for key in card.state.keys] == keys and card.state.versions == [1, 0, 1, 0, 0]
    ndef = bytes.fromhex(NXP["ndef"]["head"]) + NXP["ndef"]["uri"].removeprefix("https://").encode()
    assert card.state.files[2].data == ndef.ljust(256, b"\x00")
    assert card.state.files[3].data.startswith(bytes(range(1, 11)))


def test_what_needs_no_session() -> None:
    plain = NXP["plain"]
    card = Ntag424()
    assert said(card, plain["select_application"]["apdu"]) == plain["select_application"]["response"]
    assert said(card, plain["select_proprietary"]["apdu"]) == plain["select_proprietary"]["response"]
    assert card._iso._file == 3
    assert said(card, "00A4000C02E104") == "9000"
    assert said(card, plain["update_ndef"]["apdu"]) == plain["update_ndef"]["response"]
    assert card.state.files[2].data[:83].hex().upper() == plain["update_ndef"]["apdu"][10:-2]


def test_activation() -> None:
    """What the reader's chip hears before the first APDU: ATQA, two cascade levels, SAK; then RATS and PPS."""
    case = NXP["activation"]
    uid = bytes.fromhex(case["uid"])
    card = Ntag424(uid)
    assert card.sens_res.to_bytes(2, "little").hex() == case["atqa"]
    for level, part in (("1", b"\x88" + uid[:3]), ("2", uid[3:])):
        whole = part + bytes([part[0] ^ part[1] ^ part[2] ^ part[3]])
        assert whole.hex().upper() == case["level_" + level]
        assert case["select_" + level] == {"1": "93", "2": "95"}[level] + "70" + case["level_" + level]
    assert (int(case["sak_1"], 16), int(case["sak_2"], 16)) == (card.sak & 0xDF | 0x04, card.sak)

    ats = bytes.fromhex(case["ats"])
    assert [at for at, ours in enumerate(card.ats) if ats[at] != ours] == [3]  # TB(1): the data sheet's chip is slower

    async def talk() -> list[bytes | None]:
        picc = Picc(ats, lambda apdu: asyncio.sleep(0, card.transceive(apdu)))
        return [await picc.exchange(one) for one in [*hexed(case, "rats", "pps"), b"\x02" + SELECT]]

    assert asyncio.run(talk()) == [*hexed(case, "ats", "ppss"), b"\x02\x90\x00"]


def test_the_originality_signature() -> None:
    case = NXP["originality"]
    uid, apdu, response = hexed(case, "uid", "apdu", "response")
    card = Ntag424(state=State(uid=uid, signature=response[:-2]))
    assert card.transceive(apdu) == response
    card.transceive(SELECT)
    assert card.transceive(apdu) == response
    assert said(card, "903C0000010100") == said(card, "903C000000") == "910C"
    card.state.random_id = True
    assert said(card, case["apdu"]) == "910B"
    bare = Ntag424(uid)
    assert said(bare, case["apdu"]) == "919D"


def test_the_originality_signature_in_a_session() -> None:
    """Encrypted, its status 90 in the MAC, as real chips have it; without a MAC it is not there."""
    signature = bytes.fromhex(NXP["originality"]["response"])[:-2]
    card = Ntag424(state=State(random_id=True, signature=signature))
    chip = Chip(card.transceive)
    chip.select()
    chip.authenticate(0, bytes(16))
    with pytest.raises(CardRefused) as refused:  # a good answer, by a status that the host has no use for
        chip.command(0x3C, b"\x00", b"", FULL)
    assert refused.value.status == 0x9190
    chip.authenticate(0, bytes(16))
    session = card._native.session
    assert session is not None
    enc, mac, ti = session.enc, session.mac, session.ti
    tag = c.mac_t(mac, b"\x3c\x00\x00" + ti + b"\x00")
    answer = card.transceive(b"\x90\x3c\x00\x00\x09\x00" + tag + b"\x00")
    assert answer[-10:] == c.mac_t(mac, b"\x90\x01\x00" + ti + answer[:64]) + b"\x91\x90"
    assert c.unpad(c.decrypt(enc, c.message_iv(enc, b"\x5a\xa5", ti, 1), answer[:64])) == signature
    assert said(card, NXP["originality"]["apdu"]) == "910B" and card._native.session is None


@pytest.mark.parametrize("case", NXP["sdm_mirrors"], ids=lambda case: case["name"])
def test_a_sun_message(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The card's file 2, set up as the example's, says what the example's card said."""
    uid, counter = bytes.fromhex(case["uid"]), case["counter"]
    card = Ntag424(uid)
    file = card.state.files[2]
    picc = case.get("picc_at", 0)
    enc = case.get("enc_at", picc + 32)
    static = case.get("mac_input", "").encode()[32:]
    end = enc + len(case.get("mac_input", case.get("enc", "")))
    data = bytearray(256)
    if "enc" in case:
        data[enc : enc + 16] = bytes.fromhex(case["plain"])
        data[enc + 32 : end] = static
    file.data, file.rights, file.counter = bytes(data), 0xEEEE, counter - 1
    file.sdm = Sdm(0xD1, 0x00FF, picc_at=picc, mac_input=case.get("mac_input_at", enc), mac_at=case.get("mac_at", end))
    if "enc" in case:
        file.sdm.enc_at, file.sdm.enc_size = enc, case.get("enc_size", 32)
    padding = c.decrypt(bytes(16), c.ZERO, bytes.fromhex(case["enc_picc_data"]))[11:]
    monkeypatch.setattr("nightlatch.sim.cards.ntag424.sdm.os.urandom", lambda count: (padding + bytes(16))[:count])
    card.transceive(SELECT)
    text = card.transceive(bytes.fromhex("00B0840000"))[:-2].decode("latin1")
    assert text[picc : picc + 32] == case["enc_picc_data"]
    if "enc" in case:
        assert text[enc : enc + 32] == case["enc"] and text[enc:end] == case["mac_input"]
    assert text[end : end + 16] == case["mac"]


def test_a_plain_sun_message() -> None:
    """The mirrors of 3.4.1; its CMAC is under a key that the note does not print."""
    case = NXP["sun_plain"]
    url = case["url"].removeprefix("https://")
    uid_at, counter_at, mac_at = (7 + url.index(name) + len(name) for name in ("uid=", "ctr=", "&c="))
    card = Ntag424(bytes.fromhex(case["uid"]))
    file = card.state.files[2]
    blank = b"\x00\x42\xd1\x01\x3e\x55\x04" + url.encode()
    file.data, file.rights, file.counter = blank.ljust(256, b"\x00"), 0xEEEE, case["counter"] - 1
    for at, size in ((uid_at, 14), (counter_at, 6)):
        file.data = file.data[:at] + b"0" * size + file.data[at + size :]
    file.sdm = Sdm(0xC1, 0xE0FF, uid_at=uid_at, counter_at=counter_at, mac_input=mac_at, mac_at=mac_at)
    card.transceive(SELECT)
    text = card.transceive(bytes.fromhex("00B0840000"))
    assert text[:mac_at] == blank[:mac_at]
    assert text[mac_at : mac_at + 16] != case["url"][-16:].encode()


def test_the_session_keys_of_a_sun_message() -> None:
    case = NXP["sdm_session_keys"]
    enc, mac = c.sdm_keys(*hexed({**case, "uid": "04C767F2066180", "counter": "010000"}, "key", "uid", "counter"))
    assert [enc, mac] == hexed(case, "ses_enc", "ses_mac")
    key, *vectors = hexed(case, "key", "sv1", "sv2")
    assert [enc, mac] == [c.cmac(key, vector) for vector in vectors]
