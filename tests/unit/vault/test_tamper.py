# SPDX-License-Identifier: MIT
"""The vault under tampering: a record that is altered, moved, swapped or brought along ends in one clear error."""

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightlatch.errors import AuthFailed, HostError, VaultError
from nightlatch.vault import Car, KdfParams, Key, LogHead, Vault
from nightlatch.vault.seal import Sealer, SealError

FAST = KdfParams(1, 8, 1)
PASSPHRASE = b"correct horse battery"


def secret(name: str) -> bytes:
    return name.encode().ljust(16, b"\xa5")


CARS = [
    Car(
        s, secret(s + "agent"), secret(s + "veil"), secret(s + "log"), secret(s + "link"), 7, "PICO", "Anna's"
    )
    for s in ("NL-0001", "NL-0002")
]
KEYS = [
    Key(car.serial, handle, 1, 2, 15, f"phone-{handle}", secret(f"{car.serial}root{handle}"), "active")
    for car in CARS
    for handle in (0, 1)
]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "new" / "vault.sqlite", PASSPHRASE, FAST) as made:
        for car in CARS:
            made.add_car(car)
        for key in KEYS:
            made.add_key(key)
        made.set_log_head(LogHead("NL-0001", 9, b"chainval"))
        yield made


def change(vault: Vault, statement: str, *values: object) -> None:
    with sqlite3.connect(vault.path) as connection:
        connection.execute(statement, values)
    connection.close()


def rows(vault: Vault, statement: str) -> list[tuple[bytes, ...]]:
    connection = sqlite3.connect(vault.path)
    found = connection.execute(statement).fetchall()
    connection.close()
    return found


def read_everything(vault: Vault) -> None:
    with Vault.open(vault.path, PASSPHRASE) as opened:
        for car in opened.cars():
            opened.keys(car.serial)
            opened.log_head(car.serial)


@pytest.mark.parametrize("place", [0, 11, 12, 500, 1039, 1051])
@pytest.mark.parametrize("table", ["cars", "keys", "log_heads"])
def test_a_flipped_bit(vault: Vault, table: str, place: int) -> None:
    row, sealed = rows(vault, f"SELECT row, sealed FROM {table}")[0]
    broken = sealed[:place] + bytes([sealed[place] ^ 0x10]) + sealed[place + 1 :]
    change(vault, f"UPDATE {table} SET sealed = ? WHERE row = ?", broken, row)
    with pytest.raises(VaultError, match="damaged") as error:
        read_everything(vault)
    assert error.value.exit_code == 6 and error.value.code == "vault_damaged"


@pytest.mark.parametrize("table", ["cars", "keys"])
def test_two_swapped_records(vault: Vault, table: str) -> None:
    (row_a, sealed_a), (row_b, sealed_b) = rows(vault, f"SELECT row, sealed FROM {table}")[:2]
    change(vault, f"UPDATE {table} SET sealed = ? WHERE row = ?", sealed_a, row_b)
    change(vault, f"UPDATE {table} SET sealed = ? WHERE row = ?", sealed_b, row_a)
    with pytest.raises(VaultError, match="damaged"):
        read_everything(vault)


def test_a_record_of_another_table(vault: Vault) -> None:
    sealed = rows(vault, "SELECT sealed FROM cars")[0][0]
    change(vault, "UPDATE keys SET sealed = ?", sealed)
    with pytest.raises(VaultError, match="damaged"):
        read_everything(vault)


def test_a_key_under_another_car(vault: Vault) -> None:
    there = rows(vault, "SELECT row FROM cars")
    for (car,) in there:
        change(vault, "UPDATE keys SET car = ?", car)
        with pytest.raises(VaultError, match="damaged"):
            read_everything(vault)


def test_a_renamed_row(vault: Vault) -> None:
    change(vault, "UPDATE keys SET row = ? WHERE rowid = 1", bytes(16))
    with pytest.raises(VaultError, match="damaged"):
        read_everything(vault)


@pytest.mark.parametrize("sealed", ["text", 5, 1.5, b"", b"x" * 27])
def test_values_of_other_types(vault: Vault, sealed: object) -> None:
    change(vault, "UPDATE keys SET sealed = ?", sealed)
    with pytest.raises(VaultError, match="damaged"):
        read_everything(vault)


def test_records_of_another_vault(vault: Vault, tmp_path: Path) -> None:
    other = Vault.create(tmp_path / "other", PASSPHRASE, FAST)
    for row, sealed in rows(vault, "SELECT row, sealed FROM cars"):
        change(other, "INSERT INTO cars (row, sealed) VALUES (?, ?)", row, sealed)
    with pytest.raises(VaultError, match="damaged"):
        read_everything(other)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(
            ("kdf_memory_kib", n)
            for n in (100 << 20, (1 << 20) + 1, 7, 0, -1, "lots", None, b"\0", 8.5, 1 << 40)
        ),
        *(("kdf_time", n) for n in (17, 0, -1, 1 << 31, "x")),
        *(("kdf_lanes", n) for n in (17, 0, 1 << 24, "x")),
        *(("salt", n) for n in (b"", bytes(15), b"x" * 5000, "text", 5)),
        *(("sealed_key", n) for n in (b"", b"x" * 60, "text", 5)),
        *(("format", n) for n in (0, 2, "1.0", b"\1")),
    ],
)
def test_a_hostile_header_is_cheap(vault: Vault, column: str, value: object) -> None:
    change(vault, "ALTER TABLE header RENAME TO strict")
    change(vault, "CREATE TABLE header (id, format, kdf_time, kdf_memory_kib, kdf_lanes, salt, sealed_key)")
    change(vault, "INSERT INTO header SELECT * FROM strict")
    change(vault, "DROP TABLE strict")
    read_everything(vault)
    change(vault, f"UPDATE header SET {column} = ?", value)
    start = time.process_time()
    with pytest.raises(HostError) as error:
        read_everything(vault)
    assert error.value.exit_code == 6
    assert time.process_time() - start < 1


def test_the_header_is_bound_to_the_key(vault: Vault) -> None:
    change(vault, "UPDATE header SET kdf_time = 2")
    with pytest.raises(AuthFailed):
        read_everything(vault)


@pytest.mark.parametrize(
    "addition",
    [
        "CREATE TRIGGER t AFTER UPDATE ON cars BEGIN DELETE FROM keys; END",
        "CREATE VIEW v AS SELECT * FROM keys",
        "CREATE TABLE more (x)",
        "DROP TABLE log_heads",
        "DROP INDEX ix_keys_car",
    ],
)
def test_a_changed_schema(vault: Vault, addition: str) -> None:
    change(vault, addition)
    with pytest.raises(VaultError, match="damaged"):
        read_everything(vault)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"SQLite format 3\0" + bytes(100), os.urandom(5000)],
    ids=["empty", "text", "head", "random"],  # the same in every process
)
def test_what_is_no_vault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vault"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(VaultError) as error:
        Vault.open(path, PASSPHRASE)
    assert str(path) in error.value.message
    assert path.read_bytes() == content


def test_a_cut_file(vault: Vault) -> None:
    data = vault.path.read_bytes()
    for size in (len(data) // 2, 4096, 512, 100):
        vault.path.write_bytes(data[:size])
        with pytest.raises(VaultError):
            read_everything(vault)


def test_a_sealed_record_opens_in_its_place_alone() -> None:
    one, other = Sealer(bytes(32)), Sealer(b"\1" * 32)
    row = one.row("keys", "NL-1", 2)
    blob = one.seal(b"plain", "keys", row)
    assert one.open(blob, "keys", row) == b"plain"
    assert one.seal(b"plain", "keys", row) != blob
    places = [(one, "cars", row), (one, "keys", one.row("keys", "NL-1", 3)), (other, "keys", row)]
    for sealer, table, place in places:
        with pytest.raises(SealError):
            sealer.open(blob, table, place)
    names = {
        one.row("keys", "NL-1", 21),
        one.row("keys", "NL-12", 1),
        one.row("keys", "NL-1"),
        row,
        other.row("keys", "NL-1", 2),
    }
    assert len(names) == 5
