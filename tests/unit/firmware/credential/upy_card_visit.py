# SPDX-License-Identifier: MIT
"""Runs under MicroPython: which of a card's two tickets counts, in whichever place each of them stands."""

from agent.credential.card import Visit
from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from tests.kit.target import run
from wire import numbers as n
from wire import ticket as t

CHAIN = b"chain key of now"
EPOCH = 40


class Cred:
    """A card as the store has it: the epoch accepted last, or the first one of all."""

    identity, chain, epoch, state = b"identity key...!", CHAIN, EPOCH, n.CRED_ACTIVE

    def __init__(self, accepted=1):
        self.accepted = accepted


class Open:
    """A session past its proof: the answer is the plain data."""

    def answer(self, response, size):
        assert len(response) == size
        return response


def ticket(epoch, good=True):
    key = CHAIN
    for _ in range(epoch - EPOCH):
        key = Cmac(key).mac(b"next")
    made = t.ticket(epoch, kdf.derive(Cmac(key), t.LABEL))
    return made if good else made[:5] + bytes((made[5] ^ 1,)) + made[6:]


def judged(one, other, accepted=1):
    """The visit of a card with these tickets; the place of each says nothing."""
    seen = []
    for both in (one + other, other + one):
        visit = Visit(Cred(accepted), bytes(32))
        setattr(visit, "_session", Open())  # noqa: B010
        visit.tickets(both)
        seen.append((visit.reason, visit.copied, visit.step[0] if visit.reason == n.OK else 0, visit.ahead))
    assert seen[0] == seen[1], seen
    return seen[0]


def test_the_newer_one_counts():
    for ahead in range(1, n.EPOCH_AHEAD + 2):
        assert judged(ticket(EPOCH + ahead), ticket(EPOCH + ahead - 1)) == (n.OK, False, EPOCH + ahead, ahead - 1)


def test_the_first_ticket_of_a_new_card():
    assert judged(ticket(EPOCH), bytes(16), 0) == (n.OK, False, EPOCH, 0)


def test_the_older_one_counts_where_the_newer_is_none():
    """Half of a write, or what somebody put there: the card rolls on with the ticket that it showed last."""
    for bad in (ticket(EPOCH + 2, False), t.ticket(EPOCH + 200, bytes(12)), b"\xff" * 16):
        assert judged(bad, ticket(EPOCH + 1)) == (n.OK, False, EPOCH + 1, 0)


def test_the_older_one_too_must_be_ahead():
    for old in (ticket(EPOCH), t.ticket(EPOCH - 3, bytes(12))):
        assert judged(ticket(EPOCH + 2, False), old)[:2] == (n.STALE, True)


def test_none_is_good():
    assert judged(ticket(EPOCH + 2, False), ticket(EPOCH + 1, False))[:2] == (n.BAD_TAG, False)
    assert judged(ticket(EPOCH + 2, False), bytes(16))[:2] == (n.STALE, False), "a card that was never written"


if __name__ == "__main__":
    run(globals())
