# SPDX-License-Identifier: MIT
"""The air: bumble's local link and controllers, with what the real ones do and those leave out.

One advertisement is answered by one central only; a connection request can be cancelled; a scan response is its own; a
reset resets; a controller that is switched off takes its links with it; and a peer's address counts per link, so that
public and random addresses both work and a car may change its own while links are up.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from typing import Any

from bumble import controller, core, hci, link, ll


def quiet() -> None:
    """Silences bumble's own log, unless somebody set a level: what it warns of is what the tests do on purpose."""
    logger = logging.getLogger("bumble")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)

_FORMER_MAX = 32
_FORMER_S = 10.0

_Report = hci.HCI_LE_Extended_Advertising_Report_Event | hci.HCI_LE_Advertising_Report_Event


class Air(link.LocalLink):
    """Where controllers meet. `packets` and `octets` count what data links carried (L2CAP, both directions)."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.packets = 0
        self.octets = 0
        self._made = 0
        self._identities: dict[controller.Controller, hci.Address] = {}
        self._former: dict[controller.Controller, deque[tuple[float, hci.Address]]] = {}

    def new_address(self) -> hci.Address:
        """A public address that nobody else on this air has."""
        self._made += 1
        tail = ":".join(f"{byte:02X}" for byte in self._made.to_bytes(3, "big"))
        return hci.Address(f"02:4E:4C:{tail}", hci.Address.PUBLIC_DEVICE_ADDRESS)

    def identify(self, device: controller.Controller, identity: hci.Address) -> None:
        """Lets centrals reach a peripheral that changes its address under a fixed one, as bonded peers would."""
        self._identities[device] = identity
        self._former[device] = deque(maxlen=_FORMER_MAX)

    def moved(self, device: controller.Controller, address: hci.Address) -> None:
        """An identified peripheral gave up an address just now."""
        self._former[device].append((time.monotonic(), address))

    def advertiser(self, address: hci.Address) -> AirController | None:
        """The controller that advertises with this address just now."""
        for found in self.controllers:
            legacy = found.le_legacy_advertiser
            sets: list[Any] = [legacy, *found.advertising_sets.values()]
            if isinstance(found, AirController) and any(s.enabled and s.address == address for s in sets):
                return found
        return None

    def is_known_as(self, wanted: hci.Address, address: hci.Address, lenient: bool) -> bool:
        """Whether the peripheral that advertises with address is known as wanted, of either type.

        lenient: or was, a moment ago.
        """
        found = self.advertiser(address)
        if found is None or found not in self._identities:
            return False
        names = [self._identities[found]]
        if lenient:
            oldest = time.monotonic() - _FORMER_S
            names += [former for since, former in self._former[found] if since > oldest]
        return any(name.address_bytes == wanted.address_bytes for name in names)

    def remove_controller(self, controller: controller.Controller) -> None:
        self.controllers.discard(controller)
        self._identities.pop(controller, None)
        self._former.pop(controller, None)

    def send_advertising_pdu(self, sender_controller: controller.Controller, packet: ll.AdvertisingPdu) -> None:
        others = [other for other in self.controllers if other is not sender_controller]
        if isinstance(packet, ll.ConnectInd):
            for other in others:  # at once: the next initiator must find the advertiser taken
                other.on_ll_advertising_pdu(packet)
            return
        secrets.SystemRandom().shuffle(others)  # whoever answers first, it is not always the same
        loop = asyncio.get_running_loop()
        for other in others:
            loop.call_soon(other.on_ll_advertising_pdu, packet)

    def send_acl_data(
        self,
        sender_controller: controller.Controller,
        destination_address: hci.Address,
        transport: core.PhysicalTransport,
        data: bytes,
    ) -> None:
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is None or receiver is None:
            return
        self.packets += 1
        self.octets += len(data)
        source = connection.self_address
        asyncio.get_running_loop().call_soon(lambda: receiver.on_link_acl_data(source, transport, data))

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        if self.find_le_controller(receiver_address) is not None:  # else the peer is off the air already
            super().send_ll_control_pdu(sender_address, receiver_address, packet)


class AirController(controller.Controller):
    """A controller on the air, with a public address of its own.

    lenient: its host may ask for the address that a car had until just now. A phone looks for its car again; a tool
    that scanned and then connects would wait for ever.
    """

    lenient = False

    def __init__(self, name: str, air: Air, host_source: Any = None, host_sink: Any = None) -> None:
        address = air.new_address()
        super().__init__(name, host_source, host_sink, link=air, public_address=address)
        self._random_address = hci.Address(address.address_bytes, hci.Address.RANDOM_DEVICE_ADDRESS)
        self.air = air

    def drop_links(self) -> None:
        """Ends every link, falls silent and forgets what was asked for: peers see a supervision time-out."""
        reason = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
        for connection in list(self.le_connections.values()):
            connection.send_ll_control_pdu(ll.TerminateInd(reason))
        self.le_connections.clear()
        self.le_legacy_advertiser.stop()
        for advertising_set in self.advertising_sets.values():
            advertising_set.stop()
        self.advertising_sets.clear()
        self.pending_le_connection = None
        self.le_scan_enable = False

    def switch_off(self) -> None:
        """Leaves the air."""
        self.drop_links()
        self.host = None
        self.air.remove_controller(self)

    def create_le_connection(self, peer_address: hci.Address) -> None:
        peer = self.air.advertiser(peer_address)
        if peer is None or any(c.peer_address == self._own_address() for c in peer.le_connections.values()):
            return  # somebody was quicker, or we are linked already: wait for the next advertisement
        super().create_le_connection(peer_address)

    def _own_address(self) -> hci.Address:
        pending = self.pending_le_connection
        public = pending is not None and pending.own_address_type == hci.OwnAddressType.PUBLIC
        return self.public_address if public else self.random_address

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        pending = self.pending_le_connection
        address = pdu.advertiser_address
        if pending is not None and self.air.is_known_as(pending.peer_address, address, self.lenient):
            pending.peer_address = pdu.advertiser_address
        super().on_advertising_pdu(pdu)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if isinstance(packet, _Report) and _is_scan_response(packet):
            report = packet.reports[0]
            peer = self.air.advertiser(report.address)
            response = peer.le_legacy_advertiser.scan_response_data if peer else b""
            if not response:
                return
            report.data = response
        super().send_hci_packet(packet)

    def on_hci_reset_command(self, _command: hci.HCI_Reset_Command) -> hci.HCI_StatusReturnParameters:
        self.drop_links()
        return super().on_hci_reset_command(_command)

    def on_hci_disconnect_command(self, command: hci.HCI_Disconnect_Command) -> None:
        if self.find_connection_by_handle(command.connection_handle) is None:
            self._send_hci_command_status(hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR, command.op_code)
        else:
            super().on_hci_disconnect_command(command)

    def on_hci_le_set_advertising_parameters_command(
        self, command: hci.HCI_LE_Set_Advertising_Parameters_Command
    ) -> hci.HCI_StatusReturnParameters:
        result = super().on_hci_le_set_advertising_parameters_command(command)
        self.le_legacy_advertiser.advertising_interval_min = command.advertising_interval_min * 5 // 8  # to ms
        return result

    def on_hci_le_set_random_address_command(
        self, command: hci.HCI_LE_Set_Random_Address_Command
    ) -> hci.HCI_StatusReturnParameters:
        taken = any(c is not self and c.random_address == command.random_address for c in self.air.controllers)
        if taken:  # two hosts with one address (a tool's built-in one, say): the second gets another on the air
            command.random_address = hci.Address.generate_static_address()
        return super().on_hci_le_set_random_address_command(command)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


def _is_scan_response(packet: _Report) -> bool:
    if isinstance(packet, hci.HCI_LE_Advertising_Report_Event):
        return packet.reports[0].event_type == hci.HCI_LE_Advertising_Report_Event.EventType.SCAN_RSP
    kind = hci.HCI_LE_Extended_Advertising_Report_Event.EventType.SCAN_RESPONSE
    return bool(packet.reports[0].event_type & kind)

