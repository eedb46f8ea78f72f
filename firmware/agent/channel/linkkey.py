# SPDX-License-Identifier: MIT
"""The car's link key: a chain that steps with each session, by the same two-epoch rule as a credential's."""

from wire import numbers as n
from wire import record

from ..crypto.cmac import Cmac
from ..store import tables

_LAYOUT = (("epoch", "u32", 0, 0xFFFFFFFF), ("accepted", "u8", 0, 1), ("key", "bytes", n.KEY_SIZE, n.KEY_SIZE))


class LinkKey:
    """Keeps the key of the last session that was opened (of the first one while none was)."""

    def __init__(self, store: "tables.Store") -> None:
        self._store = store

    def start(self, key: bytes) -> None:
        """Keeps the first key of a claimed car."""
        self._keep(0, 0, key)

    def at(self, epoch: int) -> "bytes | None":
        """The key of an epoch that a session may be opened at, None when it is over or too far ahead."""
        raw = self._store.get(tables.LINK)
        if raw is None:
            return None
        kept = record.unpack(_LAYOUT, raw)
        steps = epoch - kept["epoch"]
        if not 0 <= steps <= n.EPOCH_AHEAD + kept["accepted"] or epoch >= n.EPOCH_LAST:
            return None
        key = kept["key"]
        for _ in range(steps):
            key = Cmac(key).mac(b"next")
        return key

    def accept(self, epoch: int, key: bytes) -> None:
        """A session was opened at this epoch: everything before it is over. Durable on return."""
        self._keep(epoch, 1, key)

    def _keep(self, epoch: int, accepted: int, key: bytes) -> None:
        self._store.put(tables.LINK, record.pack(_LAYOUT, {"epoch": epoch, "accepted": accepted, "key": key}))
