# SPDX-License-Identifier: MIT
"""A thief's recorder: every frame on the air of one car, on both links."""

from ...wire import numbers as n
from ..car.car import Car
from ..radio.events import Answer, Challenge, Event, Token
from ..reader.field import Exchange


class Tape:
    """Records from the moment it is made."""

    def __init__(self, car: Car) -> None:
        self._ble: list[tuple[str, bytes]] = []
        self._nfc: list[Exchange] = []
        car.radio.listeners.append(self._air)
        car.reader.listeners.append(self._nfc.append)

    def _air(self, event: Event) -> None:
        if isinstance(event, Challenge | Token | Answer):
            self._ble.append((type(event).__name__.lower(), bytes(event.data)))

    def ble_frames(self) -> list[bytes]:
        """Whatever was said over BLE, in either direction."""
        return [data for _, data in self._ble]

    def tokens(self) -> list[bytes]:
        """Every token of either link, each once."""
        over_nfc = [
            bytes(exchange.response[:-2])
            for exchange in self._nfc
            if exchange.response is not None and exchange.apdu[:2] == bytes([n.CLA, n.INS_CHALLENGE])
        ]
        over_ble = [data for name, data in self._ble if name == "token"]
        return [token for token in dict.fromkeys(over_ble + over_nfc) if len(token) >= n.TOKEN_SIZE]

    def last_tap(self) -> tuple[int, int]:
        """(APDUs, bytes of them and of their responses) of the last tap."""
        start = max(at for at, exchange in enumerate(self._nfc) if exchange.apdu[:2] == b"\x00\xa4")
        tap = self._nfc[start:]
        return len(tap), sum(len(exchange.apdu) + len(exchange.response or b"") for exchange in tap)
