# SPDX-License-Identifier: MIT
"""Makes the vectors of our own use of key cards: diversified keys, tickets, and whole taps. Run it to publish them.

The host's library and the virtual card make them, with fixed random numbers; the agent must send the same APDUs.
"""

import json
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

from nightlatch.card import Chip, Keyset
from nightlatch.card.keyset import root_of
from nightlatch.phone.keys import derive, next_chain
from nightlatch.sim.cards.held import Ntag424
from nightlatch.wire import ticket

FILE = Path(__file__).with_name("card.json")
MASTER = bytes(range(16))
AGENT_ID = bytes(range(0x20, 0x30))
RANDOM = bytes(range(0x60, 0x70))  # the reader's, which goes into the next chain key


def keysets() -> list[dict[str, Any]]:
    """Keys and tickets of two cards."""
    made = []
    for uid, handle in ((bytes.fromhex("04112233445566"), 1), (bytes.fromhex("04AABBCCDDEEFF"), 0x1234)):
        keys = Keyset.of(MASTER, uid, AGENT_ID, handle)
        made.append(
            {
                "master": MASTER.hex(),
                "uid": uid.hex(),
                "agent_id": AGENT_ID.hex(),
                "handle": handle,
                "root": root_of(MASTER, uid).hex(),
                "keys": [key.hex() for key in keys.keys],
                "chain": keys.chain.hex(),
                "record": ticket.record(handle).hex(),
                "ticket": keys.first_ticket().hex(),
            }
        )
    return made


def chain_at(epoch: int) -> bytes:
    """The chain key of the first card's epoch; the random numbers before were all alike."""
    chain = Keyset.of(MASTER, bytes.fromhex("04112233445566"), AGENT_ID, 1).chain
    for _ in range(epoch):
        chain = next_chain(chain, bytes(16))
    return chain


def ticket_of(epoch: int, chain: bytes) -> bytes:
    return ticket.ticket(epoch, derive(chain, ticket.LABEL))


def tap(epoch: int) -> dict[str, Any]:
    """A whole tap of a card that is at this epoch: APDUs and responses in order."""
    uid = bytes.fromhex("04112233445566")
    keys = Keyset.of(MASTER, uid, AGENT_ID, 1)
    card = Ntag424(uid)
    card.state.keys = list(keys.keys)
    card.state.files[2].data = ticket.record(1) + bytes(248)
    places = bytearray(128)
    for one in (epoch - 1, epoch):
        if one >= 0:
            places[ticket.place(one) : ticket.place(one) + ticket.TICKET_SIZE] = ticket_of(one, chain_at(one))
    card.state.files[3].data = bytes(places)
    said: list[list[str]] = []

    def carry(apdu: bytes) -> bytes:
        response = card.transceive(apdu)
        said.append([apdu.hex(), response.hex()])
        return response

    numbers = cycle([bytes(range(0x40, 0x50)), RANDOM, bytes(range(0x80, 0x84))])
    with patch("os.urandom", lambda count: next(numbers)):
        chip = Chip(carry)
        chip.select()
        chip.read_plain(4, 0, ticket.RECORD_SIZE)
        chip.authenticate(ticket.ACCESS_KEY, keys.keys[ticket.ACCESS_KEY])
        chip.read(ticket.TICKET_FILE, 0, ticket.TICKETS_SIZE)
        following = next_chain(chain_at(epoch), RANDOM)
        chip.write(ticket.TICKET_FILE, ticket.place(epoch + 1), ticket_of(epoch + 1, following))
    values = {"random": RANDOM.hex(), "chain": chain_at(epoch).hex(), "next_chain": following.hex()}
    return {"epoch": epoch, **values, "apdus": said}


def whole() -> dict[str, Any]:
    """The file's contents."""
    return {"keysets": keysets(), "taps": [tap(epoch) for epoch in (0, 1, 6)]}


if __name__ == "__main__":
    FILE.write_text(json.dumps(whole(), indent=1) + "\n")
