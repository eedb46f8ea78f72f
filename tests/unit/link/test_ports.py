# SPDX-License-Identifier: MIT
"""Each kind of link against a real port of that kind: data whole and in order, exclusive, loss and jams reported."""

import contextlib
import os
import pty
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator

import pytest

from nightlatch.errors import LinkLost, NoDevice, PortUnavailable
from nightlatch.link import Link, open_link

KINDS = ("pty", "serial", "tcp")


class Peer:
    """The far end of a link, by blocking calls."""

    def __init__(self, url: str, send: Callable[[bytes], object], take: Callable[[int], bytes]) -> None:
        self.url = url
        self.send = send
        self.take = take
        self.hang_up: Callable[[], None] = lambda: None


@contextlib.contextmanager
def peer(kind: str) -> Iterator[Peer]:
    if kind == "tcp":
        with socket.create_server(("127.0.0.1", 0)) as server:
            taken: list[socket.socket] = []
            thread = threading.Thread(target=lambda: taken.append(server.accept()[0]))
            thread.start()

            def far() -> socket.socket:
                thread.join(60)
                return taken[0]

            url = f"tcp:127.0.0.1:{server.getsockname()[1]}"
            end = Peer(url, lambda data: far().sendall(data), lambda n: far().recv(n))
            end.hang_up = lambda: far().close()
            yield end
            thread.join(60)
            for one in taken:
                one.close()
        return
    master, slave = pty.openpty()
    tty.setraw(slave)
    end = Peer(
        f"{kind}:{os.ttyname(slave)}", lambda data: os.write(master, data), lambda n: os.read(master, n)
    )
    open_ends = [master, slave]

    def hang_up() -> None:
        while open_ends:
            os.close(open_ends.pop())

    end.hang_up = hang_up
    yield end
    hang_up()


def read_all(link: Link, size: int) -> bytes:
    data = b""
    end = time.monotonic() + 60
    while len(data) < size and time.monotonic() < end:
        data += link.read(size - len(data), 0.5)
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_value_both_ways(kind: str) -> None:
    every = bytes(range(256)) * 4
    with peer(kind) as far, open_link(far.url, 2) as link:
        assert link.url == far.url
        link.write(every)
        got = b""
        while len(got) < len(every):
            got += far.take(4096)
        assert got == every
        far.send(every)
        assert read_all(link, len(every)) == every


@pytest.mark.parametrize("kind", KINDS)
def test_read_is_short_or_empty_never_late(kind: str) -> None:
    with peer(kind) as far, open_link(far.url, 2) as link:
        start = time.monotonic()
        assert link.read(10, 0.05) == b""
        assert link.read(10, 0) == b""
        far.send(b"abc")
        assert read_all(link, 3) == b"abc"
        far.send(b"defg")
        assert read_all(link, 2) == b"de"
        assert time.monotonic() - start < 60


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_link_says_so(kind: str) -> None:
    with peer(kind) as far:
        with open_link(far.url, 2) as link:
            far.send(b"x")
            assert read_all(link, 1) == b"x"
            far.hang_up()
            with pytest.raises(LinkLost) as lost:
                for _ in range(50):
                    link.read(10, 0.05)
            assert far.url in str(lost.value)
            with pytest.raises(LinkLost):
                for _ in range(50):
                    link.write(bytes(4096))
                    time.sleep(0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_jam_ends_in_time(kind: str) -> None:
    with peer(kind) as far, open_link(far.url, 0.3) as link:
        start = time.monotonic()
        with pytest.raises(PortUnavailable, match="took no data"):
            for _ in range(200):
                link.write(bytes(1 << 18))
        assert time.monotonic() - start < 60


@pytest.mark.parametrize("first", ("pty", "serial"))
@pytest.mark.parametrize("second", ("pty", "serial"))
def test_a_port_is_opened_once(first: str, second: str) -> None:
    with peer(first) as far:
        again = f"{second}:{far.url.partition(':')[2]}"
        with open_link(far.url, 1), pytest.raises(PortUnavailable) as busy:
            open_link(again, 1)
        assert busy.value.exit_code == 5 and again in str(busy.value)
        open_link(again, 1).close()


@pytest.mark.parametrize("kind", KINDS)
def test_close_twice_then_use(kind: str) -> None:
    with peer(kind) as far:
        link = open_link(far.url, 1)
        link.close()
        link.close()
        with pytest.raises(LinkLost):
            link.read(1, 0)
        with pytest.raises(LinkLost):
            link.write(b"x")


def test_nothing_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    for url in ("pty:/dev/no-such", "serial:/dev/no-such", f"tcp:127.0.0.1:{free}", "pty:/dev/null"):
        with pytest.raises(NoDevice) as none:
            open_link(url, 1)
        assert none.value.exit_code == 3 and url in str(none.value)


def test_what_was_typed_before_is_not_an_answer() -> None:
    with peer("pty") as far:
        far.send(b"old")
        time.sleep(0.05)
        with open_link(far.url, 1) as link:
            assert link.read(10, 0.05) == b""
