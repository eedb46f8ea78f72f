# SPDX-License-Identifier: MIT
"""Recovery codes: each opens once, by hand. It is over, durably, before the lock moves; asked again it says so."""

from wire import numbers as n
from wire import token as t

from .. import policy
from ..office import older
from . import rolling

_AGAIN_MS = 60000  # so long a code is told once more that it opened
_NOTHING = b"\x00\x00\x00"
_BARE = bytes(16)  # who types a code does not know the car: nothing in its token is veiled


class Recovery:
    """Judges the tokens of this kind; see kinds.py."""

    KIND = n.KIND_RECOVERY

    def __init__(self, office: "Office") -> None:
        self._office = office
        self._spent: "tuple[Cred, int, int, int] | None" = None  # the last code: key, attempt, ms(), uptime()

    def judge(self, link: int, cred: "Cred", nonce: bytes, token: bytes) -> "tuple[bytes, bool]":
        """The answer of 16 bytes, and whether it was accepted."""
        office = self._office
        clock = office.clock
        spent = self._spent
        if spent is not None and spent[0].handle == cred.handle:  # the answer was lost: as the code stood before
            claim = rolling.examine(spent[0], nonce, token, _BARE)
            if claim.fresh and t.attempt(token) == spent[1] and not older(clock, spent[2], spent[3], _AGAIN_MS):
                state = bytes((office.actuator.doors, n.STATE_RETRY, 0))
                return rolling.answer(claim.answer, nonce, token, n.OK, state), True
        claim = rolling.examine(cred, nonce, token, _BARE)
        if not claim.fresh or claim.step is None or claim.step[0]:
            office.strangers += 1
            return rolling.answer(claim.answer, nonce, token, claim.reason, _NOTHING), False
        reason = policy.decide(n.UNLOCK, cred.rights, cred.state, token[5], False)
        if reason == n.OK:
            office.store.set_state(cred, n.CRED_REVOKED)
            self._spent = (cred, t.attempt(token), clock.ms(), clock.uptime())
            office.actuator.pulse(n.UNLOCK, office.config.get("pulse_ms"))
        office.audit.note(link, n.RECOVER, cred.handle, reason)
        state = bytes((office.actuator.doors, 0, 0))
        return rolling.answer(claim.answer, nonce, token, reason, state), reason == n.OK


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..office import Office
    from ..store.tables import Cred
