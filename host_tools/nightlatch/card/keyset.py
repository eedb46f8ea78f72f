# SPDX-License-Identifier: MIT
"""The secrets of one card: diversified from the car's card master key (NXP AN10922), and what follows from them."""

from dataclasses import dataclass, field
from typing import Self

from ..phone import keys
from ..wire import ticket
from .chip import DF_NAME
from .crypto import diversify

KEYS = 5
_ROOT = 0xFF


@dataclass(frozen=True)
class Keyset:
    """Keys 0 to 4 of a card, and its first ticket. A repr shows none of them."""

    uid: bytes
    handle: int
    keys: tuple[bytes, ...] = field(repr=False)
    chain: bytes = field(repr=False)

    @classmethod
    def of(cls, master: bytes, uid: bytes, agent_id: bytes, handle: int) -> Self:
        """The keys of the card with this UID (7 bytes) as the car's credential of this handle.

        Keys 0, 1, 2, 4 come straight from the master key; key 3, the one that the car knows, and the chain of
        tickets come from the card's own root (also diversified), the car's id and the handle.
        """
        access, chain = keys.first_keys(root_of(master, uid), agent_id, handle)
        all_keys = [_key(master, uid, number) for number in range(KEYS)]
        all_keys[ticket.ACCESS_KEY] = access
        return cls(uid, handle, tuple(all_keys), chain)

    def first_ticket(self) -> bytes:
        """The ticket of a card that was never used, 16 bytes. What it holds later nobody but car and card can tell."""
        return ticket.ticket(0, keys.derive(self.chain, ticket.LABEL))


def root_of(master: bytes, uid: bytes) -> bytes:
    """The root key of a card, which the car is enrolled with: 16 bytes."""
    return _key(master, uid, _ROOT)


def _key(master: bytes, uid: bytes, number: int) -> bytes:
    return diversify(master, uid + DF_NAME + b"nightlatch" + bytes([number]))
