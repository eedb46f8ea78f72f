# SPDX-License-Identifier: MIT
"""Recovery codes: each opens once, by hand. It is over, durably, before the lock moves; asked again it says so."""

from wire import numbers as n
from wire import token as t

from .. import policy
from . import chain

_AGAIN_MS = 60000  # so long a code is told once more that it opened
_BARE = bytes(16)  # who types a code does not know the car: nothing in its token is veiled


class Recovery:
    """Judges the tokens of this kind; see kinds.py."""

    def __init__(self, office: "Office") -> None:
        self._office = office
        # the last code: handle, T(0), attempt, key of its answers, when
        self._spent: "tuple[int, bytes, int, Cmac, tuple[int, int]] | None" = None

    def judge(self, link: int, nonce: bytes, token: bytes) -> "tuple[bytes, bool] | None":
        """The answer of 16 bytes, and whether it was accepted."""
        office = self._office
        cred = office.store.find(t.handle(token, _BARE))
        if cred is None or cred.kind != n.KIND_RECOVERY or len(token) != n.TOKEN_SIZE:
            return None
        again = self._again(cred.handle, nonce, token)
        if again is not None:
            return chain.answer(again, nonce, token, n.OK, bytes((office.actuator.doors, 0, 0))), True
        claim = chain.examine(cred, nonce, token, _BARE, office.veil)
        if not claim.fresh:
            office.strangers += 1
            return chain.answer(claim.answer, nonce, token, claim.reason, bytes(3)), False
        answers = claim.telling()
        reason = policy.decide(n.UNLOCK, cred.rights, cred.state, token[5], False)
        if reason == n.OK:
            office.store.set_state(cred, n.CRED_REVOKED)
            self._spent = cred.handle, claim.told, t.attempt(token), answers, office.clock.moment()
            office.actuator.pulse(n.UNLOCK, office.config.get("pulse_ms"))
            office.audit.note(link, n.RECOVER, cred.handle, reason)
        else:
            office.report(link, cred.handle, reason, n.RECOVER)
        return chain.answer(answers, nonce, token, reason, bytes((office.actuator.doors, 0, 0))), reason == n.OK

    def _again(self, handle: int, nonce: bytes, token: bytes) -> "Cmac | None":
        """The key of its answers, when this is the last code, whose answer was lost: as the code stood before."""
        spent = self._spent
        if spent is None or spent[0] != handle or t.attempt(token) != spent[2]:
            return None
        if self._office.clock.older(spent[4], _AGAIN_MS) or not chain.verifies(spent[1], nonce, token):
            return None
        return spent[3]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..crypto.cmac import Cmac
    from ..office import Office
