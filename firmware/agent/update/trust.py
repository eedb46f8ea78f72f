# SPDX-License-Identifier: MIT
"""Whose updates the car takes, and which are too old: one value of the store."""

from wire import record

from ..store import tables

# floor: the newest version that ever proved itself; links: those that worked before a trial; key: SHA-256 of its table
_LAYOUT = (("floor", "u32", 0, 0xFFFFFFFF), ("links", "u8", 0, 0xFF), ("key", "bytes", 32, 32))
_NONE = bytes(32)


class Trust:
    """Every method that changes something returns when the change is durable."""

    def __init__(self, store: "tables.Store") -> None:
        self._store = store

    def read(self) -> "dict":
        """floor, links and key (32 zeros: none). StoreError when the value is lost: then nobody is trusted."""
        raw = self._store.get(tables.UPDATE)
        return {"floor": 0, "links": 0, "key": _NONE} if raw is None else record.unpack(_LAYOUT, raw)

    def known(self) -> bool:
        """Whether a key was ever set."""
        return self.read()["key"] != _NONE

    def set(self, **values: "int | bytes") -> None:
        """Keeps some of the values. The floor never falls."""
        have = self.read()
        new = dict(have, **values)
        new["floor"] = max(new["floor"], have["floor"])
        if new != have:
            self._store.put(tables.UPDATE, record.pack(_LAYOUT, new))
