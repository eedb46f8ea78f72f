# SPDX-License-Identifier: MIT
"""An export of the log grows from one visit to the next; what does not verify, or is no export, is left as it is."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.device.types import LogEntry
from nightlatch.errors import Mismatch, UsageError
from nightlatch.workshop.export import export
from tests.unit.cli.test_agent import Bench, bench, run  # noqa: F401
from tests.unit.workshop.test_logbook import KEY, LOG, bent, made

SERIAL = "NL-1"


def reader(log: list[LogEntry]) -> Callable[[int], Iterable[LogEntry]]:
    return lambda first: [entry for entry in log if entry.seq >= first]


def add(path: Path, log: list[LogEntry], serial: str = SERIAL) -> Any:
    return export(path, serial, KEY, reader(log), lambda entry: {"seq": entry.seq})


@given(st.lists(st.integers(0, 10), max_size=4), st.integers(0, 60))
def test_it_goes_on_where_it_ended(tmp_path_factory: pytest.TempPathFactory, visits: list[int], torn: int) -> None:
    """Whatever was exported when, and wherever a crash cut the file: at the end each entry is there once."""
    path = tmp_path_factory.mktemp("export") / "log.jsonl"
    for count in sorted(visits):
        add(path, LOG[:count])
        path.write_bytes(path.read_bytes()[: max(0, path.stat().st_size - torn)])
    add(path, LOG)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["seq"] for row in rows] == list(range(10))
    assert [row["raw"] for row in rows] == [entry.raw.hex() for entry in LOG]
    assert add(path, LOG).entries == 0


def test_a_broken_entry_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    add(path, LOG[:4])
    before = path.read_bytes()
    for log in ([*LOG[:6], bent(LOG[6], handle=8), *LOG[7:]], [*LOG[:6], *LOG[7:]]):
        with pytest.raises(Mismatch, match=r"entry [67] ") as error:
            add(path, log)
        assert error.value.code == "log_broken" and path.read_bytes() == before
    with pytest.raises(Mismatch):
        add(path, made(10, b"another car's key"[:16])[:])


def test_what_the_car_dropped_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    add(path, LOG[:3])
    assert add(path, LOG[6:]).missing == 3


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    add(path, LOG)
    with pytest.raises(UsageError, match="NL-1"):
        add(path, LOG, "NL-2")
    for text in ("a letter\n", "{}\n", '{"serial": "NL-1", "seq": "x", "chain": "00"}\n', "[1]\n", "x"):
        path.write_text(text)
        with pytest.raises(UsageError):
            add(path, LOG)
        assert path.read_text() == text


def test_at_the_car(bench: Bench, run: Callable[..., Any], tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "log.jsonl"
    run("device", "claim")
    run("key", "add", "phone", "--role", "owner", "--label", "Ada")
    first = run("log", "export", "-o", str(path))
    run("key", "rename", "0", "Ada's")
    second = run("log", "export", "-o", str(path))
    assert (first["first"], second["first"]) == (0, first["last"] + 1) and second["missing"] == 0
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["seq"] for row in rows] == list(range(second["last"] + 1))
    renamed = next(row for row in rows if row["action"] == "rename")
    assert (renamed["kind"], renamed["who"], renamed["link"]) == ("phone", "Ada's", "serial")
    assert run("log", "export", "-o", str(tmp_path), code=2)["code"] == "usage"
