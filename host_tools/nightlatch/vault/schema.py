# SPDX-License-Identifier: MIT
"""The vault's tables, and an engine over its file whose every transaction is whole, durable and exclusive.

SQLite keeps a rollback journal (no WAL: one file to copy, nothing beside it at rest), syncs it and its folder,
and takes the write lock when a transaction begins, so that what was read in it still holds when it writes.
"""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    event,
)
from sqlalchemy.pool import NullPool

BUSY_SECONDS = 10.0

metadata = MetaData()

header = Table(
    "header",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("format", Integer, nullable=False),
    Column("kdf_time", Integer, nullable=False),
    Column("kdf_memory_kib", Integer, nullable=False),
    Column("kdf_lanes", Integer, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
)


def _car_row(**options: Any) -> Column[bytes]:
    return Column("car", LargeBinary, ForeignKey("cars.row", ondelete="CASCADE"), nullable=False, **options)


cars = Table(
    "cars",
    metadata,
    Column("row", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
keys = Table(
    "keys",
    metadata,
    Column("row", LargeBinary, primary_key=True),
    _car_row(index=True),
    Column("sealed", LargeBinary, nullable=False),
)
log_heads = Table(
    "log_heads",
    metadata,
    Column("row", LargeBinary, primary_key=True),
    _car_row(index=True),
    Column("sealed", LargeBinary, nullable=False),
)


def engine_for(path: Path) -> Engine:
    """An engine over an existing file; it never creates one. A connection lives for one transaction."""

    def connect() -> sqlite3.Connection:
        uri = f"file:{quote(str(path.absolute()))}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        for pragma in ("trusted_schema=OFF", "foreign_keys=ON", "synchronous=EXTRA", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine
