# SPDX-License-Identifier: MIT
"""What a verb says: data for `--json`, and the same for people: a table on a terminal, else plain text.

The JSON object has schema, ok, data, error {code, message, hint}. It and the exit codes stay; prose may change.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from ..errors import EXIT_OK, HostError, ManualStep

SCHEMA = "nightlatch/1"


class Outcome:
    """A finished verb: `data` for programs, `table` (headers, rows) or `text` for people, `notes` for stderr."""

    def __init__(
        self,
        data: Mapping[str, Any],
        text: str = "",
        table: tuple[Sequence[str], Sequence[Sequence[object]]] | None = None,
        notes: Sequence[str] = (),
        exit_code: int = EXIT_OK,
    ) -> None:
        self.data = data
        self.text = text
        self.table = table
        self.notes = notes
        self.exit_code = exit_code


def show(outcome: Outcome, as_json: bool, quiet: bool) -> None:
    """Data to stdout, notes to stderr."""
    if as_json:
        write_object(outcome.exit_code == EXIT_OK, outcome.data, None)
    elif outcome.table is not None:
        _table(*outcome.table)
    elif outcome.text:
        print(outcome.text.rstrip("\n"))
    sys.stdout.flush()
    if not quiet:
        for note in outcome.notes:
            print(clean(note), file=sys.stderr)


def show_error(error: HostError, as_json: bool) -> None:
    """One line of what failed, one of what to do next, on stderr; the object on stdout."""
    if as_json:
        problem = {"code": error.code, "message": error.message, "hint": error.hint}
        write_object(isinstance(error, ManualStep), error.data or {}, problem)
        sys.stdout.flush()
    print(f"nightlatch: {clean(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"  next: {clean(error.hint)}", file=sys.stderr)


def write_object(
    ok: bool, data: Mapping[str, Any], error: Mapping[str, str] | None, out: TextIO | None = None
) -> None:
    """The one object of `--json`; bytes become hexadecimal. Plain ASCII, whatever the terminal's encoding."""
    import json

    whole = {"schema": SCHEMA, "ok": ok, "data": data, "error": error}
    if "steps" in data:  # an account of steps stands beside its sum as well
        whole["steps"] = data["steps"]
    print(json.dumps(whole, default=_plain, allow_nan=False), file=out or sys.stdout)


def clean(value: object) -> str:
    """Text for a terminal: a label that a device sent can't move the cursor or forge a line."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def pairs(values: Mapping[str, object]) -> str:
    """Names and values, a line each, values in one column."""
    width = max(map(len, values), default=0)
    return "\n".join(f"{name:<{width}}  {clean(value)}".rstrip() for name, value in values.items())


def _table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [[clean(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*headers, box=SIMPLE_HEAD, pad_edge=False)
        for row in cells:
            table.add_row(*map(Text, row))
        Console(file=sys.stdout).print(table)
        return
    lines = [list(headers), *cells]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headers))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON form")
