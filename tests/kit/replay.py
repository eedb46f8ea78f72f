# SPDX-License-Identifier: MIT
"""A pytest plugin: what failed can be run again with the same seeds, after the same tests in the same order.

Each process writes down the tests that it runs, in .cache/replay/RUN/PROCESS. A failure keeps what came before it in a
file of its own, and the end of the run prints the command that runs that file. A run without a failure leaves nothing.
Seeds are drawn once for a run, unless it is given them: Hypothesis's, NIGHTLATCH_SEED (sample.py), and PYTHONHASHSEED,
which orders sets. That one can't be set for a process that runs already: without xdist it has to be given (the Makefile
does) or is not known.
"""

import os
import secrets
import shlex
import shutil
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.sample import SEED, seed

HASH = "PYTHONHASHSEED"
RUNS = 10  # so many are kept
SHOWN = 5  # commands at the end of a run
USUAL = "not soak"  # what -m is without being given
_FOLDER = pytest.StashKey[Path]()
_DONE = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draws the seeds of the run and names its folder; workers get both from who starts them."""
    config.stash[_DONE] = []
    inherited = getattr(config, "workerinput", None)
    if inherited is not None:
        config.stash[_FOLDER] = Path(inherited["replay"])
        config.option.hypothesis_seed = inherited["seed"]
        return
    if config.getoption("hypothesis_seed", None) is None and not os.environ.get("CI"):
        config.option.hypothesis_seed = str(secrets.randbelow(1 << 32))
    if config.getoption("numprocesses", None):
        os.environ.setdefault(HASH, str(secrets.randbelow(1 << 32)))
    config.stash[_FOLDER] = config.rootpath / ".cache" / "replay" / f"{time.strftime('%m%d-%H%M%S')}-{os.getpid()}"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of xdist where it writes, and the seed."""
    node.workerinput["replay"] = str(node.config.stash[_FOLDER])
    node.workerinput["seed"] = node.config.getoption("hypothesis_seed", None)


def pytest_report_header(config: pytest.Config) -> str:
    """The seeds."""
    return f"seeds: {' '.join(seeds(config))}"


def seeds(config: pytest.Config) -> list[str]:
    """What gives a run the seeds of this one: NAME=VALUE for the environment, and options."""
    found = [f"{HASH}={os.environ[HASH]}" if HASH in os.environ else f"{HASH}=unknown"]
    found += [f"{SEED}={seed()}"] + (["CI=1"] if os.environ.get("CI") else [])
    examples = config.getoption("hypothesis_seed", None)
    return found + ([f"--hypothesis-seed={examples}"] if examples is not None else [])


def command(config: pytest.Config, file: Path) -> str:
    """The one line that runs the tests of a file in their order."""
    given = [word for word in seeds(config) if not word.endswith("=unknown")]
    environment = [word for word in given if not word.startswith("-")]
    options = [word for word in given if word.startswith("-")]
    marks = config.getoption("markexpr", "")
    options += ["-m", marks] if marks != USUAL else []
    tests = f"@{file.relative_to(config.rootpath)}"
    return shlex.join([*environment, ".venv/bin/python", "-m", "pytest", *options, tests])


def plain(nodeid: str) -> str:
    """A test's name without the group that xdist puts behind it."""
    return nodeid[: nodeid.rfind("@")] if nodeid.rfind("@") > nodeid.rfind("]") else nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Writes the test down before it runs: a process that dies leaves what it did."""
    folder, done = item.config.stash[_FOLDER], item.config.stash[_DONE]
    done.append(plain(item.nodeid))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _process()).open("a") as file:
        file.write(done[-1] + "\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Keeps the order that led to a failure; the report carries the command to where it is printed."""
    report = yield
    if report.failed:
        folder, done = item.config.stash[_FOLDER], item.config.stash[_DONE]
        file = folder / f"{_process()}-{len(done)}"
        file.write_text("\n".join(done) + "\n")
        report.replay = command(item.config, file)
    return report


def _process() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the commands, one for each failure."""
    found: dict[str, None] = {}
    for kind in ("failed", "error"):
        for report in terminalreporter.stats.get(kind, ()):
            if hasattr(report, "replay"):
                found[report.replay] = None
            elif hasattr(report, "node"):  # its worker is gone, and what it wrote is left
                found[command(config, config.stash[_FOLDER] / report.node.gateway.id)] = None
    if not found:
        return
    terminalreporter.section("again, after the same tests in the same order")
    if HASH not in os.environ:
        terminalreporter.write_line(f"{HASH} was not given: the order of sets can't be had again")
    for line in list(found)[:SHOWN]:
        terminalreporter.write_line(line)
    if len(found) > SHOWN:
        terminalreporter.write_line(f"… and {len(found) - SHOWN} more in {config.stash[_FOLDER]}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Clears up: the folder of a run without a failure, and those of long ago."""
    if hasattr(session.config, "workerinput"):
        return
    folder = session.config.stash[_FOLDER]
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        shutil.rmtree(folder, ignore_errors=True)
    for old in sorted(folder.parent.glob("*-*"))[:-RUNS]:
        shutil.rmtree(old, ignore_errors=True)
