# SPDX-License-Identifier: MIT
"""The virtual NTAG 424 DNA by its data sheet: file settings, SUN messages, configuration, failed authentications."""

import os

import pytest

from nightlatch.card.chip import PLAIN
from nightlatch.sim.cards.ntag424 import crypto as c
from tests.unit.card.card_bench import SELECT, UID, ZERO, Desk, status

BAD_SETTINGS = [
    ("80EEEE", 0x919E),
    ("005EEE", 0x919E),
    ("00EE", 0x917E),
    ("00EEEE00", 0x917E),
    ("40EEEEC1", 0x917E),
    ("40EEEEC1FFE1", 0x917E),
    ("40EEEE01FFEF", 0x919E),  # metadata without any
    ("40EEEEC1FFFF", 0x919E),  # mirrors a UID that nobody may see
    ("40EEEEC0FEEF0000000F0000", 0x919E),  # ASCII is the one encoding
    ("40EEEE81F0EF" + "000000", 0x919E),  # a counter's key without a counter
    ("40EEEEC1FFEF" + "000000" + "0D0000", 0x919E),  # overlap
    ("40EEEEC1FFEF" + "F30000" + "000000", 0x919E),  # beyond the file
    ("40EEEE91FF00" + "000000" + "200000" + "200000" + "200000" + "400000", 0x919E),  # encrypts without a counter
    ("40EEEED1FF00" + "000000" + "200000" + "200000" + "210000" + "600000", 0x919E),  # half a block
    ("40EEEEC1FF00" + "000000" + "410000" + "400000", 0x919E),  # the MAC begins behind itself
    ("40EEEEE1FFEF" + "000000" + "200000" + "000000", 0x919E),  # a limit that is reached
    ("40EEEEC12EEF" + "000000" + "200000", 0x919E),
]


@pytest.mark.parametrize(("settings", "expected"), BAD_SETTINGS)
def test_settings_that_are_refused(settings: str, expected: int) -> None:
    desk = Desk()
    before = desk.chip().file_settings(2)
    assert status(desk.chip(0), 0x5F, "02", bytes.fromhex(settings)) == expected
    assert desk.chip().file_settings(2) == before


def test_sdm_belongs_to_file_2() -> None:
    good = bytes.fromhex("40EEEEC1FFEF000000200000")
    assert status(Desk().chip(0), 0x5F, "03", good) == 0x919D
    assert status(Desk().chip(0), 0x5F, "04", good) == 0x91F0


def sun_card(settings: str) -> Desk:
    """A card whose file 2 has these settings and counts from 00 up."""
    desk = Desk()
    chip = desk.chip(0)
    chip.command(0x8D, bytes.fromhex("02000000F80000"), bytes(range(248)), PLAIN)
    chip.change_settings(2, bytes.fromhex(settings))
    assert chip.file_settings(2)[7:] == bytes.fromhex(settings)[3:]
    desk.card.reset()
    desk.chip()
    return desk


def test_a_plain_sun_message_counts() -> None:
    desk = sun_card("40EEEE" + "C1" + "FEEF" + "000000" + "0F0000")
    first = bytes.fromhex(desk.raw("00B0840016"))
    assert first[:14] == UID.hex().upper().encode() and first[15:21] == b"000001" and first[14] == 14
    assert bytes.fromhex(desk.raw("00B0840F06"))[:6] == b"000001"  # the next chunk of the same reading
    assert bytes.fromhex(desk.raw("90AD0000070200000015000000"))[15:21] == b"000002"
    assert desk.raw("90F60000010200") == "0200000000" + "9100"
    assert bytes.fromhex(desk.raw("90AD0000070200000015000000"))[15:21] == b"000003"


def test_an_encrypted_sun_message() -> None:
    desk = sun_card("40EEEE" + "F1" + "F112" + "000000" + "200000" + "200000" + "400000" + "700000" + "030000")
    keys = desk.card.state.keys
    keys[1], keys[2] = os.urandom(16), os.urandom(16)
    seen = set()
    for count in (1, 2, 3):
        said = bytes.fromhex(desk.raw("00B0840000"))[:-2]
        desk.raw("9064000001" + "0000")
        picc = c.decrypt(keys[1], ZERO, bytes.fromhex(said[:32].decode()))
        assert picc[:11] == b"\xc7" + UID + count.to_bytes(3, "little")
        enc, mac = c.sdm_keys(keys[2], UID, picc[8:11])
        iv = c.encrypt(enc, ZERO, picc[8:11] + bytes(13))
        assert c.decrypt(enc, iv, bytes.fromhex(said[32:96].decode())) == bytes(range(32, 64))
        assert said[112:128].decode() == c.mac_t(mac, said[32:112]).hex().upper()
        seen.add(said[:32])
    assert len(seen) == 3
    assert desk.raw("00B0840000") == "6982" and desk.raw("90AD0000070200000015000000") == "919D"
    assert desk.chip(0).read(2, 0, 4, PLAIN) == bytes(range(4))  # authenticated: no mirroring, no counting


def test_a_used_up_counter() -> None:
    desk = sun_card("40EEEE" + "C1" + "FEEF" + "000000" + "0F0000")
    desk.card.state.files[2].counter = 0xFFFFFF
    assert (desk.raw("00B0840000"), desk.raw("90AD0000070200000015000000")) == ("6982", "911E")


def test_the_counter_of_a_file_is_not_everybodys() -> None:
    desk = sun_card("40EEEE" + "C1" + "F1EF" + "000000" + "0F0000")
    assert desk.raw("90F60000010200") == "91AE"
    assert desk.chip(1).command(0xF6, b"\x02") == bytes(5)
    assert status(desk.chip(2), 0xF6, "02") == 0x91AE


def test_configuration() -> None:
    desk = Desk()
    chip = desk.chip(0)
    chip.command(0x5C, b"\x05", bytes(8) + b"\x12\x34")
    chip.command(0x5C, b"\x0b", b"\x00")
    chip.command(0x5C, b"\x04", b"\x04\x00")
    chip.command(0x5C, b"\x00", b"\x02")
    assert status(chip, 0x5C, "00", b"\x04") == 0x919E
    for option, size in ((0x00, 2), (0x04, 1), (0x05, 9), (0x0A, 4), (0x0B, 2)):
        assert status(desk.chip(0), 0x5C, f"{option:02x}", bytes(size)) == 0x917E
    assert status(desk.chip(0), 0x5C, "06", b"\x00") == 0x919E
    assert status(desk.chip(0), 0x5C, "0A", b"\x01\x00\x00\x00\x00") == 0x919E
    assert status(desk.chip(1), 0x5C, "00", b"\x02") == 0x91AE
    desk.card.entered()
    assert desk.card.uid[0] == 0x08 and len(desk.card.uid) == 4
    version = desk.chip().version()
    assert version.uid == bytes(7) and version.hardware[2] == 0x82
    chip = desk.chip(0)
    assert chip.uid() == UID
    desk.card.state.files[3].size = 256  # room enough to see that a long protected write is refused
    assert status(desk.chip(3), 0x8D, "03000000800000", bytes(128)) == 0x919D


def test_lrp_has_no_way_back() -> None:
    desk = Desk()
    desk.chip(0).command(0x5C, b"\x05", bytes(4) + b"\x02" + bytes(5))
    assert desk.raw(SELECT.hex()) == "9000"
    assert desk.raw("9071000002000000") == "919D" and desk.raw("907100000300010200") == "919D"


def guess(desk: Desk, key_no: int = 0) -> str:
    """A wrong proof; the status of the part that was refused."""
    answer = desk.raw(f"9071000002{key_no:02x}0000")
    return desk.raw("90AF000020" + "00" * 33) if answer[-4:] == "91AF" else answer


def test_guesses_are_slowed_down() -> None:
    desk = Desk()
    desk.raw(SELECT.hex())
    assert {guess(desk) for _ in range(50)} == {"91AE"}
    assert [guess(desk) for _ in range(2)] == ["91AD", "91AE"]
    assert [guess(desk) for _ in range(3)] == ["91AD", "91AD", "91AE"]
    desk.card.reset()  # a fresh tap does not help
    desk.raw(SELECT.hex())
    assert guess(desk) == "91AD"
    desk.chip(0)  # a holder keeps trying, as the data sheet says, and is let in
    assert desk.card.state.row == 0 and guess(desk) == "91AE"


def test_a_key_is_blocked_and_given_back() -> None:
    desk = Desk()
    desk.chip(0).command(0x5C, b"\x0a", bytes.fromhex("0103000100"))
    desk.raw(SELECT.hex())
    assert [guess(desk, 1) for _ in range(4)] == ["91AE", "91AE", "91AE", "919D"]
    chip = desk.chip(0)
    chip.change_key(1, b"1" * 16, 1)
    chip.authenticate(1, b"1" * 16)
    desk.raw(SELECT.hex())
    guess(desk, 1), guess(desk, 1)
    desk.chip(1, b"1" * 16)
    assert desk.card.state.failed[1] == 1
