# SPDX-License-Identifier: MIT
"""For a workshop's own scripts: the one device that is here, or every device that is plugged in, one after the other.

    from nightlatch.scripting import multi
    from nightlatch.vault import Vault

    vault = Vault.open(path, passphrase)
    for client in multi():                      # plug in, provision, print the label, next
        car = client.claim(vault)
        with client.session(vault) as session:
            print(car.serial, session.status())

Everything raises `nightlatch.errors.HostError` for what is expected to fail; none of it prints.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import HostError
from .link import Found, choose, find
from .workshop.client import Client

__all__ = ["multi", "single"]


@contextmanager
def single(port: str | None = None, timeout: float = 3.0, board: str | None = None) -> Iterator[Client]:
    """The device at a port's URL, or the only one (of that board); raises NoDevice, SeveralDevices, PortUnavailable."""
    with Client.open(choose(port, board=board), timeout) as client:
        yield client


def multi(
    timeout: float = 3.0,
    patience: float | None = None,
    initial: bool = True,
    again: bool = False,
    ports: Callable[[], list[Found]] = find,
    poll: float = 0.25,
) -> Iterator[Client]:
    """Each device as it is plugged in, open until the next one is asked for.

    `initial`: also those that are here already. `again`: a serial that was here before counts as well. Ends when
    nothing came for `patience` seconds, never if that is None. A port where no agent answers is asked again until one
    does.
    """
    known = set() if initial else {one.url for one in ports()}
    served: set[str] = set()
    end = time.monotonic() + (patience or 0)
    while patience is None or time.monotonic() < end:
        here = {one.url for one in ports()}
        known &= here
        for url in sorted(here - known):
            heard = _heard(url, timeout)
            if heard is None:
                continue
            known.add(url)
            client, serial = heard
            with client:
                if again or serial not in served:
                    served.add(serial)
                    yield client
                    end = time.monotonic() + (patience or 0)
        time.sleep(poll)


def _heard(url: str, timeout: float) -> tuple[Client, str] | None:
    """The open client and the serial of what answers at a port; None if nothing does, yet."""
    try:
        client = Client.open(url, timeout)
    except HostError:
        return None
    try:
        return client, client.hello().serial
    except HostError:
        client.close()
        return None
