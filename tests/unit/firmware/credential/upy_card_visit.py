# SPDX-License-Identifier: MIT
"""Runs under MicroPython: a card must show the ticket of the epoch that the car expects, in whichever place."""

from agent.credential.visit import Visit
from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from agent.store.ring import cred
from tests.kit.target import run
from wire import numbers as n
from wire import ticket as t

CHAIN = b"chain key of now"
FRESH = b"the reader's own"
EPOCH = 40


class Open:
    """A session past its proof: the answer is the plain data."""

    def __init__(self):
        self.commands = []

    def answer(self, response, size):
        assert len(response) == size
        return response

    def command(self, ins, head, data=b""):
        self.commands.append((ins, head, data))
        return data


def card(epoch=EPOCH, chain=CHAIN, state=n.CRED_ACTIVE):
    """A card as the store has it."""
    one = cred.new(5, n.KIND_CARD, n.ROLE_OWNER, n.RIGHTS_KNOWN, "", b"hand-out key...!", chain)
    one.epoch, one.state = epoch, state
    return one


def ticket(epoch=EPOCH, chain=CHAIN):
    return t.ticket(epoch, kdf.derive(Cmac(chain), t.LABEL))


def following(chain=CHAIN, fresh=FRESH):
    return Cmac(chain).mac(b"next" + fresh)


def visit(one):
    made = Visit(one, FRESH + bytes(16))
    session = Open()
    setattr(made, "_session", session)  # noqa: B010
    return made, session


def judged(one, other, kept=None):
    """The verdict on a card with these tickets; the place of each says nothing."""
    seen = []
    for both in (one + other, other + one):
        made, _ = visit(kept or card())
        made.tickets(both)
        seen.append((made.reason, made.copied, made.following))
    assert seen[0] == seen[1], seen
    return seen[0]


def test_the_ticket_of_now_counts_whatever_stands_beside_it():
    """Half of a write that was torn, the one before, nothing, or what somebody put there."""
    for beside in (ticket(EPOCH - 1), ticket(EPOCH + 1, following()), bytes(16), b"\xff" * 16, ticket()[:7] + bytes(9)):
        assert judged(ticket(), beside) == (n.OK, False, following())


def test_the_first_ticket_of_a_new_card():
    assert judged(ticket(0), bytes(16), card(0)) == (n.OK, False, following())


def test_a_ticket_ahead_is_none():
    """The car steps when the card has confirmed; who has the next one and not this one is no card of ours."""
    assert judged(ticket(EPOCH + 1, following()), bytes(16))[:2] == (n.STALE, True)


def test_another_ticket_is_a_copy_and_an_empty_card_is_none():
    for one in (ticket(EPOCH - 1), ticket(EPOCH, b"another branch.."), t.ticket(EPOCH, bytes(12)), b"\xff" * 16):
        assert judged(one, bytes(16)) == (n.STALE, True, b"")
    assert judged(bytes(16), bytes(16)) == (n.STALE, False, b""), "a card that was never written"


def test_each_bit_of_the_ticket_counts():
    for at in range(16 * 8):
        bent = bytearray(ticket())
        bent[at // 8] ^= 1 << at % 8
        assert judged(bytes(bent), bytes(16))[0] == n.STALE, at


def test_the_card_takes_the_next_one_in_the_other_place():
    for epoch in (EPOCH, EPOCH + 1):
        made, session = visit(card(epoch))
        made.tickets(ticket(epoch) + bytes(16))
        made.roll()
        ((ins, head, data),) = session.commands
        assert (ins, data) == (0x8D, ticket(epoch + 1, following()))
        assert head == bytes((t.TICKET_FILE, 16 * ((epoch + 1) % 2), 0, 0, 16, 0, 0))


def test_the_readers_number_goes_into_the_chain():
    made = Visit(card(), b"another number.." + bytes(16))
    setattr(made, "_session", Open())  # noqa: B010
    made.tickets(ticket() + bytes(16))
    assert made.following == following(fresh=b"another number..") != following()


def test_a_revoked_card_is_told_and_never_shows_a_copy():
    assert judged(ticket(), bytes(16), card(state=n.CRED_REVOKED)) == (n.REVOKED, False, b"")
    assert judged(ticket(EPOCH - 1), bytes(16), card(state=n.CRED_REVOKED)) == (n.REVOKED, False, b"")


def test_the_last_epoch_is_the_end():
    for epoch, reason in ((n.EPOCH_LAST - 1, n.OK), (n.EPOCH_LAST, n.EXHAUSTED)):
        assert judged(ticket(epoch), bytes(16), card(epoch))[0] == reason


def test_a_handle_that_is_no_cards_gets_the_same_apdus():
    made, stranger = Visit(card(), bytes(32)), Visit(None, bytes(32))
    assert made.begin() == stranger.begin()
    setattr(stranger, "_session", Open())  # noqa: B010
    stranger.tickets(ticket() + bytes(16))
    assert stranger.reason == n.BAD_TAG and stranger.following == b"" and not stranger.copied


if __name__ == "__main__":
    run(globals())
