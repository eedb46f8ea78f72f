# SPDX-License-Identifier: MIT
"""Key cards at the reader: asks a card, keeps the step, moves the lock. The car asks here; a card has no buttons."""

from wire import numbers as n

from .. import policy
from ..errors import AuthError
from ..store.ring.cred import NO_KEY
from . import ev2, visit

_DELAYS_MAX = 20  # answers of "not yet" that one tap of a card bears


class Card:
    """One for each agent."""

    def __init__(self, office: "Office", guard: "Guard") -> None:
        self._office = office
        self._guard = guard

    def tap(self, link: int) -> "Generator[bytes, bytes, bool | None]":
        """One card: yields command APDUs, takes the responses. Its value: accepted, refused, or (None) none of ours.

        AuthError where a card does not prove itself. Dropped half-way, it has moved nothing, and the card holds the
        ticket that the car expects.
        """
        if (yield visit.SELECT) != b"\x90\x00":
            return None
        handle = visit.handle((yield visit.READ_RECORD))
        if handle < 0:
            return None
        office = self._office
        cred = office.store.find(handle)
        if cred is not None and (cred.kind != n.KIND_CARD or not office.armed()):
            cred = None
        one = visit.Visit(cred, office.random.bytes(32))
        response = yield one.begin()
        for _ in range(_DELAYS_MAX):
            if response != ev2.DELAY:
                break
            response = yield one.begin()
        one.tickets((yield one.read((yield one.prove(response)))))
        if cred is None:
            raise AuthError("no such card")
        if one.copied:
            with self._guard:
                now = self._still(cred)
                if now is not None:
                    office.suspect(link, n.UNLOCK, now)
        reason = one.reason
        wanted = office.consent.pending()
        action = self._asked(cred)  # a hand may leave the button, or the doors move, while the card writes
        if reason == n.OK:
            reason = policy.decide(action, cred.rights, cred.state, 0, False)
        if reason != n.OK:
            office.report(link, cred.handle, reason)
            return False
        one.rolled((yield one.roll()))
        with self._guard:
            return self._let_in(link, cred, one, action, wanted)

    def _let_in(
        self, link: int, cred: "Cred", one: "visit.Visit", action: int, wanted: "Pending | None"
    ) -> bool:
        """The card is the holder's and has rolled: keeps the step, moves the lock."""
        office = self._office
        now = self._still(cred)
        if now is None:
            return False
        reason = policy.decide(action, now.rights, now.state, 0, False)
        if reason == n.OK and action != n.APPROVE and not office.actuator.has(action):
            reason = n.UNKNOWN_ACTION
        if reason == n.OK:
            office.store.step(now, now.epoch + 1, one.following, None, NO_KEY)  # before anything moves
            if action == n.APPROVE and office.consent.pending() is wanted:  # and to nothing that came since
                office.consent.approve(link, cred.handle)
            elif action == n.APPROVE:
                reason = n.NOTHING_WANTED
            else:
                office.actuator.pulse(action, office.config.get("pulse_ms"))
        office.audit.note(link, action, cred.handle, reason)
        return reason == n.OK

    def _still(self, cred: "Cred") -> "Cred | None":
        """The credential as it stands now; None where a session changed it, or revoked it, while the card was asked."""
        now = self._office.store.find(cred.handle)
        return None if now is None or now.state != cred.state or now.epoch != cred.epoch else now

    def _asked(self, card: "Cred") -> int:
        """What a tap of this card asks for: consent, while somebody holds the car's button down, else the lock."""
        office = self._office
        if office.consent.pending() is not None and office.button():
            if policy.decide(n.APPROVE, card.rights, card.state, 0, False) == n.OK:
                return n.APPROVE
        return policy.toggle(office.actuator.doors, card.rights)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from ..consent import Pending
    from ..guard import Guard
    from ..office import Office
    from ..store.tables import Cred
