# SPDX-License-Identifier: MIT
"""The network guard of the simulator: what it stops, what it lets through, and that it ends."""

import asyncio
import os
import socket
import urllib.request

import pytest

from nightlatch.sim.story.offline import NetworkIsGone, offline, sockets_of


def test_every_way_to_the_network_raises_and_is_noted() -> None:
    with offline() as tried:
        for family in (socket.AF_INET, socket.AF_INET6, -1):
            with pytest.raises(NetworkIsGone):
                socket.socket(family)
        with pytest.raises(NetworkIsGone):
            socket.getaddrinfo("localhost", 80)
        with pytest.raises(NetworkIsGone):
            socket.create_connection(("127.0.0.1", 9))
        with pytest.raises(OSError, match="network is gone"):
            urllib.request.urlopen("http://127.0.0.1:9/")
        assert len(tried) >= 6

    async def dial() -> None:
        await asyncio.open_connection("127.0.0.1", 9)

    with offline() as tried, pytest.raises(OSError):
        asyncio.run(dial())
    assert tried


def test_unix_sockets_go_on() -> None:
    with offline() as tried:
        one, two = socket.socketpair(socket.AF_UNIX)
        with one, two:
            one.sendall(b"through")
            assert two.recv(16) == b"through"
        with socket.socket(socket.AF_UNIX) as alone:
            assert alone.family == socket.AF_UNIX
    assert tried == []


def test_it_ends_also_after_a_failure() -> None:
    real = socket.socket, socket.getaddrinfo
    with pytest.raises(KeyError), offline():
        raise KeyError("x")
    assert (socket.socket, socket.getaddrinfo) == real
    with socket.socket(socket.AF_INET) as plain:
        assert plain.fileno() >= 0


def test_sockets_are_counted_as_the_kernel_sees_them() -> None:
    before = sockets_of(os.getpid())
    with socket.socket(socket.AF_INET) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind("\0nightlatch test %d" % os.getpid())
            now = sockets_of(os.getpid())
    assert {name: now[name] - before[name] for name in now} == {"unix": 1, "tcp": 1, "udp": 1}
    assert sockets_of(os.getpid()) == before
