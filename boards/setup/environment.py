# SPDX-License-Identifier: MIT
"""Make .venv: the packages of requirements.txt, each checked against its hash, and this project in place."""

import shutil
import sys
import time
from pathlib import Path

from host import ROOT, SetupError, digest, install, log_tail, need, run, say, stamped

VENV = ROOT / ".venv"
LOCK = Path(__file__).with_name("requirements.txt")
# These two build the rest, so they come first.
TOOLS = ("pip==", "setuptools==")
TRIES = 3


def pip(*arguments: str | Path, tries: int = TRIES) -> bool:
    """Run the pip of .venv, again after a pause if it failed: most failures are the network's."""
    python = VENV / "bin" / "python"
    command: list[str | Path] = [python, "-m", "pip", "-q", "--no-input", "--disable-pip-version-check", *arguments]
    for attempt in range(tries):
        if run(command):
            return True
        time.sleep(2 * attempt)
    return False


def tools_lock() -> str:
    """The part of the lock that holds pip and setuptools."""
    entries = LOCK.read_text().replace(" \\\n", " ").splitlines()
    return "\n".join(entry for entry in entries if entry.startswith(TOOLS)) + "\n"


def create() -> None:
    """A bare .venv of the Python that runs this."""
    shutil.rmtree(VENV, ignore_errors=True)
    command: list[str | Path] = [sys.executable, "-m", "venv", VENV]
    if run(command):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if not install("python3-venv") or not run(command):
        raise need(f"the venv module of {sys.executable}", "python3-venv")


def ready() -> None:
    """Bring .venv up to date. Raises SetupError."""
    here = f"{ROOT} {sys.version}"
    key = digest(here, LOCK, ROOT / "pyproject.toml")
    stamp, place = VENV / "nightlatch.stamp", VENV / "nightlatch.place"
    if stamped(stamp, key):
        return
    say("installing the Python packages in .venv")
    if not stamped(place, here):
        create()
    stamp.unlink(missing_ok=True)
    tools = VENV / "tools.txt"
    tools.write_text(tools_lock())
    if not (
        pip("install", "--require-hashes", "--only-binary", ":all:", "-r", tools)
        and pip("install", "--require-hashes", "--no-build-isolation", "-r", LOCK)
        and pip("install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    ):
        raise SetupError(f"pip failed; the end of .cache/setup.log:\n{log_tail()}")
    place.write_text(here)
    stamp.write_text(key)
