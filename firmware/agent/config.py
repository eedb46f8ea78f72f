# SPDX-License-Identifier: MIT
"""Settings: each is a number with a name, a range and a default. Unknown names and values out of range are refused."""

from .errors import StoreError
from .store import tables

# name: (identifier in the store, default, lowest, highest)
_SETTINGS = {
    "pulse_ms": (tables.CONFIG, 400, 50, 2000),
    "passive": (tables.CONFIG + 1, 0, 0, 1),
    "strict": (tables.CONFIG + 2, 0, 0, 1),
    "drive_s": (tables.CONFIG + 3, 60, 5, 600),
    "handed_over": (tables.CONFIG + 4, 0, 0, 1),
    "test_unit": (tables.CONFIG + 5, 0, 0, 1),  # means nothing to the agent: tests/hw touches no other unit
}
_LOST = {"handed_over": 1}  # what is lost counts as: an owner is rather asked once too often than no more


class Config:
    """Settings kept in the store."""

    def __init__(self, store: "tables.Store") -> None:
        self._store = store
        self._values = {}
        for name, (ident, default, low, high) in _SETTINGS.items():
            try:
                raw = store.get(ident)
            except StoreError:  # the store reports it
                raw, default = None, _LOST.get(name, default)
            value = default if raw is None else int.from_bytes(raw, "big")
            self._values[name] = value if low <= value <= high else default

    def names(self) -> "list[str]":
        """All names."""
        return sorted(_SETTINGS)

    def get(self, name: str) -> int:
        """The value of a setting. KeyError for a name that is not one."""
        return self._values[name]

    def set(self, name: str, value: int) -> bool:
        """Keeps a value; False when it is out of range. KeyError for a name that is not one."""
        ident, _, low, high = _SETTINGS[name]
        if not low <= value <= high:
            return False
        self._store.put(ident, value.to_bytes(4, "big"))
        self._values[name] = value
        return True
