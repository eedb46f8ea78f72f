# SPDX-License-Identifier: MIT
"""A pytest plugin: the fixture `attack` that each attack reports to, and the table of all at the end of the run.

Rows travel as properties of the test's report, so that they reach the one who prints when the tests run in several
processes.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

_ROW = "attack"
_HEAD = ("#", "attack", "tries", "opened", "twin", "what the holder saw")

Report = Callable[..., None]


@pytest.fixture
def attack(record_property: Callable[[str, object], None]) -> Report:
    """report(number, name, tries, opened, saw, twin): a row of the table; fails unless it was tried and nothing opened.

    twin: how often the same opened an agent without the one defence, which must be at least once; None where a test
    has no twin.
    """

    def report(number: int, name: str, tries: int, opened: int, saw: str, twin: int | None = None) -> None:
        record_property(_ROW, json.dumps([number, name, tries, opened, "-" if twin is None else twin, saw]))
        assert tries > 0, "nothing was tried"
        assert opened == 0, f"{name}: opened {opened} of {tries} times"
        assert twin != 0, f"{name}: does not open without the defence either, and shows nothing"

    return report


def rows(reporter: Any) -> list[list[Any]]:
    """The rows of all tests that ran, by number and name."""
    found = [
        json.loads(value)
        for reports in reporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == _ROW
    ]
    return sorted(found, key=lambda row: (row[0], row[1]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the table; nothing where no attack ran."""
    found = rows(terminalreporter)
    if not found:
        return
    lines = [_HEAD, *(tuple(map(str, row)) for row in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD) - 1)]
    terminalreporter.section("attacks")
    for line in lines:
        number, name, *counts, saw = line
        cells = [number.rjust(widths[0]), name.ljust(widths[1])]
        cells += [count.rjust(width) for count, width in zip(counts, widths[2:])]
        terminalreporter.write_line("  ".join([*cells, saw]))
    tries, opened = sum(row[2] for row in found), sum(row[3] for row in found)
    terminalreporter.write_line(f"{len(found)} attacks, {tries} tries, {opened} opened")
