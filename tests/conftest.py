# SPDX-License-Identifier: MIT
"""What every test may use: `upy` runs code under the real MicroPython, with the board's heap and search path."""

import gc
import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from nightlatch import micropython
from tests.system import pcsc_bench, token_bench

SHOWN = 4000
EXAMPLES = micropython.ROOT / ".cache" / "hypothesis"
pytest_plugins = [
    "tests.attack.table",
    "tests.clock.plugin",
    "tests.kit.sample",
    "tests.kit.replay",
    "tests.kit.durations",
]
SOAK_S = 4 * 3600  # a soak's time limit; that of the others is in pyproject.toml

# No limit for an example but where a test means it. A failing one prints what replays it. CI tries the same each time.
settings.register_profile(
    "nightlatch",
    database=None if os.environ.get("CI") else DirectoryBasedExampleDatabase(EXAMPLES),
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("nightlatch")


@dataclass(frozen=True)
class Ran:
    """One finished run. `replay` is a shell command line that repeats it."""

    stdout: str
    stderr: str
    returncode: int
    replay: str

    def account(self) -> str:
        """All there is to know about the run, for the message of a failure; long output is cut at its front."""
        said = "".join(f"--- {name}\n{text[-SHOWN:]}\n" for name, text in self.outputs() if text.strip())
        return f"exit status {self.returncode}; again with:\n{self.replay}\n{said}"

    def outputs(self) -> tuple[tuple[str, str], ...]:
        """Both streams, named."""
        return ("stdout", self.stdout), ("stderr", self.stderr)


@dataclass
class Upy:
    """Run a script (a path) or a source (a string) under MicroPython.

    `heap` is the agent's on this board unless a test wants less or more, `timeout` is in seconds, `path` holds folders
    to search before the board's own, `env` adds to the environment, `stdin` is what the script may read. A run that
    fails or takes too long fails the test with the command line that replays it; `check=False` lets a script fail.
    """

    folder: Path
    runs: int = 0

    def __call__(
        self,
        script: Path | str,
        *args: str | Path | int,
        heap: str = micropython.HEAP,
        timeout: float = 60,
        check: bool = True,
        path: tuple[Path | str, ...] = (),
        env: dict[str, str] | None = None,
        stdin: str = "",
    ) -> Ran:
        file = script if isinstance(script, Path) else self._written(script)
        argv, environment = micropython.command(file, *map(str, args), heap=heap)
        more = {**(env or {}), "MICROPYPATH": micropython.search_path(*path)}
        shown = [f"{name}={value}" for name, value in more.items()]
        replay = shlex.join(["env", *shown, *argv])
        try:
            done = subprocess.run(
                argv, env={**environment, **more}, input=stdin.encode(), capture_output=True, timeout=timeout
            )
        except subprocess.TimeoutExpired as error:
            out, err = ((text or b"").decode(errors="replace") for text in (error.stdout, error.stderr))
            pytest.fail(f"not done after {timeout} s: {Ran(out, err, -9, replay).account()}", pytrace=False)
        out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        ran = Ran(out, err, done.returncode, replay)
        if check and ran.returncode:
            pytest.fail(ran.account(), pytrace=False)
        return ran

    def _written(self, source: str) -> Path:
        # The file stays where pytest keeps the last runs, so that the command line still works afterwards.
        self.runs += 1
        file = self.folder / f"run{self.runs}.py"
        file.write_text(source)
        return file


# What the system itself must have: mark, what is left out without it, and why.
LEFT_OUT = {"pcsc": ("tests of PC/SC", pcsc_bench.lacks), "pkcs11": ("the test of PKCS#11", token_bench.lacks)}


def pytest_configure() -> None:
    """A run in the background of a shell is started deaf to Ctrl-C, and so would be all that its tests start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Gives soaks their time, and leaves out what needs something that is not here; the end of the run says so."""
    for item in items:
        if item.get_closest_marker("soak") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SOAK_S))
    for mark, (_, lacks) in LEFT_OUT.items():
        marked = [item for item in items if item.get_closest_marker(mark)]
        if marked and lacks():
            config.hook.pytest_deselected(items=marked)
            items[:] = [item for item in items if item not in marked]


def pytest_collection_finish() -> None:
    """What is here stays for all of the run: a collection of garbage, of which some tests do many, passes it by."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Names what was left out."""
    found = [f"{what} (marked {mark}): {lacks()}" for mark, (what, lacks) in LEFT_OUT.items() if lacks()]
    if found:
        terminalreporter.section("left out")
        for line in found:
            terminalreporter.write_line(line)


@pytest.fixture
def upy(tmp_path: Path) -> Callable[..., Ran]:
    """See Upy."""
    return Upy(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    # No test sees or changes the state of the person who runs it: vault, configuration, keys.
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(home)
