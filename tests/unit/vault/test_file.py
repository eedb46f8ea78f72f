# SPDX-License-Identifier: MIT
"""The vault's file: private, whole, telling nothing; and the bounds of what goes into it."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nightlatch.errors import AuthFailed, SeveralDevices, UsageError, VaultError
from nightlatch.vault import Car, KdfParams, Key, LogHead, Vault, codec

FAST = KdfParams(1, 8, 1)
PASSPHRASE = b"correct horse battery"


def secret(name: str) -> bytes:
    return name.encode().ljust(16, b"\xa5")


CARS = [
    Car(
        s, secret(s + "agent"), secret(s + "veil"), secret(s + "log"), secret(s + "link"), 7, "PICO", "Anna's",
        card_master=secret(s + "cards"),
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


def test_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        vault = Vault.create(tmp_path / "a" / "vault.sqlite", PASSPHRASE, FAST)
        vault.add_car(CARS[0])
    finally:
        os.umask(old)
    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(vault.path.parent.stat().st_mode) == 0o700
    assert os.listdir(vault.path.parent) == ["vault.sqlite"]


def kdf_of(path: Path) -> tuple[int, int, int]:
    connection = sqlite3.connect(path)
    time, memory_kib, lanes = connection.execute("SELECT kdf_time, kdf_memory_kib, kdf_lanes FROM header").fetchone()
    connection.close()
    return time, memory_kib, lanes


def test_who_says_nothing_of_the_derivation_gets_the_recommended_one(tmp_path: Path) -> None:
    """RFC 9106, section 4: 3 passes over 64 MiB in 4 lanes, for a new vault and for a new passphrase of an old one."""
    recommended = (3, 65536, 4)
    with Vault.create(tmp_path / "one.sqlite", PASSPHRASE) as vault:
        assert kdf_of(vault.path) == recommended
        vault.rekey(PASSPHRASE, FAST)
        assert kdf_of(vault.path) == (1, 8, 1)
        vault.rekey(PASSPHRASE)
        assert kdf_of(vault.path) == recommended
    Vault.open(tmp_path / "one.sqlite", PASSPHRASE).close()


def test_the_journal_is_private_too(vault: Vault) -> None:
    with vault._box.transaction() as connection:
        connection.exec_driver_sql("UPDATE cars SET sealed = zeroblob(500)")
        journal = Path(f"{vault.path}-journal")
        assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert not journal.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_vault_that_others_can_reach_is_refused(vault: Vault, mode: int) -> None:
    vault.path.chmod(mode)
    with pytest.raises(VaultError, match="others") as error:
        Vault.open(vault.path, PASSPHRASE)
    assert "chmod 600" in error.value.hint


def test_never_over_another_file(tmp_path: Path) -> None:
    there = tmp_path / "vault.sqlite"
    there.write_bytes(b"precious")
    dangling = tmp_path / "link"
    dangling.symlink_to(tmp_path / "nowhere")
    for path in (there, dangling):
        with pytest.raises(VaultError, match="exists already"):
            Vault.create(path, PASSPHRASE, FAST)
    assert there.read_bytes() == b"precious"
    assert sorted(os.listdir(tmp_path)) == ["link", "vault.sqlite"]


def test_a_place_that_takes_no_vault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VaultError, match="cannot create"):
        Vault.create(tmp_path / "file" / "vault.sqlite", PASSPHRASE, FAST)


def test_the_file_tells_counts_and_no_more(vault: Vault) -> None:
    data = vault.path.read_bytes()
    told = [car.serial for car in CARS] + [key.label for key in KEYS] + ["Anna", "PICO", "active", "chainval"]
    hidden = [word.encode() for word in told] + [PASSPHRASE]
    for record in (*CARS, *KEYS):
        hidden += [value for value in vars(record).values() if isinstance(value, bytes) and value]
    for word in hidden:
        assert word not in data and word.hex().encode() not in data
    for table, count in (("cars", 2), ("keys", 4), ("log_heads", 1)):
        sizes = [len(sealed) for (sealed,) in rows(vault, f"SELECT sealed FROM {table}")]
        assert len(sizes) == count and set(sizes) == {1024 + 12 + 16}


def test_old_values_are_wiped_from_the_file(vault: Vault) -> None:
    sealed = rows(vault, "SELECT sealed FROM keys")[0][0]
    for key in KEYS:
        vault.set_key_state(key.serial, key.handle, "revoked")
        vault.remove_key(key.serial, key.handle)
    assert sealed[:64] not in vault.path.read_bytes()


def test_no_record_shows_a_secret(vault: Vault) -> None:
    for record in (*vault.cars(), *vault.keys("NL-0001")):
        shown = f"{record!r} {record} {[record]}"
        for value in vars(record).values():
            if isinstance(value, bytes) and value:
                assert value.hex() not in shown and repr(value)[2:-1] not in shown


@pytest.mark.parametrize("wrong", [b"", b"correct horse batterz", b"correct horse battery ", b"x" * 100_000])
def test_a_wrong_passphrase(vault: Vault, wrong: bytes) -> None:
    with pytest.raises(AuthFailed, match="does not open") as error:
        Vault.open(vault.path, wrong)
    assert error.value.exit_code == 6


@pytest.mark.parametrize("weak", [b"", b"seven77", b"x" * 1025])
def test_a_new_passphrase_has_a_length(vault: Vault, tmp_path: Path, weak: bytes) -> None:
    with pytest.raises(UsageError):
        Vault.create(tmp_path / "weak", weak, FAST)
    with pytest.raises(UsageError):
        vault.rekey(weak, FAST)
    assert not (tmp_path / "weak").exists()
    read_everything(vault)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="no vault") as error:
        Vault.open(tmp_path / "vault", PASSPHRASE)
    assert "vault init" in error.value.hint
    with pytest.raises(VaultError, match="not a file"):
        Vault.open(tmp_path, PASSPHRASE)
    assert os.listdir(tmp_path) == []


def test_which_car(vault: Vault) -> None:
    assert vault.car("NL-0002") == CARS[1]
    with pytest.raises(SeveralDevices, match="NL-0001, NL-0002"):
        vault.car()
    vault.remove_car("NL-0001")
    assert vault.car() == CARS[1]
    vault.remove_car("NL-0002")
    for serial in (None, "NL-0001"):
        with pytest.raises(VaultError):
            vault.car(serial)


@pytest.mark.parametrize(
    "fields",
    [
        {"serial": ""},
        {"serial": "x" * 25},
        {"serial": "é"},
        {"serial": "a\n"},
        {"veil": b"short"},
        {"link_key": bytes(17)},
    ]
    + [
        {"link_epoch": -1},
        {"link_epoch": 1 << 32},
        {"link_epoch": True},
        {"state": "revoked"},
        {"note": "x" * 201},
    ],
)
def test_bounds_of_a_car(fields: dict[str, object]) -> None:
    good = {
        "serial": "NL",
        "agent_id": bytes(16),
        "veil": bytes(16),
        "log_key": bytes(16),
        "link_key": bytes(16),
    }
    Car(**good)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        Car(**good | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"handle": -1},
        {"handle": 0xFFF1},
        {"rights": 256},
        {"root": b""},
        {"label": "é" * 13},
        {"label": "\ud800"},
    ]
    + [{"state": "lost"}, {"created": -1}, {"kind": "phone"}],
)
def test_bounds_of_a_key(fields: dict[str, object]) -> None:
    good = {
        "serial": "NL",
        "handle": 0,
        "kind": 1,
        "role": 1,
        "rights": 3,
        "label": "é" * 12,
        "root": bytes(16),
    }
    Key(**good)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        Key(**good | fields)  # type: ignore[arg-type]


def test_the_card_master_key_is_drawn_once(vault: Vault) -> None:
    plain = replace(CARS[0], serial="NL-0003", card_master=b"")
    vault.add_car(plain)
    drawn = vault.card_master("NL-0003")
    assert len(drawn) == 16 and vault.card_master("NL-0003") == drawn == vault.car("NL-0003").card_master
    assert vault.card_master("NL-0001") == CARS[0].card_master
    with pytest.raises(VaultError):
        vault.card_master("NL-0004")


def test_a_record_from_before_there_were_cards(vault: Vault) -> None:
    old = codec.encode(replace(CARS[0], card_master=b"")).replace(b',"card_master":""', b"")
    assert b"card" not in old
    assert codec.decode(Car, old) == replace(CARS[0], card_master=b"")
