# SPDX-License-Identifier: MIT
"""A pytest plugin: how long each test took when it last ran, in .cache/durations. `make test-slow` prints the slowest.

A line of the file is seconds of the clock on the wall, with set-up and clearing up, and the test; the slowest first.
Tests whose file is gone are dropped. What runs beside others waits for the processor, and that counts as well.
"""

from pathlib import Path

import pytest

from nightlatch.micropython import ROOT
from tests.kit.replay import plain

SHOWN = 20


class Durations:
    """Adds up one run; `root` is the project's folder, where the names of tests begin."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / ".cache" / "durations"
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One of a test's three parts is over."""
        name = plain(report.nodeid)
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        """Puts what ran in the place of what was known of it."""
        known = {**read(self.file), **self.seconds}
        there = {name: took for name, took in known.items() if (self.root / name.partition("::")[0]).is_file()}
        rows = sorted(there.items(), key=lambda row: -row[1])
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text("".join(f"{took:.2f} {name}\n" for name, took in rows))


def read(file: Path) -> dict[str, float]:
    """Test to seconds; empty where no run has written anything."""
    lines = file.read_text().splitlines() if file.is_file() else []
    return {name: float(took) for took, _, name in (line.partition(" ") for line in lines)}


def pytest_configure(config: pytest.Config) -> None:
    """Only who prints the run adds it up, not the workers of xdist."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Durations(config.rootpath))


def main(file: Path = ROOT / ".cache" / "durations") -> None:
    """Prints the slowest."""
    known = read(file)
    total = sum(known.values())
    for name, took in list(known.items())[:SHOWN]:
        print(f"{took:8.2f} s  {name}")
    print(f"{total:8.2f} s  in all, of {len(known)} tests as each last ran")


if __name__ == "__main__":
    main()
