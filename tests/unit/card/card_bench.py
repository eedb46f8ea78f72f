# SPDX-License-Identifier: MIT
"""What the card tests share: a virtual card as a reader sees it, and keys for it."""

import pytest

from nightlatch.card import CardLost, CardRefused, Chip, Keyset, Personaliser
from nightlatch.sim.cards.held import Ntag424
from nightlatch.sim.cards.ntag424.chip import Torn

UID = bytes.fromhex("04112233445566")
ZERO = bytes(16)
SELECT = bytes.fromhex("00A4040007D276000085010100")


class Desk:
    """One virtual card at a reader that counts its APDUs."""

    def __init__(self, card: Ntag424 | None = None) -> None:
        self.card = card or Ntag424(UID)
        self.apdus: list[bytes] = []

    def transceive(self, apdu: bytes) -> bytes:
        """What the card answers; CardLost when it was torn away."""
        self.apdus.append(apdu)
        try:
            return self.card.transceive(apdu)
        except Torn:
            raise CardLost("torn") from None

    def chip(self, key_no: int | None = None, key: bytes = ZERO) -> Chip:
        """The host's view of it, application selected, authenticated if a key is named."""
        chip = Chip(self.transceive)
        chip.select()
        if key_no is not None:
            chip.authenticate(key_no, key)
        return chip

    def people(self) -> Personaliser:
        """A personaliser at this reader."""
        return Personaliser(Chip(self.transceive))

    def raw(self, text: str) -> str:
        """APDU and response in hex."""
        return self.card.transceive(bytes.fromhex(text)).hex().upper()


def keyset(uid: bytes = UID, handle: int = 5, master: bytes = b"m" * 16) -> Keyset:
    """Keys of a card of some car."""
    return Keyset.of(master, uid, b"a" * 16, handle)


def status(chip: Chip, ins: int, head: str, data: bytes = b"", mode: int = 3) -> int:
    """The status word that a command is refused with."""
    with pytest.raises(CardRefused) as refused:
        chip.command(ins, bytes.fromhex(head), data, mode)
    return refused.value.status
