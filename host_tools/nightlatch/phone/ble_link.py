# SPDX-License-Identifier: MIT
"""One Bluetooth link from a phone to a car: the car's four characteristics, and what the car pushed last."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from bumble import core
from bumble.device import Connection, Peer
from bumble.gatt_client import CharacteristicProxy

from ..wire import numbers as n
from .errors import LinkLost, NotACar

FRESH_S = n.PUSH_MS / 1000  # a pushed challenge is used so long; the car keeps it a second longer
_HANG_UP_S = 1.0
_MTU = 3 + max(n.TOKEN_SIZE + n.BODY_MAX, n.ANSWER_SIZE + n.REPLY_MAX)  # asked for when a request needs it

_Remote = CharacteristicProxy[bytes]
_T = TypeVar("_T")


class CarLink:
    """A link that is up and subscribed. Made by `CarLink.open`."""

    def __init__(self, connection: Connection) -> None:
        self.up = True
        self._connection = connection
        self._peer = Peer(connection)
        self._challenge: bytes | None = None
        self._pushed_at = 0.0
        self._pushes = 0
        self._crossed = 0
        self._answer: asyncio.Future[bytes] | None = None
        self._gone = asyncio.Event()
        connection.on(Connection.EVENT_DISCONNECTION, self._on_disconnection)

    @classmethod
    async def open(cls, connection: Connection) -> "CarLink":
        """Finds the car's service and subscribes. Raises NotACar or LinkLost."""
        link = cls(connection)
        await link._guard(link._discover())
        return link

    async def _discover(self) -> None:
        services = await self._peer.discover_service(core.UUID(n.UUID_SERVICE))
        if not services:
            raise NotACar("the car's service is not there")
        found = {str(c.uuid): c for c in await services[0].discover_characteristics()}
        try:
            self._remote_challenge: _Remote = found[str(core.UUID(n.UUID_CHALLENGE))]
            self._remote_token: _Remote = found[str(core.UUID(n.UUID_TOKEN))]
            self._remote_answer: _Remote = found[str(core.UUID(n.UUID_ANSWER))]
        except KeyError as error:
            raise NotACar("the car's service lacks a characteristic") from error
        await self._peer.subscribe(self._remote_answer, self._on_answer)
        await self._peer.subscribe(self._remote_challenge, self._on_challenge)

    async def challenge(self) -> bytes:
        """A live challenge: the one that was pushed if it is fresh, or one that is read. Raises LinkLost."""
        if self._challenge is not None and time.monotonic() - self._pushed_at < FRESH_S:
            return self._challenge
        value = await self._guard(self._peer.gatt_client.read_value(self._remote_challenge, no_long_read=True))
        while len(value) != n.CHALLENGE_SIZE:  # a stack that does not report reads: the next push will do
            if self._challenge is not None and time.monotonic() - self._pushed_at < FRESH_S:
                return self._challenge
            await asyncio.sleep(0.02)
            self._must_be_up()
        self._challenge = None
        return value

    async def present(self, token: bytes) -> tuple[bytes | None, bool]:
        """Writes a token and waits for the answer.

        Returns the answer, None when the link broke off, and whether the car pushed another challenge before it
        answered: then the token may have crossed with it, and was made for a challenge that had died.
        """
        self._must_be_up()
        self._challenge = None  # each is good for one token
        pushes = self._pushes
        self._answer = asyncio.get_running_loop().create_future()
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            if len(token) > n.TOKEN_SIZE and self._connection.att_mtu < _MTU:
                await self._guard(self._peer.request_mtu(_MTU))
            await self._peer.gatt_client.write_value(self._remote_token, token, with_response=False)
            await asyncio.wait((self._answer, gone), return_when=asyncio.FIRST_COMPLETED)
            if not self._answer.done():
                return None, False
            return self._answer.result(), self._crossed != pushes
        finally:
            gone.cancel()
            self._answer = None

    async def close(self) -> None:
        """Hangs up."""
        if self.up:
            await hang_up(self._connection)
        self.up = False

    # --- what the car sends

    def _on_challenge(self, value: bytes) -> None:
        if len(value) == n.CHALLENGE_SIZE:
            self._challenge = value
            self._pushed_at = time.monotonic()
            self._pushes += 1

    def _on_answer(self, value: bytes) -> None:
        if self._answer is not None and not self._answer.done() and len(value) >= n.ANSWER_SIZE:
            self._crossed = self._pushes
            self._challenge = None  # whatever came before is used up; the next one follows
            self._answer.set_result(value)

    def _on_disconnection(self, reason: int) -> None:
        self.up = False
        self._gone.set()

    async def _guard(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs a GATT procedure; LinkLost when the link ends first, or the car's stack turns it down."""
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if not task.done() or task.cancelled():  # bumble cancels what waits when a link ends
                raise LinkLost("the link to the car broke off")
            return task.result()
        except core.BaseBumbleError as error:
            raise LinkLost(f"the car's Bluetooth stack: {error}") from error
        finally:
            task.cancel()
            gone.cancel()

    def _must_be_up(self) -> None:
        if not self.up:
            raise LinkLost("the link to the car is gone")


async def hang_up(connection: Connection) -> None:
    """Ends a connection, or finds that it is over."""
    with contextlib.suppress(core.BaseBumbleError, TimeoutError):
        await asyncio.wait_for(connection.disconnect(), _HANG_UP_S)
