# SPDX-License-Identifier: MIT
"""Opens the port that a URL names: which class of link it takes. A simulator is a URL like others."""

from .base import Link
from .url import LinkUrl


def open_link(url: str, timeout: float = 3.0) -> Link:
    """Open the port that `url` names.

    Raises UsageError (no such scheme), NoDevice (nothing there), PortUnavailable (busy or forbidden).
    """
    where = LinkUrl.parse(url)
    if where.scheme == "serial":
        from .serial_link import SerialLink

        return SerialLink(where, timeout)
    if where.scheme == "tcp":
        from .tcp_link import TcpLink

        return TcpLink(where, timeout)
    from .pty_link import PtyLink
    from .running import running_car

    if where.scheme == "sim":
        return PtyLink(str(where), running_car(where.path).serial_path, timeout)
    return PtyLink(str(where), where.path, timeout)
