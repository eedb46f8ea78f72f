# SPDX-License-Identifier: MIT
"""What the kernel tells of a process or a thread: its state, the processor time that it took, and where it waits."""

import os
from pathlib import Path
from typing import NamedTuple

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Seen(NamedTuple):
    """state: R runs or could, S sleeps, D waits for a disk, T stopped, Z ended, "" unknown; spent: in seconds."""

    state: str
    spent: float


def look(pid: int, thread: int | None = None) -> Seen:
    """A process, or one of its threads; a state of "" where there is none."""
    text = _read(f"/proc/{pid}/stat" if thread is None else f"/proc/{pid}/task/{thread}/stat")
    words = text.rpartition(")")[2].split()
    if not words:
        return Seen("", 0.0)
    return Seen(words[0], (int(words[11]) + int(words[12])) * _TICK_S)


def describe(pid: int) -> str:
    """One line for whoever looks for the one that keeps everybody waiting."""
    state, spent = look(pid)
    if not state:
        return "is gone"
    words = _read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
    where = _read(f"/proc/{pid}/wchan").strip("0")
    return f"state {state}{' in ' + where if where else ''}, {spent:.2f} s of processor: {words[:300]}"


def file(fd: int) -> str:
    """An open file of this process, with what the kernel calls it."""
    try:
        return f"{fd} ({os.readlink(f'/proc/self/fd/{fd}')})"
    except OSError:
        return f"{fd} (closed)"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
