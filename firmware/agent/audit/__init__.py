# SPDX-License-Identifier: MIT
"""The log: what was asked, by whom, on which link, and what the agent said; each entry chained to the one before."""

from wire import messages as m
from wire import numbers as n
from wire import record

from ..crypto.cmac import Cmac
from ..errors import NightlatchError

_PENDING_MAX = 32


class Audit:
    """Takes entries at once and writes them when told to: the log never stands in the way of an unlock.

    chain_i = CMAC(log key, chain_{i-1} · entry_i)[0:8]; the chain before the first entry is empty.
    """

    def __init__(self, store: "Store", clock: "Clock", trace: "Callable[[dict], None] | None" = None) -> None:
        self._store = store
        self._clock = clock
        self._trace = trace
        self._pending: "list[dict]" = []
        self._mac: "Cmac | None" = None
        self._due = False  # something waits that is not content to wait
        self._lost = 0
        self.faults = 0
        self._told = 0  # of these, how many the log itself speaks of

    def key(self, log_key: bytes) -> None:
        """Sets the key of the chain; without one nothing is kept."""
        self._mac = Cmac(log_key)

    def note(self, link: int, action: int, handle: int, verdict: int, detail: int = 0, wait: bool = False) -> None:
        """Takes an entry (wire numbers); never raises. When too many wait, the newest are counted and dropped.

        One that may wait is written with the next that may not: starts that lead to nothing must not fill the log.
        """
        try:
            self._due = self._due or not wait
            entry = self._entry(link, action, handle, verdict, detail)
            if self._mac is not None:
                if len(self._pending) < _PENDING_MAX:
                    self._pending.append(entry)
                else:
                    self._lost += 1
            if self._trace is not None:
                self._trace(entry)
        except Exception:
            self.faults += 1  # no memory for it, or a watcher that fails: the verdict stands

    def _entry(self, link: int, action: int, handle: int, verdict: int, detail: int) -> dict:
        clock = self._clock
        return {
            "seq": 0,
            "time": clock.unix() if clock.trusted else clock.uptime() & 0xFFFFFFFF,
            "link": link,
            "action": action,
            "handle": handle,
            "verdict": verdict,
            "flags": n.LOG_TIME if clock.trusted else 0,
            "detail": detail & 0xFFFF,
        }

    def flush(self, all: bool = False) -> None:
        """Writes what waits, once there is something that does not wait for others, or all of it.

        A store that can't keep an entry loses it and no more; the log says how many it lacks.
        """
        if not self._due and not all:
            return
        self._due = kept = False
        while self._pending and self._mac is not None:
            kept = self._write(self._pending.pop(0))
            self._lost += not kept
        lacks = self._lost - self._told
        if kept and lacks and self._write(self._entry(n.LINK_INTERNAL, n.EVENT_LOST, min(lacks, 0xFFFF), n.FAULT, 0)):
            self._told += lacks

    def _write(self, entry: dict) -> bool:
        assert self._mac is not None
        entry["seq"] = self._store.log_next
        body = record.pack(m.LOG_ENTRY, entry)
        chain = self._mac.mac(self._store.log_tail + body)[: m.LOG_CHAIN_SIZE]
        try:
            self._store.log_append(body + chain)
        except (NightlatchError, OSError):
            return False
        return True

    def lost(self) -> int:
        """Entries that were dropped since the start."""
        return self._lost


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..clock import Clock
    from ..store.tables import Store
