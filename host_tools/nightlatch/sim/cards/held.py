# SPDX-License-Identifier: MIT
"""Virtual ISO/IEC 14443-4 type A cards: what can be held to the virtual reader."""

import os

from nightlatch.phone.nfc import NfcPhone, TokenMaker
from nightlatch.sim.cards.card import Card
from nightlatch.sim.cards.ntag424.chip import Ntag424
from nightlatch.sim.cards.ntag424.state import State
from nightlatch.wire import numbers

__all__ = ["Card", "Ntag424", "PhoneCard", "Recorded", "State"]


class PhoneCard(Card):
    """A phone in card emulation, as the field sees it: a UID that changes with each tap, and our application.

    holder makes the tokens; action and flags go into them; `phone` holds the results.
    """

    def __init__(self, holder: TokenMaker, action: int, flags: int = 0, body: bytes | None = None) -> None:
        super().__init__(b"\x08" + os.urandom(3))
        self.phone = NfcPhone(holder, action, flags, body)

    def transceive(self, apdu: bytes) -> bytes:
        """What the phone's application answers."""
        return self.phone.transceive(apdu)

    def reset(self) -> None:
        """The phone's system tells its application that the field is gone."""
        self.phone.reset()

    def entered(self) -> None:
        """A new random UID (ISO/IEC 14443-3: first byte 08)."""
        self.uid = b"\x08" + os.urandom(3)

    def closes(self, apdu: bytes) -> bool:
        """True for the APDU that brings the car's answer."""
        return apdu[:2] == bytes([numbers.CLA, numbers.INS_ANSWER])

    def wants_more(self) -> bool:
        """True while the holder has something to say with its next token, such as the question why."""
        return bool(self.phone.results and getattr(self.phone.results[-1], "again", False))


class Recorded:
    """A token that was recorded earlier, given to whatever challenge comes: what an attacker holds to the reader."""

    def __init__(self, token: bytes) -> None:
        self._token = token

    def token(self, challenge: bytes, action: int, flags: int = 0) -> bytes:
        """The recorded one."""
        return self._token

    def answer(self, answer: bytes) -> bytes:
        """The car's bytes as they are."""
        return answer
