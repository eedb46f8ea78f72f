# SPDX-License-Identifier: MIT
"""What can go wrong with a card."""

from ..errors import HostError

_STATUS = {
    0x911C: "it does not know the command",
    0x911E: "it did not accept the protection of the command",
    0x9140: "it has no such key",
    0x917E: "it did not accept the length",
    0x919D: "its settings do not allow that, or the key is blocked",
    0x919E: "it did not accept a parameter",
    0x91AD: "it slows down after too many failed authentications: keep trying",
    0x91AE: "it did not accept the key",
    0x91BE: "the file is shorter",
    0x91CA: "a command before was not finished",
    0x91EE: "its memory failed",
    0x91F0: "it has no such file",
    0x6A82: "it has no such application or file",
    0x6982: "it does not allow that without a key",
}


class CardError(HostError):
    """Base of what a card, or what stands between, does wrong."""

    code = "card"


class CardLost(CardError):
    """The card left the reader, or never came; what it had been told is done or not done, never half."""

    code = "card_lost"
    hint = "hold the card to the reader and run the same command again: it goes on where it stopped"


class CardRefused(CardError):
    """The card answered with an error; `status` is its status word."""

    code = "card_refused"

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"the card refused {what}: {_STATUS.get(status, 'status')} ({status:04X})", "")
        self.status = status


class CardForged(CardError):
    """What came back does not verify: another card, a clone, or somebody in between."""

    code = "card_forged"
    hint = "take another card"
