# SPDX-License-Identifier: MIT
"""The car on the air: a bumble peripheral that speaks for the agent's Bluetooth stack, attribute by attribute."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from bumble import att, core, hci
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Descriptor
from bumble.gatt import Service as GattService
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from ...wire import numbers as n
from . import frames
from .agent import AgentLink
from .air import Air, AirController
from .events import Advert, Answer, Challenge, Connected, Disconnected, Event, Token
from .table import Attribute, Table

_READ = 0x02
_WRITES = 0x0C
_PROPERTIES = 0xFF

CHALLENGE = core.UUID(n.UUID_CHALLENGE)
TOKEN = core.UUID(n.UUID_TOKEN)
ANSWER = core.UUID(n.UUID_ANSWER)


class CarRadio:
    """One agent's peripheral, from its registration to its end.

    tell: where events go; lose: asked whether the answer that is about to leave is lost on the way.
    """

    def __init__(
        self,
        air: Air,
        identity: hci.Address,
        agent: AgentLink,
        mtu: int,
        table: Table,
        tell: Callable[[Event], None],
        lose: Callable[[], bool],
    ) -> None:
        self._agent = agent
        self._tell = tell
        self._lose = lose
        self._links: dict[int, Connection] = {}
        self._values: dict[int, Characteristic[bytes]] = {}
        self._controller = AirController("car", air)
        # advertises with legacy commands: the ones that every stack of the boards has
        self._controller.le_features &= ~hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        air.identify(self._controller, identity)
        host = Host(self._controller, AsyncPipeSink(self._controller))
        self._device = Device(name=table.name, address=hci.Address(identity.address_bytes), host=host)
        self._device.gatt_server.max_mtu = mtu
        for service in table.services:
            values = [self._characteristic(attribute) for attribute in service.characteristics]
            self._device.add_service(GattService(service.uuid, values))
        self._device.on(Device.EVENT_CONNECTION, self._on_connection)

    async def start(self) -> None:
        """Powers the peripheral on."""
        await self._device.power_on()

    def stop(self) -> None:
        """Takes the peripheral off the air; every central sees its link time out."""
        self._device.remove_listener(Device.EVENT_CONNECTION, self._on_connection)
        self._controller.switch_off()
        for link, connection in list(self._links.items()):
            self._tell(Disconnected(link, str(connection.peer_address)))
        self._links.clear()

    @property
    def links(self) -> int:
        """Centrals that are connected."""
        return len(self._links)

    async def advertise(self, fields: bytes) -> None:
        """Advertises as the agent's ADVERTISE frame says. Raises FrameError."""
        interval, random = frames.unpack("IB", fields)
        connectable, size = frames.unpack("BB", fields[11:])
        address = hci.Address(fields[10:4:-1], hci.AddressType(random))
        data, response = fields[13 : 13 + size], fields[13 + size :]
        await self.silence()
        if random:
            self._controller.air.moved(self._controller, self._device.random_address)
            self._device.random_address = address
            await self._device.send_sync_command(hci.HCI_LE_Set_Random_Address_Command(random_address=address))
        if connectable:
            await self._device.start_advertising(
                own_address_type=hci.OwnAddressType(random),
                advertising_data=data,
                scan_response_data=response,
                advertising_interval_min=interval / 1000,
                advertising_interval_max=interval / 1000,
            )
        self._tell(Advert(str(address).removesuffix("/P"), data))

    async def silence(self) -> None:
        """Stops advertising."""
        await self._device.stop_advertising()

    async def notify(self, fields: bytes) -> None:
        """Sends a notification, to whoever listens or not: the boards' stacks don't look either."""
        link, handle = frames.unpack("HH", fields)
        connection, attribute = self._links.get(link), self._values.get(handle)
        value = fields[4:]
        if connection is None or attribute is None:
            return
        if attribute.uuid == ANSWER:
            lost = self._lose()
            self._tell(Answer(link, value, lost))
            if lost:
                return
        elif attribute.uuid == CHALLENGE:
            self._tell(Challenge(link, value))
        await self._device.gatt_server.notify_subscriber(connection, attribute, value, force=True)

    async def indicate(self, fields: bytes) -> None:
        """Sends an indication and tells the agent how it went."""
        link, handle = frames.unpack("HH", fields)
        connection, attribute = self._links.get(link), self._values.get(handle)
        if connection is None or attribute is None:
            return
        status = 1
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await self._device.gatt_server.indicate_subscriber(connection, attribute, fields[4:], force=True)
            status = 0
        self._agent.send(frames.confirmed(link, handle, status))

    async def update(self, fields: bytes) -> None:
        """Notifies all who subscribed of a new value."""
        (handle,) = frames.unpack("H", fields)
        if attribute := self._values.get(handle):
            await self._device.gatt_server.notify_subscribers(attribute, fields[2:])

    async def hang_up(self, fields: bytes) -> None:
        """Ends a link."""
        (link,) = frames.unpack("H", fields)
        connection = self._links.get(link)
        if connection is None:
            self._agent.send(frames.gone(link))
            return
        with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error, asyncio.CancelledError):
            await connection.disconnect()

    # --- bumble's events

    def _on_connection(self, connection: Connection) -> None:
        link, peer = connection.handle, connection.peer_address
        self._links[link] = connection
        connection.on(Connection.EVENT_DISCONNECTION, lambda reason: self._on_disconnection(link))
        connection.on(
            Connection.EVENT_CONNECTION_ATT_MTU_UPDATE,
            lambda: self._agent.send(frames.mtu(link, connection.att_mtu)),
        )
        self._agent.send(frames.connected(link, not peer.is_public, bytes(peer)[::-1]))
        self._tell(Connected(link, str(peer)))

    def _on_disconnection(self, link: int) -> None:
        connection = self._links.pop(link, None)
        if connection is not None:
            self._agent.send(frames.gone(link))
            self._tell(Disconnected(link, str(connection.peer_address)))

    # --- attributes

    def _characteristic(self, attribute: Attribute) -> Characteristic[bytes]:
        properties = Characteristic.Properties(attribute.flags & _PROPERTIES)
        descriptors = [Descriptor(d.uuid, _permissions(d.flags), self._value(d)) for d in attribute.descriptors]
        access = _permissions(attribute.flags)
        value: Characteristic[bytes] = Characteristic(
            attribute.uuid, properties, access, self._value(attribute), descriptors
        )
        self._values[attribute.handle] = value
        return value

    def _value(self, attribute: Attribute) -> CharacteristicValue[bytes]:
        async def read(connection: Connection) -> bytes:
            if not attribute.flags & _READ:
                raise att.ATT_Error(att.ATT_READ_NOT_PERMITTED_ERROR)
            value = await self._agent.read(connection.handle, attribute.handle)
            if attribute.uuid == CHALLENGE:
                self._tell(Challenge(connection.handle, value))
            return value

        async def write(connection: Connection, value: bytes) -> None:
            if not attribute.flags & _WRITES:
                raise att.ATT_Error(att.ATT_WRITE_NOT_PERMITTED_ERROR)
            if attribute.uuid == TOKEN:
                self._tell(Token(connection.handle, value))
            await self._agent.write(connection.handle, attribute.handle, value)

        return CharacteristicValue(read=read, write=write)


def _permissions(flags: int) -> att.Attribute.Permissions:
    permissions = att.Attribute.Permissions(0)
    if flags & _READ:
        permissions |= att.Attribute.READABLE
    if flags & _WRITES:
        permissions |= att.Attribute.WRITEABLE
    return permissions
