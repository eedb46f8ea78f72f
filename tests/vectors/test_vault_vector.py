# SPDX-License-Identifier: MIT
"""A vault that was written once and for all, and seals made here from the standards' own words: both still open.

Whatever else changes, a workshop's file of yesterday is read tomorrow, so no byte of how a record is sealed may move.
"""

import sqlite3
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from nightlatch.vault import Car, KdfParams, Key, LogHead, Vault, seal

FILE = Path(__file__).with_name("vault.sql")
FAST = KdfParams(2, 16, 2)
PASSPHRASE = "vector of the vault, ±1".encode()
CARS = [
    Car(
        f"NL-000{number}",
        bytes((number,)) * 16,
        b"veil" * 4,
        b"log." * 4,
        b"link" * 4,
        number << 20,
        "RPI_PICO",
        "Änne's",
        card_master=b"card" * 4 if number == 1 else b"",
    )
    for number in (1, 2)
]
KEYS = [
    Key("NL-0001", handle, 1, 2, 255, f"phone {handle}", bytes((handle & 255,)) * 16, "active", 1_700_000_000)
    for handle in (0, 1, 300)
]
HEAD = LogHead("NL-0001", 77, b"chainval")
DATA_KEY = bytes(range(32))
NONCE = b"twelve bytes"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "vault.sqlite"
    file.touch(0o600)
    connection = sqlite3.connect(file)
    connection.executescript(FILE.read_text())
    connection.close()
    return file


def test_the_file_still_opens(path: Path) -> None:
    with Vault.open(path, PASSPHRASE) as vault:
        assert vault.cars() == CARS
        assert vault.keys("NL-0001") == KEYS and vault.keys("NL-0002") == []
        assert vault.log_head("NL-0001") == HEAD and vault.log_head("NL-0002") is None
        vault.rekey(b"another passphrase", FAST)
    with Vault.open(path, b"another passphrase") as vault:
        assert vault.cars() == CARS


def expand(use: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes."""

    def mac(key: bytes, data: bytes) -> bytes:
        made = HMAC(key, SHA256())
        made.update(data)
        return made.finalize()

    return mac(mac(bytes(32), DATA_KEY), b"nightlatch vault " + use + b"\x01")


def test_a_record_is_bound_to_its_place_in_these_bytes() -> None:
    row = bytes(range(16))
    data = b"\x00\x00\x00\x06record" + b"\x00\x00\x00\x01\x01" + b"\x00\x00\x00\x04keys" + b"\x00\x00\x00\x10" + row
    blob = NONCE + AESGCM(expand(b"records")).encrypt(NONCE, b"plain", data)
    sealer = seal.Sealer(DATA_KEY)
    assert sealer.open(blob, "keys", row) == b"plain"
    for table, place in (("cars", row), ("keys", row[:-1] + b"x")):
        with pytest.raises(seal.SealError):
            sealer.open(blob, table, place)


def test_the_data_key_is_bound_to_the_header_in_these_bytes() -> None:
    key, header = b"k" * 32, b"h" * 300
    data = b"\x00\x00\x00\x08data key" + b"\x00\x00\x00\x01\x01" + b"\x00\x00\x01\x2c" + header
    blob = NONCE + AESGCM(key).encrypt(NONCE, DATA_KEY, data)
    assert seal.open_key(key, blob, header) == DATA_KEY
    with pytest.raises(seal.SealError):
        seal.open_key(key, blob, header[1:])


def test_a_row_has_this_name() -> None:
    for handle, last in ((None, b"\x00\x00\x00\x00"), (300, b"\x00\x00\x00\x03300")):
        made = HMAC(expand(b"rows"), SHA256())
        made.update(b"\x00\x00\x00\x04keys" + b"\x00\x00\x00\x07NL-0001" + last)
        assert seal.Sealer(DATA_KEY).row("keys", "NL-0001", handle) == made.finalize()[:16]
