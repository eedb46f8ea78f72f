# SPDX-License-Identifier: MIT
"""Find the MicroPython that runs the agent on this machine, and the command line that runs it as the board would.

The order is `$MICROPYTHON`, the build that set-up keeps in .cache/, then a good one on PATH. Good means that it has all
that the simulated board needs; it is asked, not guessed.
"""

import os
import shutil
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path

from nightlatch.errors import HostError

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
MODULES = ROOT / "boards" / "UNIX" / "modules"
BUILT = ROOT / ".cache" / "micropython" / "micropython"
FROZEN = ROOT / ".cache" / "micropython" / "frozen.stamp"
BUILT_CROSS = ROOT / ".cache" / "micropython" / "mpy-cross"
# An agent in the image needs 80 KB. One that runs out of a slot has its names, functions and layouts in the heap too,
# 45 KB more; no board with slots has less than this.
HEAP = "160K"
_HEAP_WIDE = "320K"  # the same objects where words have 64 bits, or with the agent's own code beside them

_PROBE = """
import asyncio, blesim, bluetooth, cryptolib, hashlib, mapfile, select, termios, vfs
exec("import micropython\\n@micropython.viper\\ndef f(a: int) -> int:\\n    return a + 1\\nassert f(1) == 2")
cryptolib.aes(bytes(16), 1), hashlib.sha256, bluetooth.BLE, asyncio.StreamReader, blesim.up, blesim.down, blesim.feed
mapfile.map, vfs.VfsRom
print("good")
"""


class NoMicroPython(HostError):
    """No MicroPython here can run the agent."""

    code = "no_micropython"
    hint = "run `make setup`, or name a build in $MICROPYTHON"


def fault(program: Path) -> str | None:
    """Why `program` can't run the agent, in one line; None if it can."""
    environment = {**os.environ, "MICROPYPATH": ".frozen"}
    argv = [str(program), "-X", f"heapsize={HEAP}", "-c", _PROBE]
    try:
        done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0 and done.stdout.split() == [b"good"]:
        return None
    said = (done.stderr or done.stdout).decode(errors="replace").split("\n")
    return next((line for line in reversed(said) if line.strip()), f"no answer, exit status {done.returncode}")


def chosen() -> Path | None:
    """The MicroPython of `$MICROPYTHON`, or None where that is not set. Raises NoMicroPython if it is no good."""
    name = os.environ.get("MICROPYTHON")
    if not name:
        return None
    found = shutil.which(name)
    why = fault(Path(found)) if found else "no such program"
    if found is None or why:
        raise NoMicroPython(f"$MICROPYTHON ({name}) can't run the agent: {why}")
    return Path(found).resolve()


def on_path() -> Path | None:
    """A good MicroPython on PATH, or None."""
    found = shutil.which("micropython")
    return Path(found).resolve() if found and fault(Path(found)) is None else None


@cache
def micropython() -> Path:
    """The MicroPython to use, as an absolute path. Raises NoMicroPython."""
    found = chosen() or (BUILT if BUILT.is_file() else on_path())
    if found is None:
        raise NoMicroPython("no MicroPython that can run the agent was found")
    return found


@cache
def mpy_cross() -> Path:
    """The compiler to .mpy: `$MICROPY_MPYCROSS`, the one built with it, or one on PATH. Raises NoMicroPython."""
    name = os.environ.get("MICROPY_MPYCROSS") or (str(BUILT_CROSS) if BUILT_CROSS.is_file() else "mpy-cross")
    found = shutil.which(name)
    if found is None:
        raise NoMicroPython(f"{name} was not found")
    return Path(found).resolve()


def search_path(*first: Path | str) -> str:
    """MICROPYPATH of the board, with `first` before it. `.frozen` holds asyncio and must never be left out."""
    return ":".join(map(str, (*first, FIRMWARE, MODULES, ".frozen")))


@cache
def wide() -> bool:
    """Whether the MicroPython in use has 64-bit words, for want of gcc-multilib."""
    argv = [str(micropython()), "-c", "import sys; print(sys.maxsize >> 32)"]
    return subprocess.run(argv, capture_output=True, timeout=20, check=True).stdout.strip() != b"0"


def fingerprint() -> str:
    """Changes with every source that is frozen into the board's image."""
    total = sha256()
    for folder in (FIRMWARE, MODULES):
        for file in sorted(folder.rglob("*.py")):
            data = file.read_bytes()
            total.update(f"{file.relative_to(ROOT)} {len(data)} ".encode() + data)
    return total.hexdigest()


def frozen() -> bool:
    """Whether the MicroPython in use holds the agent just as the sources are now."""
    try:
        return micropython() == BUILT and FROZEN.read_text() == fingerprint()
    except OSError:
        return False


def agent(wiring: Path | str, main: Path | None = None, heap: str = HEAP) -> tuple[list[str], dict[str, str]]:
    """Command line and environment that run the agent with a wiring file, or another main program in its place.

    As on every board the agent is frozen into the image, and the heap is for its objects alone. Where the image is
    older than the sources, or somebody else's, the sources run, with room for their code.
    """
    if not frozen():
        heap = _HEAP_WIDE if heap == HEAP else heap
        return command(main or FIRMWARE / "main.py", str(wiring), heap=heap)
    argv, env = command(main or "-m", *([] if main else ["main"]), str(wiring), heap=heap)
    return argv, {**env, "MICROPYPATH": ".frozen"}


def command(script: Path | str, *args: str, heap: str = HEAP) -> tuple[list[str], dict[str, str]]:
    """Command line and environment that run `script` with `heap` bytes (a count, or one with K or M).

    The agent's own heap is doubled where words are.
    """
    if heap == HEAP and wide():
        heap = _HEAP_WIDE
    argv = [str(micropython()), "-X", f"heapsize={heap}", str(script), *args]
    return argv, {**os.environ, "MICROPYPATH": search_path()}
