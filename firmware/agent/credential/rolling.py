# SPDX-License-Identifier: MIT
"""Keys that roll with each use: of phones, of service, of guests. Judges their tokens, steps, and moves the lock.

The order of writes is the protocol's: a lent pass secret before the step, the step before anything else, a renewed
identity key or a pass secret that is forgotten after it.
"""

from wire import numbers as n
from wire import token as t

from .. import policy
from ..crypto import kdf
from ..crypto.cmac import Cmac
from . import chain, guest, sealed

_KINDS = (n.KIND_PHONE, n.KIND_SERVICE, n.KIND_PASS)
_BODIED = (n.STATUS, n.REPORT)  # beside the requests: the challenges of who is ahead


class Rolling:
    """Judges the tokens of this kind; see kinds.py."""

    def __init__(self, office: "Office", prepare: "Prepare") -> None:
        self._office = office
        self._prepare = prepare

    def judge(self, link: int, nonce: bytes, token: bytes) -> "tuple[bytes, bool] | None":
        """The answer, with a sealed reply behind it, and whether it was accepted; None for a stranger's."""
        office = self._office
        action = t.action(token)
        if len(token) > n.TOKEN_SIZE and not (n.REVOKE <= action <= n.WANTED or action in _BODIED):
            return None
        place = office.veil.place(nonce)
        cred = office.store.find(t.handle(token, place))
        if cred is None or cred.kind not in _KINDS:
            return None
        claim = chain.examine(cred, nonce, token, place, office.veil)
        if claim.fresh:
            return self._fresh(link, cred, claim, nonce, token)
        if claim.ahead is not None:
            epoch, key, before = claim.ahead
            office.store.step(cred, epoch, key, None, before)
            office.audit.note(link, action, cred.handle, n.RECOVERED, claim.steps)
            return chain.answer(claim.answer, nonce, token, n.OK, office.told(cred)), True
        if claim.convicts:
            office.suspect(link, action, cred)
        if claim.handed and not cred.tried:
            cred.tried = True
            office.store.amend(cred)
        if claim.proved:
            office.report(link, cred.handle, claim.reason)
        elif claim.reason == n.BAD_TAG or claim.reason == n.REVOKED:
            office.strangers += 1
        if claim.reason == n.REPEAT:
            renewed = kdf.derive(Cmac(cred.chain), b"identity") == cred.identity
            state = office.told(cred, n.STATE_RENEWED if renewed else 0)
        elif claim.reason == n.OK:
            state = office.told(cred)
        else:
            state = bytes((0, 0, claim.steps))
        return chain.answer(claim.answer, nonce, token, claim.reason, state), False

    def _fresh(
        self, link: int, cred: "Cred", claim: chain.Claim, nonce: bytes, token: bytes
    ) -> "tuple[bytes, bool]":
        """The token is the holder's: asks the policy, keeps the step, moves the lock, then answers."""
        office = self._office
        action = t.action(token)
        reason = claim.reason
        passive = office.config.get("passive") == 1
        if reason == n.OK:
            reason = policy.decide(action, cred.rights, cred.state, token[5], passive)
        if action == n.STATUS:
            return chain.answer(claim.telling(), nonce, token, reason, office.told(cred)), reason == n.OK
        job: "Callable[[], bytes] | None" = None
        if reason == n.OK and action > n.STATUS:
            reason, job = self._prepare(office, link, cred, claim.chain, nonce, token, action)
        elif reason == n.OK and not office.actuator.has(action):
            reason = n.UNKNOWN_ACTION
        passes: "list[guest.Pass]" = []
        right = policy.right_to_move(action)
        if reason == n.OK and cred.kind == n.KIND_PASS:
            reason, passes = guest.check(office.store, office.clock, cred.handle, right)
        if reason != n.OK:
            office.report(link, cred.handle, reason, action)
            return chain.answer(claim.telling(), nonce, token, reason, office.told(cred)), False
        following, renewed = self._step(cred, claim, nonce, token)
        if passes:
            guest.spend(office.store, office.clock, passes, right)
        reply = b""
        if job is not None:
            reply = sealed.reply(following, nonce, job())
            cred = office.store.find(cred.handle) or cred  # the request may have changed it
        if action < n.STATUS:
            ms = office.config.get("drive_s") * 1000 if action == n.DRIVE else office.config.get("pulse_ms")
            office.actuator.pulse(action, ms)
        office.audit.note(link, action, cred.handle, n.OK)
        state = office.told(cred, n.STATE_RENEWED if renewed else 0)
        return chain.answer(Cmac(kdf.derive(following, b"answer")), nonce, token, n.OK, state) + reply, True

    def _step(self, cred: "Cred", claim: chain.Claim, nonce: bytes, token: bytes) -> "tuple[Cmac, bool]":
        """Keeps the step, durably, and what of the credential goes with it: (Cmac of the next chain key, renewed)."""
        store = self._office.store
        flags = token[5]
        may = cred.state == n.CRED_ACTIVE and cred.rights & n.RIGHT_PASS and not cred.withheld
        if flags & n.FLAG_LEND and cred.epoch and may:
            lent = kdf.derive(claim.chain, b"pass")
            if cred.lent != lent:
                cred.lent = lent
                store.amend(cred)
        key = chain.next_key(claim.chain, nonce)
        store.step(cred, cred.epoch + 1, key, t.attempt(token), claim.told)
        following = Cmac(key)
        renewed = cred.renew
        over = bool(cred.lent) and not flags & (n.FLAG_LEND | n.FLAG_KEEP)
        if renewed:
            cred.identity = kdf.derive(following, b"identity")
            cred.renew = False
        if over:
            cred.lent = b""
        if renewed or over or cred.withheld:
            cred.withheld = False
            store.amend(cred)
        return following, renewed


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..office import Office
    from ..store.tables import Cred

    # see agent/requests.py
    Prepare = Callable[[Office, int, Cred, Cmac, bytes, bytes, int], tuple[int, Callable[[], bytes] | None]]
