# SPDX-License-Identifier: MIT
"""The virtual NTAG 424 DNA by its data sheet: every command, every status, secure messaging, persistence."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.card import CardError, CardRefused
from nightlatch.card.chip import MAC, PLAIN
from nightlatch.sim.cards.held import Ntag424, State
from nightlatch.sim.cards.ntag424 import crypto as c
from nightlatch.sim.cards.ntag424.state import _LATER
from tests.unit.card.card_bench import SELECT, UID, ZERO, Desk, status


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        ("", "6700"),
        ("00A404", "6700"),
        ("80A4000000", "6E00"),
        ("00C0000000", "6D00"),
        ("00A4040007D276000085010100", "9000"),
        ("00A4040C07D2760000850101", "9000"),
        ("00A4040007D276000085010000", "9000"),
        ("00A4040006D2760000850100", "6A82"),
        ("00A40400", "6A87"),
        ("00A4050002E110", "6A86"),
        ("00A4000102E110", "6A86"),
        ("00A4000C02E11000", "9000"),
        ("00A4000C023F00", "9000"),
        ("00A4000C", "9000"),
        ("00A4030C", "9000"),
        ("00A4030C02E110", "6A87"),
        ("00A4010C02E110", "9000"),
        ("00A4010C02E104", "6A82"),
        ("00A4000C02E104", "6A82"),
        ("00A4000C03E10400", "6A87"),
        ("00B0000000", "6985"),
        ("00B0840000", "6A82"),
        ("906000000100", "917E"),
        ("9060000000", "04040230001105" + "91AF"),
        ("9060010000", "919E"),
        ("90600000", "917E"),
        ("90FF000000", "911C"),
        ("906F000000", "911C"),
        ("9061000000", "911C"),
        ("90AF000000", "911C"),
        ("903C0000010000", "919D"),
        ("9051000000", "91AE"),
        ("9071000002000000", "9140"),
        ("90F50000010200", "919D"),
        ("90AD0000070200000000000000", "919D"),
        ("9064000001" + "0500", "9140"),
    ],
)
def test_a_card_just_activated(apdu: str, answer: str) -> None:
    assert Desk().raw(apdu) == answer


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        ("00A4000C02E104", "9000"),
        ("00A4020C02E105", "9000"),
        ("00A4020C02E106", "6A82"),
        ("00B0830017", "001720010000FF0406E104010000000506E105008082839000"),
        ("00B0830F04", "0506E1059000"),
        ("00B08500", "6700"),
        ("00B0850010", "6982"),
        ("00B0860010", "6A82"),
        ("00B09F0010", "6A86"),
        ("00B0A40010", "6A86"),
        ("00B0000010", "6985"),
        ("00B0832001", "6A86"),
        ("00D6840003AABBCC", "9000"),
        ("00D684FF02AABB", "6700"),
        ("00D6840000", "6700"),
        ("00D6830001AA", "6982"),
        ("90F50000010100", "000000E02000009100"),
        ("90F50000010200", "0000E0EE0001009100"),
        ("90F50000010300", "000330238000009100"),
        ("90F50000010400", "91F0"),
        ("90F50000020102" + "00", "917E"),
        ("906400000101" + "00", "009100"),
        ("90F60000010200", "919D"),
        ("90AD0000070300000000000000", "91AE"),
        ("90AD0000070100000004000000", "001720019100"),
        ("90AD0000070118000010000000", "91BE"),
        ("90AD00000601000000040000", "917E"),
        ("908D0000080100000001000000" + "AA00", "917E"),
        ("908D00000801000000010000" + "AA00", "91AE"),
        ("908D00000802000000010000" + "AA00", "9100"),
        ("908D00000802000000020000" + "AA00", "917E"),
        ("908D00000702000000000000" + "00", "919E"),
        ("908D00000902FF00000200" + "00AABB00", "91BE"),
        ("905F0000040100EEEE00", "91AE"),
        ("90C400000100" + "00", "91AE"),
        ("905C0000020000" + "00", "91AE"),
        ("90710000020500" + "00", "9140"),
        ("90710000010000", "917E"),
        ("9071000009000700000000000000" + "00", "919E"),
        ("90770000010000", "919D"),
    ],
)
def test_in_the_application(apdu: str, answer: str) -> None:
    desk = Desk()
    desk.raw(SELECT.hex())
    assert desk.raw(apdu) == answer


def test_version_in_three_frames() -> None:
    desk = Desk()
    version = desk.chip().version()
    assert version.is_ntag424 and version.uid == UID and version.software == bytes.fromhex("04040201021105")
    assert desk.raw("9060000000")[-4:] == "91AF"
    assert desk.raw("90F50000010200") == "91CA"
    assert desk.raw("9060000000")[-4:] == "91AF"
    assert desk.raw(SELECT.hex()) == "6985"
    assert desk.raw(SELECT.hex()) == "9000"


def test_version_under_a_mac() -> None:
    chip = Desk().chip(0)
    opening = chip._tag(0x60, b"")
    first = chip._frame(0x60, opening, 0x91AF, "")
    second = chip._frame(0xAF, b"", 0x91AF, "")
    third = chip._frame(0xAF, b"", 0x9100, "")
    chip._counter += 1
    assert third[-8:] == chip._tag(0, first + second + third[:-8])


def test_both_authentications() -> None:
    desk = Desk()
    desk.card.state.keys[2] = b"2" * 16
    chip = desk.chip(0)
    assert chip.uid() == UID
    ti, counter = chip._ti, chip._counter
    chip.authenticate(2, b"2" * 16, again=True)
    assert (chip._ti, chip._counter, chip.key_no) == (ti, counter, 2)
    assert chip.uid() == UID and chip.key_version(1) == 0
    with pytest.raises(CardRefused) as refused:
        chip.authenticate(2, ZERO)
    assert refused.value.status == 0x91AE
    assert desk.raw("9051000000") == "91AE"  # nobody is authenticated any more
    assert status(desk.chip(), 0x77, "00") == 0x919D


def test_capabilities_are_echoed() -> None:
    desk = Desk()
    desk.raw(SELECT.hex())
    theirs = c.decrypt(ZERO, ZERO, desk.card.transceive(bytes.fromhex("90710000050003000102" + "00"))[:16])
    sealed = c.encrypt(ZERO, ZERO, bytes(16) + c.rotate(theirs))
    plain = c.decrypt(ZERO, ZERO, desk.card.transceive(b"\x90\xaf\x00\x00\x20" + sealed + b"\x00")[:32])
    assert plain[20:] == bytes.fromhex("000000000000000102000000")


def test_an_authentication_is_not_interrupted() -> None:
    desk = Desk()
    desk.raw(SELECT.hex())
    assert desk.raw("9071000002000000")[-4:] == "91AF"
    assert desk.raw("9071000002000000") == "91CA"
    assert desk.raw("9071000002000000")[-4:] == "91AF"
    assert desk.raw("90AF00001F" + "00" * 32) == "917E"
    assert desk.raw("90AF000020" + "00" * 33) == "911C"


def test_keys_change_and_say_their_version() -> None:
    desk = Desk()
    chip = desk.chip(0)
    chip.change_key(3, b"3" * 16, 7)
    chip.change_key(0, b"0" * 16, 9)
    assert chip.key_no is None and desk.card.state.versions == [9, 0, 0, 7, 0]
    chip.authenticate(0, b"0" * 16)
    chip.change_key(3, ZERO, 0, b"3" * 16)
    chip.authenticate(3, ZERO)
    assert status(chip, 0xC4, "01", bytes(21)) == 0x91AE  # not the master key
    assert status(desk.chip(0, b"0" * 16), 0xC4, "05", bytes(21)) == 0x9140
    assert status(desk.chip(0, b"0" * 16), 0xC4, "03", bytes(20)) == 0x917E
    assert status(desk.chip(0, b"0" * 16), 0xC4, "03", bytes(21)) == 0x911E  # the CRC is not that of the key
    assert desk.card.state.keys == [b"0" * 16, ZERO, ZERO, ZERO, ZERO]


@pytest.mark.parametrize("mode", [PLAIN, MAC, 3])
def test_files_in_every_mode(mode: int) -> None:
    desk = Desk()
    desk.card.state.files[3].mode = mode
    chip = desk.chip(3)
    chip.write(3, 5, b"some data", mode)
    assert chip.read(3, 4, 11, mode) == b"\x00some data\x00"
    assert chip.read(3, 120, 0, mode) == bytes(8)
    assert chip.read(1, 0, 2, PLAIN) == b"\x00\x17"  # free for all: plain, whatever the file's mode
    assert chip.read(3, 0, 1, mode) == b"\x00"


def test_access_rights() -> None:
    desk = Desk()
    files = desk.card.state.files
    assert status(desk.chip(1), 0xAD, "03000000010000") == 0x91AE
    assert desk.chip(2).read(3, 0, 1) == b"\x00"
    assert status(desk.chip(2), 0x8D, "03000000010000", b"x") == 0x91AE
    files[3].rights = 0xFFFF
    assert status(desk.chip(3), 0xAD, "03000000010000") == 0x919D
    assert status(desk.chip(0), 0x5F, "03", bytes.fromhex("033023")) == 0x919D
    files[2].mode = 3
    files[2].rights = 0x0000
    assert status(desk.chip(0), 0xAD, "02000000000000") == 0x917E  # 256 bytes and their protection do not fit


@pytest.mark.parametrize("bit", range(0, 8 * 47, 11))
def test_every_bit_of_a_command_is_protected(bit: int) -> None:
    desk = Desk()
    chip = desk.chip(3)
    real = desk.transceive

    def bent(apdu: bytes) -> bytes:
        data = bytearray(apdu)
        data[5 + bit // 8] ^= 1 << bit % 8
        return real(bytes(data))

    chip._transceive = bent
    with pytest.raises(CardRefused):
        chip.write(3, 0, bytes(16))
    assert desk.card.state.files[3].data == bytes(128)
    assert desk.raw("9051000000") == "91AE"


@pytest.mark.parametrize("at", range(40))
def test_every_byte_of_a_response_is_protected(at: int) -> None:
    desk = Desk()
    chip = desk.chip(3)
    real = desk.transceive

    def bent(apdu: bytes) -> bytes:
        data = bytearray(real(apdu))
        data[at] ^= 0x40
        return bytes(data)

    chip._transceive = bent
    with pytest.raises(CardError):
        chip.read(3, 0, 16)
    assert chip.key_no is None


def test_commands_are_counted() -> None:
    desk = Desk()
    chip = desk.chip(3)
    chip.read(3, 0, 1)
    last = desk.apdus[-1]
    assert desk.raw(last.hex()) == "911E"
    chip = desk.chip(3)
    desk.card._native.session.counter = chip._counter = 0xFFFF  # type: ignore[union-attr]
    assert status(chip, 0xAD, "03000000010000") == 0x911E


def test_it_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    desk = Desk(Ntag424(path=path))
    chip = desk.chip(0)
    chip.change_key(3, b"3" * 16, 3)
    chip.change_settings(2, bytes.fromhex("40EEEEC1FEEF0000000F0000"))
    desk.chip(3, b"3" * 16).write(3, 0, b"kept")
    assert path.stat().st_mode & 0o777 == 0o600
    again = Ntag424(path=path)
    assert again.state == desk.card.state == State.load(path)
    assert Desk(again).chip(3, b"3" * 16).read(3, 0, 4) == b"kept"
    assert Ntag424(state=State.load(path)).uid == desk.card.uid
    older = {key: value for key, value in json.loads(path.read_text()).items() if key not in _LATER}
    path.write_text(json.dumps(older))
    assert State.load(path) == desk.card.state
    for text in ("", "{}", "[1]", '{"uid": "zz"}'):
        path.write_text(text)
        with pytest.raises(ValueError, match="not the state"):
            State.load(path)


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_any_bytes_get_a_status(apdus: list[bytes]) -> None:
    card = Ntag424(UID)
    card.transceive(SELECT)
    for apdu in apdus:
        for form in (apdu, b"\x90" + apdu, b"\x00" + apdu):
            assert 2 <= len(card.transceive(form)) <= 258
    assert card.state.keys == [ZERO] * 5
