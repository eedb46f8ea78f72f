# SPDX-License-Identifier: MIT
"""The vault: cars, their keys and their log heads, each record sealed, each change one transaction.

Who reads the file without the passphrase learns how many cars and keys it holds and when it changed; serials,
labels, states and secrets are inside the sealed records, and rows are found by a keyed hash. Who can write it
can destroy or bring back records (keep backups apart), but not alter, move or read one. A kill at any moment
leaves the state before a change or after it. Processes that use one file at once take turns.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from ..errors import SeveralDevices, VaultError
from ..wire.numbers import HANDLE_LAST, KEY_SIZE
from . import codec, container, schema
from .kdf import KdfParams
from .records import ACTIVE, PENDING, REVOKED, Car, Key, LogHead
from .seal import SealError

Record = TypeVar("Record", Car, Key, LogHead)
_NEXT_STATES = {PENDING: {PENDING, ACTIVE, REVOKED}, ACTIVE: {ACTIVE, REVOKED}, REVOKED: {REVOKED}}


def default_path() -> Path:
    """The user's own vault."""
    from platformdirs import user_data_path

    return user_data_path("nightlatch") / "vault.sqlite"


class Vault:
    """An unlocked vault. All methods raise VaultError for a damaged record, a missing one or a busy file."""

    def __init__(self, box: container.Container) -> None:
        self._box = box

    @classmethod
    def create(cls, path: Path, passphrase: bytes, params: KdfParams | None = None) -> "Vault":
        """A new vault; never over an existing file. The passphrase has 8 to 1024 bytes."""
        return cls(container.create(path, passphrase, params or KdfParams()))

    @classmethod
    def open(cls, path: Path, passphrase: bytes) -> "Vault":
        """An existing vault. AuthFailed (exit code 6) when the passphrase is wrong."""
        return cls(container.unlock(path, passphrase))

    @property
    def path(self) -> Path:
        return self._box.path

    def rekey(self, passphrase: bytes, params: KdfParams | None = None) -> None:
        """Change the passphrase. Records stay as they are."""
        self._box.rekey(passphrase, params or KdfParams())

    # --- cars

    def add_car(self, car: Car, replace_existing: bool = False) -> None:
        """Keep a new car. One that was never activated gives way; an active one only if `replace_existing`.

        Giving way includes its keys and log head: they belong to a life of the agent that is over.
        """
        with self._box.transaction() as connection:
            row = self._row("cars", car.serial)
            old = self._get(connection, schema.cars, row, Car)
            if old is not None:
                if old.state != PENDING and not replace_existing:
                    raise VaultError(f"the vault holds the car {car.serial} already", "", code="car_exists")
                connection.execute(delete(schema.cars).where(schema.cars.c.row == row))
            self._put(connection, schema.cars, row, car)

    def car(self, serial: str | None = None) -> Car:
        """The car with that serial; without one the only car, and SeveralDevices if there are more."""
        if serial is None:
            cars = self.cars()
            if len(cars) > 1:
                names = ", ".join(car.serial for car in cars)
                raise SeveralDevices(f"the vault holds {len(cars)} cars: {names}", "name one by its serial")
            if not cars:
                raise VaultError(
                    "the vault holds no car", "claim one with `nightlatch device claim`", code="no_car"
                )
            return cars[0]
        with self._box.transaction() as connection:
            return self._car(connection, serial)

    def cars(self) -> list[Car]:
        """All cars, by serial."""
        with self._box.transaction() as connection:
            rows = connection.execute(select(schema.cars.c.row, schema.cars.c.sealed))
            return sorted(self._all("cars", rows, Car), key=lambda car: car.serial)

    def set_car_state(self, serial: str, state: str) -> None:
        """pending → active, once the agent holds what the vault holds."""
        with self._box.transaction() as connection:
            car = self._car(connection, serial)
            if state not in _NEXT_STATES[car.state]:
                raise VaultError(f"the car {serial} can't go from {car.state} to {state}", "")
            self._put(connection, schema.cars, self._row("cars", serial), replace(car, state=state))

    def update_link(self, serial: str, key: bytes, epoch: int) -> None:
        """Step the link key after a session. The epoch only rises; saying the same again is allowed."""
        with self._box.transaction() as connection:
            car = self._car(connection, serial)
            if epoch < car.link_epoch or (epoch == car.link_epoch and key != car.link_key):
                raise VaultError(
                    f"the link key of {serial} was stepped elsewhere (epoch {car.link_epoch})",
                    "close the other session and try again",
                    code="link_stepped",
                )
            stepped = replace(car, link_key=key, link_epoch=epoch)
            self._put(connection, schema.cars, self._row("cars", serial), stepped)

    def card_master(self, serial: str) -> bytes:
        """The key that this car's key cards are diversified from; drawn when it is first asked for."""
        with self._box.transaction() as connection:
            car = self._car(connection, serial)
            if not car.card_master:
                car = replace(car, card_master=secrets.token_bytes(KEY_SIZE))
                self._put(connection, schema.cars, self._row("cars", serial), car)
            return car.card_master

    def remove_car(self, serial: str) -> None:
        """Forget a car with all its keys and its log head."""
        with self._box.transaction() as connection:
            self._car(connection, serial)
            connection.execute(delete(schema.cars).where(schema.cars.c.row == self._row("cars", serial)))

    # --- keys

    def add_key(self, key: Key) -> None:
        """Keep a new key of a car that the vault holds. A handle that it holds already is refused."""
        with self._box.transaction() as connection:
            self._car(connection, key.serial)
            row = self._row("keys", key.serial, key.handle)
            if self._get(connection, schema.keys, row, Key) is not None:
                raise VaultError(
                    f"the car {key.serial} has a key {key.handle} already", "", code="handle_taken"
                )
            self._put(connection, schema.keys, row, key)

    def key(self, serial: str, handle: int) -> Key:
        with self._box.transaction() as connection:
            return self._key(connection, serial, handle)

    def keys(self, serial: str) -> list[Key]:
        """All keys of a car, by handle, whatever their state."""
        with self._box.transaction() as connection:
            self._car(connection, serial)
            return self._keys(connection, serial)

    def set_key_state(self, serial: str, handle: int, state: str) -> None:
        """pending → active → revoked; nothing comes back from revoked."""
        with self._box.transaction() as connection:
            key = self._key(connection, serial, handle)
            if state not in _NEXT_STATES[key.state]:
                raise VaultError(f"key {handle} of {serial} can't go from {key.state} to {state}", "")
            self._put(connection, schema.keys, self._row("keys", serial, handle), replace(key, state=state))

    def set_key_label(self, serial: str, handle: int, label: str) -> None:
        """Another label for a key."""
        with self._box.transaction() as connection:
            key = self._key(connection, serial, handle)
            self._put(connection, schema.keys, self._row("keys", serial, handle), replace(key, label=label))

    def forget_root(self, serial: str, handle: int) -> None:
        """The secret of a key goes: its holder and the car have gone on with secrets of their own."""
        with self._box.transaction() as connection:
            key = self._key(connection, serial, handle)
            gone = replace(key, root=bytes(KEY_SIZE))
            self._put(connection, schema.keys, self._row("keys", serial, handle), gone)

    def remove_key(self, serial: str, handle: int) -> None:
        """Forget a key that never became active, or that is revoked."""
        with self._box.transaction() as connection:
            if self._key(connection, serial, handle).state == ACTIVE:
                raise VaultError(f"key {handle} of {serial} is active", "revoke it first")
            row = self._row("keys", serial, handle)
            connection.execute(delete(schema.keys).where(schema.keys.c.row == row))

    def next_handle(self, serial: str, least: int = 0) -> int:
        """The lowest handle that is not below `least` and above every handle the vault knows for this car."""
        with self._box.transaction() as connection:
            self._car(connection, serial)
            handle = max([least] + [key.handle + 1 for key in self._keys(connection, serial)])
        if handle > HANDLE_LAST:
            raise VaultError(
                f"the car {serial} has no handle left", "reset and claim it again", code="no_handle"
            )
        return handle

    # --- logs

    def log_head(self, serial: str) -> LogHead | None:
        """How far this car's log was verified; None before the first time."""
        with self._box.transaction() as connection:
            self._car(connection, serial)
            return self._get(connection, schema.log_heads, self._row("log_heads", serial), LogHead)

    def set_log_head(self, head: LogHead) -> None:
        """Remember a verified head. It never goes back."""
        with self._box.transaction() as connection:
            self._car(connection, head.serial)
            row = self._row("log_heads", head.serial)
            old = self._get(connection, schema.log_heads, row, LogHead)
            if old is not None and (head.seq < old.seq or (head.seq == old.seq and head.chain != old.chain)):
                raise VaultError(
                    f"the log of {head.serial} was verified up to {old.seq} before", "", code="log_went_back"
                )
            self._put(connection, schema.log_heads, row, head)

    # --- below: one place that seals, one that opens

    def _row(self, table: str, serial: str, handle: int | None = None) -> bytes:
        return self._box.sealer.row(table, serial, handle)

    def _car(self, connection: Connection, serial: str) -> Car:
        car = self._get(connection, schema.cars, self._row("cars", serial), Car)
        if car is None:
            raise VaultError(
                f"the vault holds no car {serial}", "see `nightlatch device list`", code="no_car"
            )
        return car

    def _key(self, connection: Connection, serial: str, handle: int) -> Key:
        key = self._get(connection, schema.keys, self._row("keys", serial, handle), Key)
        if key is None:
            raise VaultError(
                f"the vault holds no key {handle} of the car {serial}",
                "see `nightlatch key list`",
                code="no_key",
            )
        return key

    def _keys(self, connection: Connection, serial: str) -> list[Key]:
        columns = schema.keys.c
        rows = connection.execute(
            select(columns.row, columns.sealed).where(columns.car == self._row("cars", serial))
        )
        found = self._all("keys", rows, Key)
        if any(key.serial != serial for key in found):
            raise container.damaged(self.path, "a key stands under another car")
        return sorted(found, key=lambda key: key.handle)

    def _get(self, connection: Connection, table: Table, row: bytes, kind: type[Record]) -> Record | None:
        found = connection.execute(select(table.c.sealed).where(table.c.row == row)).first()
        return None if found is None else self._open(table.name, row, found[0], kind)

    def _all(self, table: str, rows: Iterable[Any], kind: type[Record]) -> list[Record]:
        return [self._open(table, row, sealed, kind) for row, sealed in rows]

    def _open(self, table: str, row: bytes, sealed: bytes, kind: type[Record]) -> Record:
        try:
            record = codec.decode(kind, self._box.sealer.open(sealed, table, row))
        except (SealError, ValueError, TypeError):
            raise container.damaged(self.path, f"table {table}") from None
        return record

    def _put(self, connection: Connection, table: Table, row: bytes, record: Car | Key | LogHead) -> None:
        sealed = self._box.sealer.seal(codec.encode(record), table.name, row)
        values: dict[str, Any] = {"row": row, "sealed": sealed}
        if table is not schema.cars:
            values["car"] = self._row("cars", record.serial)
        statement = insert(table).values(values)
        connection.execute(statement.on_conflict_do_update(index_elements=["row"], set_={"sealed": sealed}))

    def close(self) -> None:
        """Nothing stays open between transactions; kept so that a vault can be used in a with statement."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
