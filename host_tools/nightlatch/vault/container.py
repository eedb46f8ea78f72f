# SPDX-License-Identifier: MIT
"""The vault's file below its records: header, data key, and transactions that fail with a clear VaultError."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from ..errors import AuthFailed, VaultError
from ..files import create_whole
from . import file, kdf, schema, seal

_RESTORE = "restore the file from a backup"


class Container:
    """An open vault file and the sealer for its records."""

    def __init__(self, path: Path, data_key: bytes) -> None:
        self.path = path
        self.sealer = seal.Sealer(data_key)
        self._data_key = data_key
        self._engine = schema.engine_for(path)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All changes inside happen together and are on disk afterwards, or none does."""
        with explained(self.path), self._engine.begin() as connection:
            yield connection

    def rekey(self, passphrase: bytes, params: kdf.KdfParams) -> None:
        """Seal the same data key under another passphrase, in one row."""
        kdf.check_new(passphrase)
        params.check()
        salt = os.urandom(kdf.SALT_SIZE)
        new = kdf.derive(passphrase, salt, params)
        with self.transaction() as connection:
            connection.execute(update(schema.header).values(_header(new, self._data_key, salt, params)))


def create(path: Path, passphrase: bytes, params: kdf.KdfParams) -> Container:
    """A new, empty vault at `path`; UsageError for a weak passphrase, VaultError if `path` exists."""
    kdf.check_new(passphrase)
    params.check()
    file.check_free(path)
    salt, data_key = os.urandom(kdf.SALT_SIZE), os.urandom(kdf.KEY_SIZE)
    row = _header(kdf.derive(passphrase, salt, params), data_key, salt, params)

    def fill(draft: Path) -> None:
        engine = schema.engine_for(draft)
        with explained(path), engine.begin() as connection:
            schema.metadata.create_all(connection)
            connection.execute(insert(schema.header).values(id=1, **row))

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_whole(path, fill)
    except OSError as error:
        file.check_free(path)  # somebody was faster
        hint = "name another place with --vault"
        raise VaultError(f"cannot create the vault {path}: {error.strerror}", hint) from None
    return Container(path, data_key)


def unlock(path: Path, passphrase: bytes) -> Container:
    """The vault at `path`. AuthFailed for a wrong passphrase; VaultError for what is not a sound vault."""
    file.check_private(path)
    engine = schema.engine_for(path)
    with explained(path), engine.begin() as connection:
        format_number, *numbers, salt, sealed = _read_header(connection, path)
        if format_number != seal.FORMAT:
            raise VaultError(
                f"{path} has format {format_number!r}", "it was made by another version of nightlatch"
            )
        _check_schema(connection, path)
    params = kdf.KdfParams(*numbers)
    params.check()
    if not isinstance(salt, bytes) or len(salt) != kdf.SALT_SIZE:
        raise damaged(path, "header")
    try:
        key = kdf.derive(passphrase[: kdf.PASSPHRASE_MAX + 1], salt, params)
        return Container(path, seal.open_key(key, sealed, _bound(salt, params)))
    except seal.SealError:
        raise AuthFailed(
            f"the passphrase does not open the vault {path}", "try again, or name another vault with --vault"
        ) from None


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the database layer raises into one VaultError without its parameters."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__)
        if "locked" in reason or "busy" in reason:
            raise VaultError(
                f"the vault {path} is in use by another program",
                "wait for it and try again",
                code="vault_busy",
            ) from None
        raise VaultError(f"cannot use the vault {path}: {reason}", _RESTORE) from None


def damaged(path: Path, what: str) -> VaultError:
    """The error for a record that does not open or makes no sense."""
    return VaultError(f"a record of the vault {path} is damaged: {what}", _RESTORE, code="vault_damaged")


def _header(key: bytes, data_key: bytes, salt: bytes, params: kdf.KdfParams) -> dict[str, int | bytes]:
    return {
        "format": seal.FORMAT,
        "kdf_time": params.time,
        "kdf_memory_kib": params.memory_kib,
        "kdf_lanes": params.lanes,
        "salt": salt,
        "sealed_key": seal.seal_key(key, data_key, _bound(salt, params)),
    }


def _bound(salt: bytes, params: kdf.KdfParams) -> bytes:
    return seal.join(salt, f"argon2id {params.time} {params.memory_kib} {params.lanes}".encode())


def _read_header(connection: Connection, path: Path) -> tuple[object, int, int, int, object, bytes]:
    table = schema.header.c
    columns = (
        table.format,
        table.kdf_time,
        table.kdf_memory_kib,
        table.kdf_lanes,
        table.salt,
        table.sealed_key,
    )
    try:
        row = connection.execute(select(*columns)).one()
    except SQLAlchemyError as error:
        if "locked" in str(error):
            raise
        raise VaultError(
            f"{path} is not a vault", "name the vault with --vault", code="not_a_vault"
        ) from None
    return (*row,)


def _check_schema(connection: Connection, path: Path) -> None:
    """Nothing but our tables may be in the file: no trigger or view of somebody else's ever runs."""
    expected = {("table", str(one.name)) for one in schema.metadata.sorted_tables}
    expected |= {("index", str(index.name)) for one in schema.metadata.sorted_tables for index in one.indexes}
    rows = connection.execute(
        text("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex_%'")
    )
    if {(kind, name) for kind, name in rows} != expected:
        raise damaged(path, "its tables are not a vault's")
