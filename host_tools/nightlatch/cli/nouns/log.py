# SPDX-License-Identifier: MIT
"""read the car's log and verify its chain"""

from typing import TYPE_CHECKING, Any

from ..output import Outcome
from ..parser import add_verb, number

if TYPE_CHECKING:
    from ...device.types import KeyInfo, LogEntry
    from ..context import Context
    from ..parser import Verbs


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    show_parser = add_verb(verbs, "show", show, "the entries of the log, oldest first")
    show_parser.add_argument(
        "--from",
        dest="first",
        metavar="SEQ",
        type=number(0, 0xFFFFFFFF),
        default=0,
        help="begin at this entry",
    )
    show_parser.add_argument(
        "--limit", metavar="N", type=number(1, 1_000_000), help="at most so many entries"
    )
    export_parser = add_verb(verbs, "export", export, "append what is new to a file of JSON lines, once it verifies")
    export_parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the file; it grows")
    add_verb(verbs, "verify", verify, "check that no entry was changed or removed")


def show(context: "Context") -> Outcome:
    """`log show`."""
    from itertools import islice

    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        who = {key.handle: key for key in session.keys()}
        entries = [_row(entry, who) for entry in islice(session.log(context.options.first), context.options.limit)]
    return Outcome({"entries": entries}, table=(_HEADERS, [_cells(row) for row in entries]))


def export(context: "Context") -> Outcome:
    """`log export`."""
    from dataclasses import asdict
    from pathlib import Path

    from ...errors import UsageError
    from ...workshop import export as library

    path = Path(context.options.output)
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        car = session.car
        who = {key.handle: key for key in session.keys()}
        try:
            added = library.export(path, car.serial, car.log_key, session.log, lambda entry: _row(entry, who))
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", "name another file") from None
    notes = [f"{added.missing} entries before them were dropped by the car"] if added.missing else []
    text = f"{added.entries} entries appended to {path}" if added.entries else f"nothing new for {path}"
    return Outcome({"serial": car.serial, "file": str(path)} | asdict(added), text, notes=notes)


def verify(context: "Context") -> Outcome:
    """`log verify`: what holds becomes the place from where the next run goes on."""
    from dataclasses import asdict

    from ...errors import Mismatch
    from ...vault import LogHead
    from ...workshop import logbook

    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        car = session.car
        head = vault.log_head(car.serial)
        verdict = logbook.verify(session.log(0), car.log_key, head)
    data = {"serial": car.serial} | asdict(verdict)
    if verdict.broken is not None:
        message = f"the log does not verify from entry {verdict.broken} on"
        hint = f"keep a copy: `nightlatch log show --from {max(0, verdict.broken - 1)} --json`"
        raise Mismatch(message, hint, device=car.serial, code="log_broken", data=data)
    if head is not None and verdict.last < head.seq:
        message = f"the log ends at entry {verdict.last}, but was verified up to {head.seq} before"
        hint = "its newest entries were removed, or its flash was put back"
        raise Mismatch(message, hint, device=car.serial, code="log_went_back", data=data)
    if verdict.entries:
        vault.set_log_head(LogHead(car.serial, verdict.last, verdict.chain))
    notes = (
        []
        if verdict.anchored or not verdict.entries
        else ["the entries before it are gone and can't be checked"]
    )
    text = (
        f"{verdict.entries} entries verified, {verdict.first} to {verdict.last}"
        if verdict.entries
        else "no entries"
    )
    return Outcome(data, text, notes=notes)


_HEADERS = ("SEQ", "TIME", "LINK", "HANDLE", "KIND", "WHO", "ACTION", "VERDICT", "DETAIL")


def _row(entry: "LogEntry", who: "dict[int, KeyInfo]") -> dict[str, Any]:
    """The words are for people and may change; the codes are the wire's and stay."""
    from ...device import types
    from ...device.names import word
    from ...wire.numbers import HANDLE_NONE, LOG_TIME

    key = who.get(entry.handle)
    return {
        "seq": entry.seq,
        "time": entry.time,
        "clock": "unix" if entry.flags & LOG_TIME else "uptime",
        "link": word(types.LINKS, entry.link),
        "handle": None if entry.handle == HANDLE_NONE else entry.handle,
        "kind": None if key is None else word(types.KINDS, key.kind),
        "who": None if key is None else key.label,
        "action": word(types.ACTIONS, entry.action),
        "verdict": word(types.VERDICTS, entry.verdict),
        "detail": entry.detail,
        "codes": {"link": entry.link, "action": entry.action, "verdict": entry.verdict, "flags": entry.flags},
        "raw": entry.raw,
        "chain": entry.chain,
    }


def _cells(row: dict[str, Any]) -> list[object]:
    from ...device.names import moment

    shown = row | ({"time": moment(row["time"])} if row["clock"] == "unix" else {})
    return ["-" if shown[name.lower()] is None else shown[name.lower()] for name in _HEADERS]
