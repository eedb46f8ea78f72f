# SPDX-License-Identifier: MIT
"""The air of the UNIX board: a Unix socket of the simulator's radio, and no other socket once it is there."""

import socket
import struct
import sys

from air import AirLink
from micropython import const

_AF_UNIX = const(1)
_EPERM = const(1)


class NoSockets:
    """Stands in for the module socket once the air has its own: whoever asks for one gets OSError(EPERM)."""

    def __getattr__(self, name: str) -> object:
        raise OSError(_EPERM)


def seal() -> None:
    """From here on nothing in this process can open a socket, but for those whose maker is held already."""
    modules: "dict[str, Any]" = sys.modules
    modules["socket"] = modules["usocket"] = NoSockets()


def connector(path: str) -> "Callable[[], Any]":
    """What connects to the radio, whenever it is called. It holds its maker of sockets."""
    make = socket.socket
    address = struct.pack("<H", _AF_UNIX) + path.encode() + b"\0"

    def connect() -> "Any":
        link = make(_AF_UNIX, 1)
        try:
            link.connect(address)
            link.setblocking(False)
        except OSError:
            link.close()
            raise
        return link

    return connect


_started: "list[AirLink]" = []


def start(path: str) -> AirLink:
    """Connects to the air at path (again and again if need be), seals the sockets and starts the task that listens.

    A second call gives what the first one made.
    """
    if not _started:
        air = AirLink(connector(path))
        seal()
        air.start()
        _started.append(air)
    return _started[0]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
