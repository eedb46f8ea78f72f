# SPDX-License-Identifier: MIT
"""Key cards (NXP NTAG 424 DNA): is this the card, and does it roll? Decides nothing and moves nothing.

The card proves that it has its key (EV2), shows the ticket of the epoch that the car expects, and takes the next one in
the other place before the car steps: a write that is torn leaves the ticket that counts. The reader's random number
goes into the next chain key; a card without the ticket of the epoch is a copy, or the original after a copy was used.
"""

from wire import numbers as n
from wire import ticket as t

from ..crypto import ct, kdf
from ..crypto.cmac import Cmac
from . import chain
from .ev2 import Session

SELECT = b"\x00\xa4\x04\x00\x07\xd2\x76\x00\x00\x85\x01\x01\x00"
READ_RECORD = bytes((0x00, 0xB0, 0x84, 0x00, t.RECORD_SIZE))
_OK = b"\x90\x00"


def handle(response: bytes) -> int:
    """The handle in the answer to READ_RECORD, -1 when there is none."""
    return t.handle(response[:-2]) if response[-2:] == _OK else -1


class Visit:
    """One card in front of the reader: APDUs out, responses in, in the order of these methods. Raises AuthError.

    After `tickets` the reason is OK or says why not; `following` is the chain key to be kept once the card has taken
    the next ticket; `copied`: a copy must exist.
    """

    def __init__(self, cred: "Cred | None", random: bytes) -> None:
        """random: 32 fresh bytes. A handle that is no card's (None): the same APDUs, under a key that nobody has."""
        self._cred = cred
        self._fresh = random[:16]
        self._session = Session(t.ACCESS_KEY, random[16:] if cred is None else cred.handout, self._fresh)
        self.begin = self._session.begin
        self.prove = self._session.prove
        self.reason = n.BAD_TAG
        self.following = b""
        self.copied = False

    def read(self, response: bytes) -> bytes:
        """Takes the card's proof; asks for both tickets."""
        self._session.verify(response)
        return self._session.command(0xAD, bytes((t.TICKET_FILE, 0, 0, 0, t.TICKETS_SIZE, 0, 0)))

    def tickets(self, response: bytes) -> None:
        """Takes the tickets and judges them."""
        data = self._session.answer(response, t.TICKETS_SIZE)
        cred = self._cred
        if cred is None:
            return
        if cred.state == n.CRED_REVOKED:
            self.reason = n.REVOKED
            return
        key = Cmac(cred.chain)
        want = t.ticket(cred.epoch, kdf.derive(key, t.LABEL))
        found = False
        for at in (0, t.TICKET_SIZE):
            found = ct.equal(want, data[at : at + t.TICKET_SIZE]) or found
        if not found:
            self.copied = any(data)
            self.reason = n.STALE
            return
        self.following = chain.next_key(key, self._fresh)
        self.reason = n.EXHAUSTED if cred.epoch >= n.EPOCH_LAST else n.OK

    def roll(self) -> bytes:
        """Hands the card the next ticket, beside the one that it showed."""
        assert self._cred is not None
        epoch = self._cred.epoch + 1
        ticket = t.ticket(epoch, kdf.derive(Cmac(self.following), t.LABEL))
        head = bytes((t.TICKET_FILE, t.place(epoch), 0, 0, t.TICKET_SIZE, 0, 0))
        return self._session.command(0x8D, head, ticket)

    def rolled(self, response: bytes) -> None:
        """Takes the card's word that it holds the next ticket now."""
        self._session.answer(response, 0)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store.tables import Cred
