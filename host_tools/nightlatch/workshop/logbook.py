# SPDX-License-Identifier: MIT
"""Verifies an exported log: the chain from entry to entry, and from what was verified before."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..device.types import LogEntry
from ..phone.keys import cmac
from ..vault.records import LogHead
from ..wire.messages import LOG_CHAIN_SIZE


@dataclass(frozen=True)
class Verdict:
    """What the check found. `broken` is the first sequence whose chain does not verify, None when all do.

    `anchored`: the export joins the beginning of the log or what was verified before; otherwise its first entry is
    taken as it is. `missing` counts sequences between the two that the export does not hold.
    """

    entries: int
    first: int
    last: int
    broken: int | None
    anchored: bool
    missing: int
    chain: bytes

    @property
    def ok(self) -> bool:
        """Every entry verifies."""
        return self.broken is None


def verify(entries: Iterable[LogEntry], log_key: bytes, head: LogHead | None = None) -> Verdict:
    """Checks entries in the order of the export. log_key: 16 bytes; head: how far the log was verified before."""
    count = missing = first = 0
    last = -1
    broken: int | None = None
    anchored = False
    before: bytes | None = None
    for entry in entries:
        if count == 0:
            first = entry.seq
            anchored = entry.seq == 0
            before = b"" if anchored else None
            if head is not None and entry.seq > head.seq + 1:
                missing += entry.seq - head.seq - 1
        elif entry.seq != last + 1:
            missing += max(0, entry.seq - last - 1)
            broken = entry.seq if broken is None else broken
        if before is None and head is not None and head.seq == entry.seq - 1:
            anchored, before = True, head.chain
        if before is not None and cmac(log_key, before + entry.raw)[:LOG_CHAIN_SIZE] != entry.chain:
            broken = entry.seq if broken is None else broken
        if head is not None and head.seq == entry.seq:
            anchored = True
            if head.chain != entry.chain:
                broken = entry.seq if broken is None else broken
        before = entry.chain
        last = entry.seq
        count += 1
    return Verdict(count, first, last, broken, anchored, missing, before or b"")
