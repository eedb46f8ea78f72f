# SPDX-License-Identifier: MIT
"""A pass is shown for the first time: its chain is made again from the issuer's pass secret and every caveat.

    P = KDF(chain key of the issuer at the epoch of its last lending, "pass")
    k_0 = CMAC(P, 02 · id · caveat 0)       k_i = CMAC(k_{i-1}, 02 · caveat i)
    guest's root key = KDF(k_n, "guest", agent id)

Token: handle HANDLE_NONE, epoch 0, tag under KDF(k_n, "introduce"); body issuer (2) · id (8) · caveats, veiled.
Answer under KDF(k_n, "answer"), its state the handle.
"""

from wire import caveats
from wire import numbers as n
from wire import token as t
from wire.errors import WireError

from ..crypto import ct, kdf
from ..crypto.cmac import Cmac
from ..errors import StoreFull
from . import chain, guest, places

_HEAD = 2 + n.PASS_ID_SIZE



class Introduction:
    """Judges the tokens of this kind; see kinds.py."""

    def __init__(self, office: "Office") -> None:
        self._office = office

    def judge(self, link: int, nonce: bytes, token: bytes) -> "tuple[bytes, bool] | None":
        """The answer of 16 bytes, and whether it was accepted; None for what is no pass of this car."""
        office = self._office
        store = office.store
        if t.handle(token, office.veil.place(nonce)) != n.HANDLE_NONE:
            return None
        body = office.veil.body(nonce, token[n.TOKEN_SIZE :])
        issuer = store.find(body[0] << 8 | body[1]) if len(body) > _HEAD else None
        if issuer is None:
            return None
        try:
            found = caveats.split(body[_HEAD:])
            limits = caveats.Limits(found)
        except WireError:
            return None
        ident = bytes(body[2:_HEAD])
        last = self._last(issuer, ident, found, nonce, token)
        if last is None:
            return None
        reason, handle = self._admit(issuer, ident, limits, kdf.derive(last, b"guest", office.agent_id))
        if reason == n.OK:
            office.audit.note(link, n.INTRODUCE, handle, n.OK, issuer.handle)
        else:
            office.report(link, issuer.handle, reason, n.INTRODUCE)
        state = handle.to_bytes(2, "big") + b"\x00"
        answer = chain.answer(Cmac(kdf.derive(last, b"answer")), nonce, token, reason, state)
        return answer, reason == n.OK

    def _last(
        self, issuer: "Cred", ident: bytes, found: "list[bytes]", nonce: bytes, token: bytes
    ) -> "Cmac | None":
        """The key at the end of the pass's chain, from what was lent or could be lent at this epoch; else None."""
        secrets = [issuer.lent] if issuer.lent else []
        if issuer.epoch and issuer.state != n.CRED_REVOKED and not issuer.withheld:
            secrets.append(kdf.derive(Cmac(issuer.chain), b"pass"))
        for key in secrets:
            salt = ident
            for one in found:
                key = Cmac(key).mac(b"\x02" + salt + one)
                salt = b""
            last = Cmac(key)
            if chain.verifies(kdf.derive(last, b"introduce"), nonce, token):
                return last
        return None

    def _admit(self, issuer: "Cred", ident: bytes, limits: caveats.Limits, root: bytes) -> "tuple[int, int]":
        """(OK, handle), the same one again for who was let in before; or the reason why not."""
        store, clock = self._office.store, self._office.clock
        reason = self._may(issuer, limits)
        if reason != n.OK:
            return reason, n.HANDLE_NONE
        slot = -1
        for one in guest.every(store):
            if one.parent == issuer.handle and one.ident == ident and one.generation == issuer.generation:
                cred = store.find(one.handle)
                if one.handle == n.HANDLE_NONE:
                    return n.REVOKED, n.HANDLE_NONE
                if cred is None or cred.kind != n.KIND_PASS:
                    slot = one.slot  # the power went while it was let in
                    break
                if cred.state == n.CRED_REVOKED:
                    return n.REVOKED, n.HANDLE_NONE
                handout = chain.first_keys(root, self._office.agent_id, one.handle)[0]
                same = ct.equal(handout, cred.handout)
                return (n.OK, one.handle) if same else (n.BAD_PASS, n.HANDLE_NONE)
        if slot < 0 and places.given_before(store, self._office.agent_id, root):
            return n.REVOKED, n.HANDLE_NONE
        handle = store.next_handle()
        if not places.handle_left(store, issuer):
            return n.FULL, n.HANDLE_NONE
        try:
            if slot < 0:
                slot = places.free(store, clock, issuer.handle, handle)
            guest.keep(store, guest.made(slot, handle, issuer.handle, issuer.generation, ident, limits))
            rights = issuer.rights & limits.mask & caveats.LENDABLE | (n.RIGHT_PASS if limits.depth else 0)
            handout, first = chain.first_keys(root, self._office.agent_id, handle)
            store.enrol(handle, n.KIND_PASS, n.ROLE_GUEST, rights, "pass of key %d" % issuer.handle, handout, first)
        except StoreFull:
            return n.FULL, n.HANDLE_NONE
        for lender in places.lenders(store, issuer):
            lender.introduced = min(lender.introduced + 1, 0xFFFF)
            store.amend(lender)
        return n.OK, handle

    def _may(self, issuer: "Cred", limits: caveats.Limits) -> int:
        """OK, or why this issuer lets nobody in now; the depth of a guest's pass is cut to what its own leaves."""
        store, clock = self._office.store, self._office.clock
        if issuer.kind in (n.KIND_CARD, n.KIND_RECOVERY) or issuer.state != n.CRED_ACTIVE:
            return n.BAD_PASS
        if not issuer.rights & n.RIGHT_PASS:
            return n.BAD_PASS
        if issuer.kind == n.KIND_PASS:
            reason, passes = guest.check(store, clock, issuer.handle, 0)
            if reason != n.OK:
                return reason
            if not passes[0].limits.depth:
                return n.BAD_PASS
            for one in passes:  # of a suspect issuer nobody knows who gave its passes
                parent = store.find(one.parent)
                if parent is None or parent.state != n.CRED_ACTIVE:
                    return n.BAD_PASS
            limits.depth = min(limits.depth, passes[0].limits.depth - 1)
        return n.EXPIRED if clock.unix() > limits.not_after else n.OK


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..office import Office
    from ..store.tables import Cred
