# SPDX-License-Identifier: MIT
"""Every example of NXP AN12196 and AN10922 is in ntag424.json or says why not, and every number in it recomputes.

The code under test is in test_ntag424_vectors.py (the virtual card), test_card_vectors.py (the host) and card_upy.py
(the agent); here are the steps between that the notes print, and the ciphers that no card of ours uses.
"""

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA224

from nightlatch.sim.cards.ntag424 import crypto as c
from tests.vectors.nxp import AUTHENTICATIONS, MESSAGES, NXP

CASES = [
    *NXP,
    *NXP["plain"],
    *(case["name"] for kind in ("messages", "sdm_mirrors", "an10922") for case in NXP[kind]),
]
TABLES = {"AN12196": range(1, 31), "AN10922": range(2, 7)}  # the tables that are not abbreviations or revisions
SECURED = [*NXP["messages"], *(NXP[name] for name in ("change_file_settings", "change_key_other", "change_key_zero"))]


def unhex(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.parametrize("note", list(TABLES))
def test_no_example_is_forgotten(note: str) -> None:
    listed = NXP["contents"][note]
    assert [one["place"] for one in listed if one["place"].startswith("table") and "rev" not in one["place"]] == [
        f"table {number}" for number in TABLES[note]
    ]
    for one in listed:
        assert ("cases" in one) != ("why" in one), one
        assert all(case in CASES for case in one.get("cases", [])), one


def test_nothing_is_in_the_file_that_no_note_has() -> None:
    """But for what says where else it is from."""
    named = {case for note in NXP["contents"].values() for one in note for case in one.get("cases", [])}
    others = {case["name"] for case in NXP["sdm_mirrors"] if "from" in case}
    assert set(CASES) - named - others == {
        *("source", "contents", "misprints"),
        *("plain", "messages", "sdm_mirrors", "an10922"),
    }


@pytest.mark.parametrize("name", AUTHENTICATIONS)
def test_the_steps_of_an_authentication(name: str) -> None:
    case = NXP[name]
    key, rnd_a, rnd_b, sv1, sv2, plain = unhex(case, "key", "rnd_a", "rnd_b", "sv1", "sv2", "answer_plain")
    assert c.decrypt(key, c.ZERO, bytes.fromhex(case["answer_1"])[:-2]) == rnd_b
    mine = rnd_a + c.rotate(rnd_b)
    assert c.encrypt(key, c.ZERO, mine) == bytes.fromhex(case["apdu_2"])[5:-1]
    assert c.decrypt(key, c.ZERO, bytes.fromhex(case["answer_2"])[:-2]) == plain
    first = "cmd_ctr" not in case
    assert plain == (bytes.fromhex(case["ti"]) if first else b"") + c.rotate(rnd_a) + bytes(12 if first else 0)
    assert [c.cmac(key, sv1), c.cmac(key, sv2)] == unhex(case, "ses_enc", "ses_mac")
    assert tuple(unhex(case, "ses_enc", "ses_mac")) == c.session_keys(key, rnd_a, rnd_b)


@pytest.mark.parametrize("case", SECURED, ids=lambda case: case["apdu"][:14])
def test_the_steps_of_a_message(case: dict[str, Any]) -> None:
    enc, mac, ti, apdu, response = unhex(case, "ses_enc", "ses_mac", "ti", "apdu", "response")
    counter = case["cmd_ctr"]
    steps = {
        "iv": c.message_iv(enc, b"\xa5\x5a", ti, counter),
        "cmac": c.cmac(mac, apdu[1:2] + counter.to_bytes(2, "little") + ti + apdu[5:-9]),
        "response_iv": c.message_iv(enc, b"\x5a\xa5", ti, counter + 1),
        "response_cmac": c.cmac(mac, b"\x00" + (counter + 1).to_bytes(2, "little") + ti + response[:-10]),
    }
    for name, value in steps.items():
        assert case.get(name, value.hex().upper()) == value.hex().upper(), name
    assert steps["cmac"][1::2] == apdu[-9:-1]
    assert len(response) == 2 or steps["response_cmac"][1::2] == response[-10:-2]
    if "plain" in case:
        assert c.unpad(c.decrypt(enc, steps["iv"], apdu[6:-9])).hex().upper() == case["plain"]


def test_what_change_key_is_given() -> None:
    case = NXP["change_key_other"]
    old, new = unhex(case, "old_key", "new_key")
    mixed = bytes(a ^ b for a, b in zip(old, new, strict=True))
    assert (mixed + b"\x01" + c.crc32_nk(new)).hex().upper() == case["plain"]
    assert c.crc32_nk(new).hex().upper() == case["crc32_jam_of_new"]
    zero = NXP["change_key_zero"]
    assert zero["plain"] == zero["new_key"] + zero["version"]


def test_the_ndef_message() -> None:
    """Its length, and the places that ChangeFileSettings is told: where e= and c= are filled in."""
    case = NXP["ndef"]
    head, uri = bytes.fromhex(case["head"]), case["uri"].removeprefix("https://")
    assert int.from_bytes(head[:2], "big") == len(head) - 2 + len(uri) and head[4] == 1 + len(uri)
    assert case["picc_at"] == len(head) + uri.index("e=0") + 2 and case["mac_at"] == len(head) + uri.index("c=0") + 2
    message = (head + uri.encode()).hex().upper()
    assert NXP["plain"]["update_ndef"]["apdu"][10:-2] == message
    assert MESSAGES["WriteData to file 2, CommMode.Full"]["data"] == message.ljust(256, "0")
    places = bytes.fromhex(NXP["change_file_settings"]["plain"])[6:]
    assert [places[at] for at in (0, 3, 6)] == [case["picc_at"], case["mac_at"], case["mac_at"]]


@pytest.mark.parametrize("case", NXP["sdm_mirrors"], ids=lambda case: case["name"])
def test_the_steps_of_a_sun_message(case: dict[str, Any]) -> None:
    uid, counter = bytes.fromhex(case["uid"]), case["counter"].to_bytes(3, "little")
    picc = c.decrypt(bytes(16), c.ZERO, bytes.fromhex(case["enc_picc_data"]))
    assert picc.startswith(b"\xc7" + uid + counter) and case.get("picc_data", picc.hex().upper()) == picc.hex().upper()
    enc, mac = c.sdm_keys(bytes(16), uid, counter)
    iv = c.encrypt(enc, c.ZERO, counter + bytes(13))
    if "enc" in case:
        assert c.decrypt(enc, iv, bytes.fromhex(case["enc"])).hex().upper() == case["plain"]
    whole = c.cmac(mac, case["mac_input"].encode())
    context = "0001008004958CAA5C5E80" + counter.hex()
    steps = {"ses_enc": enc.hex(), "ses_mac": mac.hex(), "iv": iv.hex(), "cmac": whole.hex()}
    for name, value in (steps | {"sv1": "C33C" + context, "sv2": "3CC3" + context}).items():
        assert case.get(name, value.upper()) == value.upper(), name
    assert whole[1::2].hex().upper() == case["mac"]


@pytest.mark.parametrize("case", [case for case in NXP["sdm_mirrors"] if "url" in case], ids=lambda case: case["name"])
def test_where_a_url_has_its_mirrors(case: dict[str, Any]) -> None:
    """One byte before the rest of the URI says how it begins; the file's offsets count from its length field."""
    text = case["url"].removeprefix("https://").removeprefix("www.")
    rest, mac = text.rsplit("=", 1)
    assert mac == case["mac"] and f"={case['enc_picc_data']}&" in rest
    assert f"={case.get('enc', '')}&" in rest or "enc" not in case
    assert (rest + "=").endswith(case["mac_input"])
    if "picc_at" in case:
        head = len(NXP["ndef"]["head"]) // 2
        places = [head + text.index(case[name]) for name in ("enc_picc_data", "enc", "mac_input", "mac")]
        assert places == [case[name] for name in ("picc_at", "enc_at", "mac_input_at", "mac_at")]
        assert case["enc_size"] == len(case["enc"])


def test_one_counter_goes_through_both_sessions() -> None:
    """NonFirst goes on counting where First left it, and a command in CommMode.Plain counts too (5.12 to 5.16)."""
    written = MESSAGES["WriteData to file 3, CommMode.Full"]
    counters = [case["cmd_ctr"] for case in (written, NXP["ev2nonfirst"], *SECURED[-2:])]
    assert counters == [0, 1, 2, 3]
    assert len({case["ti"] for case in (written, NXP["ev2nonfirst"], *SECURED[-2:])}) == 1


def test_a_cmac_over_nothing() -> None:
    """The note's, step by step (SP 800-38B)."""
    case = NXP["sun_demo"]
    key, zero, k1, k2, sv2 = unhex(case, "session_mac_key", "cmac_l", "cmac_k1", "cmac_k2", "sv2")
    assert c.cmac(bytes.fromhex(case["key"]), sv2) == key
    assert case["sv2"] == case["sv2_prefix"] + case["uid"] + "3D0000" and case["counter"] == 0x3D
    assert c.encrypt(key, c.ZERO, bytes(16)) == zero
    assert (doubled(zero), doubled(k1)) == (k1, k2)
    last = bytes(a ^ b for a, b in zip(k2, b"\x80" + bytes(15), strict=True))
    assert last.hex().upper() == case["cmac_last_block"]
    assert c.encrypt(key, c.ZERO, last).hex().upper() == case["cmac"] == c.cmac(key, b"").hex().upper()
    assert bytes.fromhex(case["cmac"])[1::2].hex().upper() == case["sdm_mac_of_empty"]
    assert NXP["sdm_mirrors"][0]["picc_data"].endswith(case["random_padding"])


def test_the_originality_signature_is_nxps() -> None:
    """ECDSA over the UID as it is, as an integer; one bit of the UID or of the signature more, and it is not."""
    case = NXP["originality"]
    uid, point, response = unhex(case, "uid", "public_key", "response")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP224R1(), point)
    assert key.curve.name == case["curve"] and response[-2:] == b"\x91\x90" and len(response) == 58
    r, s = (int.from_bytes(response[at : at + 28], "big") for at in (0, 28))

    def verify(r: int, s: int, uid: bytes) -> None:
        digest = uid.rjust(28, b"\x00")
        key.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(SHA224())))

    verify(r, s, uid)
    for bad in ((r ^ 1, s, uid), (r, s ^ 1, uid), (r, s, uid[:-1] + b"\x81")):
        with pytest.raises(InvalidSignature):
            verify(*bad)


def doubled(block: bytes) -> bytes:
    """Multiplication by x in GF(2^64) or GF(2^128), which makes the subkeys of a CMAC."""
    bits = 8 * len(block)
    value = int.from_bytes(block, "big") << 1
    return (value ^ (value >> bits) * (1 << bits | {64: 0x1B, 128: 0x87}[bits])).to_bytes(len(block), "big")


def algorithm(case: dict[str, Any]) -> AES | TripleDES:
    master = bytes.fromhex(case["master"])
    return AES(master) if case["name"].startswith("AES") else TripleDES((master + master)[:24])


@pytest.mark.parametrize("case", NXP["an10922"], ids=lambda case: case["name"])
def test_an10922(case: dict[str, Any]) -> None:
    """Each part is a CMAC over its constant and the input, two blocks long; how they make a key differs."""
    cipher, data = algorithm(case), bytes.fromhex(case["input"])
    size = cipher.block_size // 8

    def encrypted(plain: bytes) -> bytes:
        return Cipher(cipher, modes.CBC(bytes(size))).encryptor().update(plain)

    k0, k1, k2 = unhex(case, "k0", "k1", "k2")
    assert (encrypted(bytes(size)), doubled(k0), doubled(k1)) == (k0, k1, k2)
    parts = []
    for part in case["parts"]:
        message = bytes.fromhex(part["constant"]) + data
        blocks = message if len(message) == 2 * size else (message + b"\x80").ljust(2 * size, b"\x00")
        last = bytes(a ^ b for a, b in zip(blocks[size:], k1 if blocks == message else k2, strict=True))
        assert (blocks[:size] + last).hex().upper() == part["last_xored"]
        assert encrypted(blocks[:size] + last).hex().upper() == part["encrypted"]
        mac = CMAC(cipher)
        mac.update(message)
        parts.append(mac.finalize())
        assert part["encrypted"].endswith(parts[-1].hex().upper())
    key = b"".join(parts)
    if case["name"] == "AES-192":
        middle = bytes(a ^ b for a, b in zip(parts[0][8:], parts[1][:8], strict=True))
        key = parts[0][:8] + middle + parts[1][8:]
    assert key.hex().upper() == case["diversified"]
    if "version" in case:
        marks = bytes.fromhex(case["master"])[:8]
        version = bytes(one & 0xFE | mark & 1 for one, mark in zip(key[:8], marks, strict=True))
        assert (version + key[8:]).hex().upper() == case["with_version"]
        assert sum((one & 1) << (7 - at) for at, one in enumerate(version)) == int(case["version"], 16)
