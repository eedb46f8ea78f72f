# SPDX-License-Identifier: MIT
"""Hands outside Bluetooth hosts controllers on the air: HCI (H4 packets) over TCP or a Unix socket, one for each."""

from __future__ import annotations

import asyncio
from typing import cast

from bumble.transport.common import StreamPacketSink, StreamPacketSource

from .air import Air, AirController

_HOSTS_MAX = 64


class _Port(StreamPacketSource):
    """One host. Its controller leaves the air when it hangs up."""

    def __init__(self, air: Air, open_ports: set[_Port]) -> None:
        super().__init__()
        self._air = air
        self._ports = open_ports
        self._transport: asyncio.Transport | None = None
        self._controller: AirController | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if len(self._ports) >= _HOSTS_MAX:
            self._transport.abort()
            return
        self._ports.add(self)
        self._controller = AirController("outside", self._air, self, StreamPacketSink(self._transport))
        self._controller.lenient = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._ports.discard(self)
        self.on_transport_lost()
        if self._controller is not None:
            self._controller.switch_off()
            self._controller = None

    def hang_up(self) -> None:
        """Ends the connection from this side."""
        if self._transport is not None:
            self._transport.abort()


class HciServer:
    """Listens on one address. `url` is what a host opens."""

    def __init__(self, server: asyncio.Server, ports: set[_Port], url: str) -> None:
        self._server = server
        self._ports = ports
        self.url = url

    async def close(self) -> None:
        """Stops listening; hosts that are connected lose their controller."""
        self._server.close()
        for port in list(self._ports):
            port.hang_up()
        await self._server.wait_closed()


async def serve(air: Air, spec: str) -> HciServer:
    """Listens as spec says: tcp-server:HOST:PORT (port 0: any free one) or unix-server:PATH.

    Raises ValueError for another spec, OSError when the address can't be had.
    """
    ports: set[_Port] = set()
    loop = asyncio.get_running_loop()
    kind, _, where = spec.partition(":")
    host, colon, port = where.rpartition(":")
    if kind == "tcp-server" and colon and port.isdecimal():
        server = await loop.create_server(lambda: _Port(air, ports), None if host == "_" else host, int(port))
        bound = server.sockets[0].getsockname()[1]
        return HciServer(server, ports, f"tcp-client:{'127.0.0.1' if host == '_' else host}:{bound}")
    if kind == "unix-server" and where:
        path = "\0" + where[1:] if where.startswith("@") else where
        server = await loop.create_unix_server(lambda: _Port(air, ports), path)
        return HciServer(server, ports, f"unix-client:{where}")
    raise ValueError(f"{spec}: tcp-server:HOST:PORT or unix-server:PATH is wanted")
