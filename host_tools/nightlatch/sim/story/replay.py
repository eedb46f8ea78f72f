# SPDX-License-Identifier: MIT
"""Replays recorded frames against a car: over BLE as a central of its own, over NFC as a card."""

import os

from ...phone.ble import BlePhone
from ...wire import numbers as n
from ..car.car import Car
from ..cards.held import Card

_OK = b"\x90\x00"


class ReplayCard(Card):
    """Does all that our phone does, with a token that was recorded earlier."""

    def __init__(self, token: bytes) -> None:
        super().__init__(b"\x08" + os.urandom(3))
        self._token = token

    def transceive(self, apdu: bytes) -> bytes:
        """Version, the old token, thanks."""
        if apdu[:2] == b"\x00\xa4":
            return bytes([n.PROTOCOL]) + _OK
        return self._token + _OK if apdu[1] == n.INS_CHALLENGE else _OK

    def closes(self, apdu: bytes) -> bool:
        """True for the APDU that brings the car's answer."""
        return apdu[1] == n.INS_ANSWER


async def replay_ble(car: Car, frames: list[bytes]) -> int:
    """Writes each frame to a fresh challenge of the car and waits for what it says; returns how many were written."""
    phone = BlePhone(await car.radio.central("thief"), None)
    sent = 0
    for recorded in dict.fromkeys(frames):
        await phone.transact(lambda challenge, data=recorded: data, 0.5)  # type: ignore[misc]
        sent += 1
    await phone.disconnect()
    return sent
