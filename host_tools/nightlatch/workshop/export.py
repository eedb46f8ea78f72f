# SPDX-License-Identifier: MIT
"""A car's log in a file of JSON lines that grows: an export goes on where the last one ended, and verifies first."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..device.types import LogEntry
from ..errors import Mismatch, UsageError
from ..vault.records import LogHead
from . import logbook

_LINE_MAX = 2000


@dataclass(frozen=True)
class Added:
    """What an export wrote: how many entries, first and last sequence (-1: none), and how many the car had dropped
    since the export before."""

    entries: int
    first: int
    last: int
    missing: int


def export(
    path: Path,
    serial: str,
    log_key: bytes,
    read: Callable[[int], Iterable[LogEntry]],
    row: Callable[[LogEntry], dict[str, Any]],
) -> Added:
    """Appends what is new. read: the entries from a sequence on; row: an entry as JSON values.

    Mismatch that names the first broken entry, and nothing is written; UsageError where the file is of another car or
    is no export. A line that a crash cut short is written again.
    """
    head, size = _end(path, serial)
    entries = list(read(0 if head is None else head.seq + 1))
    verdict = logbook.verify(entries, log_key, head)
    if verdict.broken is not None:
        hint = f"the entries before {verdict.broken} hold; `nightlatch log show` shows all of them"
        raise Mismatch(f"the log does not verify from entry {verdict.broken} on", hint, code="log_broken")
    lines = "".join(
        json.dumps({"serial": serial, **row(entry), "raw": entry.raw.hex(), "chain": entry.chain.hex()}) + "\n"
        for entry in entries
    )
    with path.open("ab") as file:
        file.truncate(size)
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())
    return Added(len(entries), verdict.first if entries else -1, verdict.last, verdict.missing)


def _end(path: Path, serial: str) -> tuple[LogHead | None, int]:
    """The last entry that is whole, and where it ends; (None, 0) where there is no file yet."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None, 0
    size = data.rfind(b"\n") + 1
    if not size:
        if len(data) > _LINE_MAX or data[:1] not in (b"", b"{"):
            raise UsageError(f"{path} is no export of a log", "name another file")
        return None, 0
    try:
        last = json.loads(data[data.rfind(b"\n", 0, size - 1) + 1 : size])
        head = LogHead(last["serial"], last["seq"], bytes.fromhex(last["chain"]))
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is no export of a log", "name another file") from None
    if head.serial != serial:
        raise UsageError(f"{path} holds the log of {head.serial}", "name a file for each car")
    return head, size
