# SPDX-License-Identifier: MIT
"""A phone's Bluetooth side: finds its car among all that advertise, keeps the link warm, carries tokens and answers."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from bumble import core, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Device
from bumble.transport import open_transport

from ..wire import numbers as n
from . import advert
from .ble_link import CarLink, hang_up
from .errors import CarNotFound, LinkLost, NotACar, PhoneError

CONNECT_S = 0.5  # a car that changed its address meanwhile is looked for again
_SERVICE = core.UUID(n.UUID_SERVICE)


class BlePhone:
    """One phone and one car.

    device: a bumble Device that is powered on, this phone's alone; veil_key: the car's, 16 bytes. Without one any car
    will do: that is what a stranger sees.
    """

    def __init__(self, device: Device, veil_key: bytes | None = None) -> None:
        self._device = device
        self._veil_key = veil_key
        self._link: CarLink | None = None
        self._busy = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """Whether a link to the car is up."""
        return self._link is not None and self._link.up

    async def connect(self, timeout: float = 5.0) -> None:
        """Finds the car and connects; does nothing on a warm link. timeout in seconds. Raises PhoneError."""
        async with self._busy:
            try:
                async with asyncio.timeout(timeout):
                    await self._ensure()
            except TimeoutError as error:
                raise CarNotFound(f"no car answered within {timeout:g} s") from error

    async def transact(self, make_token: Callable[[bytes], bytes], timeout: float = 5.0) -> bytes | None:
        """One token, one answer of 16 bytes, None when none came in time: the car may have acted all the same.

        make_token is called with a live challenge of 16 bytes; it is called again, with another one, when the car had
        replaced the first while the token was on its way. Connects first where need be. Raises PhoneError when the
        token never left, and what make_token raises.
        """
        async with self._busy:
            sent = False

            def token(challenge: bytes) -> bytes:
                nonlocal sent
                made = make_token(challenge)
                sent = True
                return made

            try:
                async with asyncio.timeout(timeout):
                    return await self._transact(token)
            except TimeoutError as error:
                if sent:
                    return None
                raise CarNotFound(f"no car answered within {timeout:g} s") from error

    async def disconnect(self) -> None:
        """Hangs up."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _transact(self, make_token: Callable[[bytes], bytes]) -> bytes | None:
        while True:
            link = await self._ensure()
            try:
                challenge = await link.challenge()
            except LinkLost:
                continue  # put out, or the car restarted: nothing was sent yet
            answer, crossed = await link.present(make_token(challenge))
            if not crossed:
                return answer

    async def _ensure(self) -> CarLink:
        while self._link is None or not self._link.up:
            try:
                self._link = await self._open()
            except (LinkLost, NotACar):
                await asyncio.sleep(0.02)  # the car had no place, or is no car of ours: look again
        return self._link

    async def _open(self) -> CarLink:
        address = await self._find()
        try:
            connection = await self._device.connect(address, timeout=CONNECT_S)
        except core.BaseBumbleError as error:
            raise LinkLost("the car did not answer") from error
        except asyncio.CancelledError:
            await self._give_up(address)
            raise
        try:
            return await CarLink.open(connection)
        except BaseException:
            await hang_up(connection)
            raise

    async def _give_up(self, address: hci.Address) -> None:
        """Takes a connection request back, or the connection that it led to."""
        with contextlib.suppress(core.BaseBumbleError):
            await self._device.send_sync_command(hci.HCI_LE_Create_Connection_Cancel_Command())
        for connection in list(self._device.connections.values()):
            if connection.peer_address == address:
                await hang_up(connection)

    async def _find(self) -> hci.Address:
        """The address that our car advertises with now."""
        found: asyncio.Future[hci.Address] = asyncio.get_running_loop().create_future()

        def on_advertisement(seen: Advertisement) -> None:
            if not found.done() and seen.is_connectable and self._is_ours(seen.data):
                found.set_result(seen.address)

        self._device.on(Device.EVENT_ADVERTISEMENT, on_advertisement)
        try:
            await self._device.start_scanning(active=False)
            return await found
        finally:
            self._device.remove_listener(Device.EVENT_ADVERTISEMENT, on_advertisement)
            await self._device.stop_scanning()

    def _is_ours(self, data: AdvertisingData) -> bool:
        services = data.get(AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
        if _SERVICE not in (services or ()):
            return False
        salted = advert.payload(data.get(AdvertisingData.Type.MANUFACTURER_SPECIFIC_DATA))
        return bool(salted) and (self._veil_key is None or advert.is_ours(self._veil_key, salted))


@contextlib.asynccontextmanager
async def open_hci(spec: str, name: str = "phone") -> AsyncIterator[Device]:
    """A bumble Device, powered on, over a controller that spec names (tcp-client:HOST:PORT, usb:0, …).

    Raises PhoneError when there is none.
    """
    logger = logging.getLogger("bumble")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
    try:
        transport = await open_transport(spec)
    except (OSError, core.BaseBumbleError, ValueError) as error:
        raise PhoneError(f"{spec}: no Bluetooth controller: {error}", code="no_controller") from error
    async with transport:
        address = hci.Address.generate_static_address()
        device = Device.with_hci(name, address, transport.source, transport.sink)
        try:
            async with asyncio.timeout(5.0):
                await device.power_on()
        except TimeoutError as error:
            raise PhoneError(f"{spec}: the controller does not answer", code="no_controller") from error
        yield device
