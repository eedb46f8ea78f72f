# SPDX-License-Identifier: MIT
"""What a virtual ISO/IEC 14443-4 type A card is to the virtual reader."""

from abc import ABC, abstractmethod


class Card(ABC):
    """A card in the field: UID (4, 7 or 10 bytes), SEL_RES, SENS_RES and ATS (its length byte included).

    `delay` makes it slow, in seconds for each APDU; `mute` makes it say nothing once it is activated.
    """

    sens_res = 0x0004
    sak = 0x20
    ats = bytes.fromhex("0578808102")

    def __init__(self, uid: bytes) -> None:
        self.uid = uid
        self.delay = 0.0
        self.mute = False

    @abstractmethod
    def transceive(self, apdu: bytes) -> bytes:
        """The response APDU, data and status word, to a command APDU."""

    def reset(self) -> None:
        """The card lost power or was deselected: what a session had built up is gone."""

    def entered(self) -> None:
        """The card was brought into the field."""

    def closes(self, apdu: bytes) -> bool:
        """Whether this APDU is the last one of its transaction."""
        return False

    def wants_more(self) -> bool:
        """Whether the card, its transaction over, hopes for another one in the same tap."""
        return False

