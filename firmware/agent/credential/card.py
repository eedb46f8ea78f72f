# SPDX-License-Identifier: MIT
"""Key cards (NXP NTAG 424 DNA): is this the card, and does it roll? Decides nothing and moves nothing.

The card proves that it has its key (EV2), shows the ticket of the epoch that it is at, and takes the next one before
anything opens: its newest ticket is always ahead of the epoch that the car accepted last. A ticket that is behind
comes from a copy, or from the original after a copy was used.
"""

from wire import numbers as n
from wire import ticket as t

from ..crypto import ct, kdf
from ..crypto.cmac import Cmac
from .ev2 import Session

SELECT = b"\x00\xa4\x04\x00\x07\xd2\x76\x00\x00\x85\x01\x01\x00"
READ_RECORD = bytes((0x00, 0xB0, 0x84, 0x00, t.RECORD_SIZE))
_OK = b"\x90\x00"


def handle(response: bytes) -> int:
    """The handle in the answer to READ_RECORD, -1 when there is none."""
    return t.handle(response[:-2]) if response[-2:] == _OK else -1


class Visit:
    """One card in front of the reader: APDUs out, responses in, in the order of these methods. Raises AuthError.

    After `tickets` the reason is OK or says why not; `step` is (epoch, chain key, attempt) to be kept once the card
    has taken the next ticket, `ahead` how many writes the car had lost, `copied` that a copy must exist.
    """

    def __init__(self, cred: "Cred | None", random: bytes) -> None:
        """random: 32 fresh bytes. A handle that is no card's (None): the same APDUs, under a key that nobody has."""
        self._cred = cred
        self._session = Session(t.ACCESS_KEY, random[16:] if cred is None else cred.identity, random[:16])
        self.begin = self._session.begin
        self.prove = self._session.prove
        self.reason = n.BAD_TAG
        self.step: "tuple[int, bytes, int]" = (0, b"", 0)
        self.ahead = 0
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
        both = data[: t.TICKET_SIZE], data[t.TICKET_SIZE :]
        if t.epoch(both[0]) < t.epoch(both[1]):
            both = both[1], both[0]
        for one in both:
            steps = t.epoch(one) - cred.epoch
            if steps < cred.accepted:
                self.copied = any(one)
                self.reason = n.STALE
                return
            if steps <= n.EPOCH_AHEAD + cred.accepted and self._verifies(cred, one, steps):
                self.reason = n.EXHAUSTED if t.epoch(one) >= n.EPOCH_LAST else n.OK
                return

    def _verifies(self, cred: "Cred", ticket: bytes, steps: int) -> bool:
        key = cred.chain
        for _ in range(steps):
            key = Cmac(key).mac(b"next")
        epoch = cred.epoch + steps
        self.step = (epoch, key, 0)
        self.ahead = steps - cred.accepted
        return ct.equal(ticket, t.ticket(epoch, kdf.derive(Cmac(key), t.LABEL)))

    def roll(self) -> bytes:
        """Hands the card the next ticket, beside the one that it showed."""
        epoch, key, _ = self.step
        epoch += 1
        ticket = t.ticket(epoch, kdf.derive(Cmac(Cmac(key).mac(b"next")), t.LABEL))
        head = bytes((t.TICKET_FILE, t.place(epoch), 0, 0, t.TICKET_SIZE, 0, 0))
        return self._session.command(0x8D, head, ticket)

    def rolled(self, response: bytes) -> None:
        """Takes the card's word that it holds the next ticket now."""
        self._session.answer(response, 0)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store.tables import Cred
