# SPDX-License-Identifier: MIT
"""The unit under test: found by its serial number, opened with a vault, reset and cut from its power."""

import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nightlatch.device.types import Hello, KeyInfo, Status
from nightlatch.errors import HostError, NoDevice
from nightlatch.link import Link, find, open_link
from nightlatch.vault import Vault
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session

T = TypeVar("T")
MARK = "test_unit"
BACK_S = 90.0  # until a unit that was reset answers again
PAUSE_S = 0.1


class NotForTests(Exception):
    """The unit must not be touched. The text says why, and what would make it one."""


@dataclass
class Unit:
    """`port`: a URL, or None where the unit is looked for on every port that a board definition names.

    `power`: a command line that cuts the power and returns when it is on again.
    """

    serial: str
    vault: Vault
    port: str | None = None
    power: str | None = None
    timeout: float = 5.0

    def url(self) -> str:
        """Where the unit is now: a USB port may have another name after each start. NoDevice when it is nowhere."""
        if self.port:
            return self.port
        urls = [one.url for one in find()]
        for url in urls:
            try:
                with Client.open(url, self.timeout) as client:
                    if client.hello().serial == self.serial:
                        return url
            except HostError:
                continue
        raise NoDevice(f"{self.serial} answers on none of {', '.join(urls) or 'no port at all'}")

    def admit(self) -> None:
        """NotForTests unless the unit is ours and bears the mark. Nothing is changed but the step of the link key."""
        if self.serial not in {car.serial for car in self.vault.cars()}:
            raise NotForTests(f"{self.serial} is not in this vault: claim it first")
        if self.hello().serial != self.serial:
            raise NotForTests(f"{self.serial} is not what answers at {self.port}")
        if self.session(lambda session: session.config_get(MARK)) != 1:
            raise NotForTests(f"{self.serial} is not marked as a test unit: `nightlatch config set {MARK} 1`")

    def raw(self) -> Link:
        """The bare bytes of its port."""
        return open_link(self.url(), self.timeout)

    def ask(self, work: Callable[[Client], T]) -> T:
        """Work with a client, outside of a session."""
        with Client.open(self.url(), self.timeout) as client:
            return work(client)

    def hello(self) -> Hello:
        """What it tells anybody."""
        return self.ask(lambda client: client.hello())

    def session(self, work: Callable[[Session], T]) -> T:
        """Work inside a session."""

        def inside(client: Client) -> T:
            with client.session(self.vault) as session:
                return work(session)

        return self.ask(inside)

    def status(self) -> Status:
        """How it is."""
        return self.session(lambda session: session.status())

    def key(self, handle: int) -> KeyInfo:
        """A key as the unit has it."""
        return next(key for key in self.session(lambda session: session.keys()) if key.handle == handle)

    def back(self) -> Status:
        """Waits until it answers again."""
        end = time.monotonic() + BACK_S
        while True:
            try:
                return self.status()
            except HostError:
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE_S)

    def reset(self) -> Status:
        """A reset that the technician asks for."""
        before = self.status().boots
        self.session(lambda session: session.reboot())
        end = time.monotonic() + BACK_S
        while (status := self.back()).boots == before and time.monotonic() < end:
            time.sleep(PAUSE_S)
        return status

    def cut(self) -> Status:
        """No power for a while, then power again."""
        assert self.power is not None
        subprocess.run(shlex.split(self.power), check=True, timeout=BACK_S)
        return self.back()
