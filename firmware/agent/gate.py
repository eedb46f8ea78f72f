# SPDX-License-Identifier: MIT
"""The path of an unlock: a token comes in on a link, a kind of credential judges it, 16 bytes go back.

Synchronous, called from the link's own event. Whatever goes wrong inside, nothing opens and the caller gets an answer.
"""

from wire import numbers as n
from wire import token as t

from . import requests
from .credential import kinds
from .credential.card import Card
from .credential.veil import Veil
from .errors import AuthError
from .guard import Guard


class Gate:
    """Challenges and verdicts for all links. One challenge lives on each link, and any token there uses it up.

    Answers are 16 bytes, and a sealed reply where an accepted token asked for one. To a stranger every refusal is
    random bytes; a holder reads the reason.
    """

    def __init__(self, office: "Office") -> None:
        self.office = office
        self.guard = Guard()  # around every change to the store, here and elsewhere
        self._judges, self._rolling = kinds.judges(office, requests.prepare)
        self._card = Card(office, self.guard)
        self._live: "dict[int, tuple[bytes, tuple[int, int]]]" = {}  # challenge, when it was drawn
        self.faults = 0

    @property
    def strangers(self) -> int:
        """Refusals that name no credential, since the start."""
        return self.office.strangers

    def arm(self, agent_id: bytes, veil_key: bytes) -> None:
        """From here on tokens are looked at; before, everything is refused."""
        self.office.arm(agent_id, Veil(veil_key))

    def disarm(self) -> None:
        """Nothing is accepted any more."""
        self.office.arm(b"", None)
        self._live.clear()

    def challenge(self, link: int) -> bytes:
        """A fresh challenge of 16 bytes for this link; it replaces the one before."""
        nonce = self.office.random.bytes(n.CHALLENGE_SIZE)
        self._live[link] = (nonce, self.office.clock.moment())
        return nonce

    def drop(self, link: int) -> None:
        """The connection is gone, and its challenge with it."""
        self._live.pop(link, None)

    def advert(self) -> bytes:
        """6 bytes for the advertisement that only holders of this car's veil key can tell from random ones."""
        random = self.office.random
        salt = random.bytes(3)
        return salt + (self.office.veil.advert(salt) if self.office.armed() else random.bytes(3))

    def present(self, link: int, token: bytes) -> "tuple[bytes, bool]":
        """The answer to a token (16 bytes, a reply behind them), and whether it was accepted.

        Never raises; the challenge is used up.
        """
        live = self._live.pop(link, None)
        try:
            with self.guard:
                return self._judge(link >> 8, live, token) or self._stranger()
        except Exception:
            self._fault(link >> 8)
        return self.office.noise(), False

    def tap(self, link: int) -> "Generator[bytes, bytes, bool | None]":
        """One card: yields command APDUs, takes the responses. Its value: accepted, refused, or (None) none of ours.

        Never raises. Dropped half-way, it has moved nothing.
        """
        try:
            return (yield from self._card.tap(link >> 8))
        except AuthError:
            self.office.strangers += 1
        except Exception:
            self._fault(link >> 8)
        return False

    def _judge(
        self, link: int, live: "tuple[bytes, tuple[int, int]] | None", token: bytes
    ) -> "tuple[bytes, bool] | None":
        office = self.office
        if live is None or office.clock.older(live[1], n.CHALLENGE_MS):
            return None
        size = len(token)
        if not n.TOKEN_SIZE <= size <= n.TOKEN_SIZE + n.BODY_MAX or t.version(token) != n.PROTOCOL:
            return None
        if not office.armed():
            return None
        judge = self._judges.get(t.action(token), self._rolling)
        return judge.judge(link, live[0], token)

    def _stranger(self) -> "tuple[bytes, bool]":
        self.office.strangers += 1
        return self.office.noise(), False

    def _fault(self, link: int) -> None:
        self.faults += 1
        try:
            self.office.audit.note(link, n.EVENT_FAULT, n.HANDLE_NONE, n.FAULT)
        except Exception:
            self.faults += 1


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .office import Office
