# SPDX-License-Identifier: MIT
"""Lets a phone of another process tap the virtual reader: APDUs over a Unix socket, each after a two-byte length.

The connection is the field: it opens when the phone touches the reader and closes when it leaves.
"""

import asyncio
import os
import select
import socket
from contextlib import suppress
from pathlib import Path

from ..cards.held import Card
from .bench import Reader

_ANSWER = 0.5  # seconds that the bench waits for the other process
_APDU_MAX = 300


def send(link: socket.socket, apdu: bytes) -> None:
    """Sends one APDU."""
    link.sendall(len(apdu).to_bytes(2, "big") + apdu)


def receive(link: socket.socket) -> bytes:
    """The next APDU; empty when the other side is gone or talks nonsense."""
    size = int.from_bytes(_exactly(link, 2), "big")
    return _exactly(link, size) if 0 < size <= _APDU_MAX else b""


def _hung_up(link: socket.socket) -> bool:
    """Whether the other side closed; never waits."""
    readable, _, _ = select.select([link], [], [], 0)
    if not readable:
        return False
    try:
        return link.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def _exactly(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = link.recv(size - len(data))
        if not piece:
            return b""
        data += piece
    return data


class _Visitor(Card):
    """A card whose chip is in another process."""

    def __init__(self, link: socket.socket) -> None:
        super().__init__(b"\x08" + os.urandom(3))
        self._link = link

    def transceive(self, apdu: bytes) -> bytes:
        """What the other process answers; nothing when it is gone."""
        try:
            send(self._link, apdu)
            answer = receive(self._link)
        except OSError:
            answer = b""
        self.mute = not answer
        return answer or b"\x6f\x00"


class TapServer:
    """Holds whoever connects to the reader, one after the other."""

    def __init__(self, reader: Reader, path: Path) -> None:
        self._reader = reader
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Opens the socket."""
        with suppress(FileNotFoundError):
            self._path.unlink()
        self._socket.bind(str(self._path))
        self._socket.listen()
        self._socket.setblocking(False)
        self._task = asyncio.create_task(self._serve())

    def stop(self) -> None:
        """Closes it."""
        if self._task is not None:
            self._task.cancel()
        self._socket.close()
        with suppress(FileNotFoundError):
            self._path.unlink()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            link, _ = await loop.sock_accept(self._socket)
            with link:
                link.settimeout(_ANSWER)
                card = _Visitor(link)
                self._reader.present(card)
                try:
                    while not card.mute and not _hung_up(link):
                        await asyncio.sleep(0.02)
                finally:
                    self._reader.remove(card)

