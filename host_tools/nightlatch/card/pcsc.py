# SPDX-License-Identifier: MIT
"""A PC/SC reader at the desk, by pyscard; which is optional."""

import time
from typing import Any

from ..errors import HostError, NoDevice, SeveralDevices
from .errors import CardError, CardLost

_LOOK = 0.1


class PcscReader:
    """One reader of the PC/SC service. `name`: part of its name, needed when there are several."""

    def __init__(self, name: str = "") -> None:
        try:
            from smartcard.Exceptions import SmartcardException
            from smartcard.pcsc.PCSCExceptions import BaseSCardException
            from smartcard.System import readers
        except ImportError:
            hint = "install it: pip install pyscard; or use the car's own reader: --reader car"
            raise HostError("a PC/SC reader needs the package pyscard", hint, code="no_pyscard") from None
        self._fault: tuple[type[Exception], ...] = (SmartcardException, BaseSCardException)
        try:
            found = [reader for reader in readers() if name.lower() in str(reader).lower()]
        except self._fault as error:
            raise NoDevice(f"the PC/SC service does not answer ({error})", "start pcscd") from None
        if not found:
            raise NoDevice("there is no such PC/SC reader", "plug one in, or use --reader car")
        if len(found) > 1:
            names = ", ".join(map(str, found))
            raise SeveralDevices(f"there are several PC/SC readers: {names}", "name one: --reader pcsc:NAME")
        self._reader = found[0]
        self._connection: Any = None

    def wait(self, seconds: float) -> bytes:
        """Waits for a card. CardLost when none comes. PC/SC tells no UID before it is asked for: empty."""
        end = time.monotonic() + seconds
        self.close()
        while True:
            connection = self._reader.createConnection()
            try:
                connection.connect()
                self._connection = connection
                return b""
            except self._fault:
                if time.monotonic() >= end:
                    raise CardLost("no card came to the PC/SC reader", "put one on it") from None
            time.sleep(_LOOK)

    def transceive(self, apdu: bytes) -> bytes:
        """The response APDU. CardLost when the card left."""
        if self._connection is None:
            raise CardError("no card is connected", "put one on the reader")
        try:
            data, first, second = self._connection.transmit(list(apdu))
        except self._fault:
            self.close()
            raise CardLost("the card left the PC/SC reader") from None
        return bytes([*data, first, second])

    def close(self) -> None:
        """Lets the card go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.disconnect()
            except self._fault:
                pass  # it is gone already
