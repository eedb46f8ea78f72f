# SPDX-License-Identifier: MIT
"""A device and a vault: claims and sessions. The vault knows of every change before the device is asked for it."""

import secrets
from collections.abc import Callable

from ..device.client import DeviceClient
from ..device.frames import refusal
from ..device.types import Hello
from ..errors import Refused
from ..phone import keys
from ..vault.records import ACTIVE, PENDING, Car
from ..vault.vault import Vault
from ..wire import numbers as n
from .session import Session


class Client(DeviceClient):
    """One device, and what a vault makes of it. Its methods raise HostErrors that name the port.

    `waits`: see Session; of each session that is opened.
    """

    waits: Callable[[Refused], None] | None = None

    def claim(self, vault: Vault) -> Car:
        """Makes a blank device ours. The vault holds the car as pending first, so no cut of the cable loses a device.

        A device that took a claim of this vault whose answer was lost is recognised and completed.
        """
        hello = self.hello()
        if hello.state == n.AGENT_CLAIMED:
            return self._complete(vault, hello)
        if hello.state != n.AGENT_BLANK:
            raise Refused("its store is damaged", "see `nightlatch device info`", code="faulty", device=self.url)
        agent_id, claim_key = secrets.token_bytes(n.AGENT_ID_SIZE), secrets.token_bytes(n.KEY_SIZE)
        veil, log_key, link_key = keys.car_keys(agent_id, claim_key)
        car = Car(hello.serial, agent_id, veil, log_key, link_key, 0, hello.board, state=PENDING)
        vault.add_car(car, replace_existing=True)  # it is blank: what the vault held was of a life that is over
        self.take(agent_id, claim_key)
        return self._complete(vault, hello)

    def _complete(self, vault: Vault, hello: Hello) -> Car:
        car = next((car for car in vault.cars() if car.serial == hello.serial), None)
        if car is None or car.state == ACTIVE and hello.state == n.AGENT_CLAIMED:
            raise Refused("it is claimed already", "only its vault can open it", code="not_blank", device=self.url)
        with self._session(vault, hello.serial) as session:
            session.status()
        vault.set_car_state(hello.serial, ACTIVE)
        return vault.car(hello.serial)

    def session(self, vault: Vault) -> Session:
        """An authenticated session with the device on this port. Use it in a with statement."""
        hello = self.hello()
        if hello.state != n.AGENT_CLAIMED:
            code = n.C_NOT_CLAIMED if hello.state == n.AGENT_BLANK else n.C_FAULT
            raise refusal(code, self.url)
        return self._session(vault, hello.serial)

    def _session(self, vault: Vault, serial: str) -> Session:
        car = vault.car(serial)
        session = Session(self._frames, self.open_session(car.link_key, car.link_epoch), vault, car)
        session.waits = self.waits
        session.status()  # the first record proves us to the car, its answer the car to us
        vault.update_link(serial, keys.next_key(car.link_key), car.link_epoch + 1)
        return session
