# SPDX-License-Identifier: MIT
"""The network goes away: from here on every socket of this process but a Unix one raises."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class NetworkIsGone(OSError):
    """Somebody reached for the network where nothing may need it."""


@contextmanager
def offline() -> Iterator[list[str]]:
    """While it lasts, opening a socket of another family than AF_UNIX, or looking up a name, raises NetworkIsGone.

    Yields the list of what was tried, which must stay empty.
    """
    tried: list[str] = []
    real, real_lookup = socket.socket, socket.getaddrinfo

    class Guarded(real):  # type: ignore[misc, valid-type]
        """The socket class that is left."""

        def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
            if family != socket.AF_UNIX and kwargs.get("fileno") is None:
                tried.append(f"socket of family {family}")
                raise NetworkIsGone("the network is gone")
            super().__init__(family, *args, **kwargs)

    def lookup(*args: Any, **kwargs: Any) -> Any:
        tried.append("name look-up")
        raise NetworkIsGone("the network is gone")

    socket.socket = Guarded  # type: ignore[misc]
    socket.getaddrinfo = lookup
    try:
        yield tried
    finally:
        socket.socket = real  # type: ignore[misc]
        socket.getaddrinfo = real_lookup


def sockets_of(pid: int) -> dict[str, int]:
    """How many sockets of each kind a process holds, as the kernel tells: {"unix": n, "tcp": n, "udp": n}."""
    import os
    from pathlib import Path

    held = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:["):
            held.add(target[8:-1])
    counts = {}
    for name, files, column in (
        ("unix", ("unix",), 6),
        ("tcp", ("tcp", "tcp6"), 9),
        ("udp", ("udp", "udp6"), 9),
    ):
        counts[name] = 0
        for file in files:
            table = Path(f"/proc/{pid}/net/{file}")
            if table.exists():
                rows = (line.split() for line in table.read_text().splitlines()[1:])
                counts[name] += sum(1 for row in rows if len(row) > column and row[column] in held)
    return counts
