# SPDX-License-Identifier: MIT
"""The rolling credential: is this token the holder's, and is it fresh? Decides nothing and moves nothing.

Of each credential the car keeps its identity key, and the chain key of the last accepted epoch (of the first one
while none was accepted). Token and answer keys of an epoch are derived from its chain key; the chain only goes forward.
"""

from wire import numbers as n
from wire import token as t

from ..crypto import ct, kdf
from ..crypto.cmac import Cmac


def first_keys(root: bytes, agent_id: bytes, handle: int) -> "tuple[bytes, bytes]":
    """(identity key, chain key of epoch 0), both bound to this car and handle."""
    mac = Cmac(root)
    context = agent_id + handle.to_bytes(2, "big")
    return kdf.derive(mac, b"identity", context), kdf.derive(mac, b"chain", context)


class Claim:
    """What a token proved, and the Cmac that its answer is made with.

    `fresh`: the tag verified under the chain; `reason` is then OK or EXHAUSTED. `identity`: an authentic REPORT;
    `reason` says why the credential does not open, OK when it does. Neither: `reason` says what is wrong, nothing is
    proved. `step` is (epoch, chain key, attempt) to be kept once the token is accepted; None for a retry. `ahead`
    counts the writes that the car had lost. `copied`: another attempt at an epoch that was accepted already.
    """

    def __init__(self, reason: int, answer: Cmac) -> None:
        self.reason = reason
        self.answer = answer
        self.chain = answer  # of the token's epoch, where it is fresh
        self.fresh = False
        self.identity = False
        self.step: "tuple[int, bytes, int] | None" = None
        self.ahead = 0
        self.retry = False
        self.copied = False


def examine(cred: "Cred", nonce: bytes, token: bytes, veil: bytes) -> Claim:
    """Checks a token of 20 bytes, and the body behind it, against the credential that its handle names; see Claim.

    cred: the store's view (identity, chain, epoch, accepted, attempt, state). nonce: the live challenge of this link.
    """
    message = nonce + bytes(token[: n.TOKEN_HEAD]) + bytes(token[n.TOKEN_SIZE :])
    if t.action(token) == n.REPORT:
        identity = Cmac(cred.identity)
        if not ct.equal(identity.mac(message)[: n.TAG_SIZE], token[n.TOKEN_HEAD : n.TOKEN_SIZE]):
            return Claim(n.BAD_TAG, identity)
        claim = Claim(_standing(cred, t.epoch_low(token, veil)), identity)
        claim.identity = True
        return claim
    if cred.state == n.CRED_REVOKED:
        return Claim(n.REVOKED, Cmac(cred.identity))
    behind = _behind(cred, t.epoch_low(token, veil))
    if behind < 0:
        return Claim(n.STALE, Cmac(cred.identity))
    chain = Cmac(cred.chain)
    key = cred.chain
    for _ in range(behind):
        key = chain.mac(b"next")
        chain = Cmac(key)
    tag = Cmac(kdf.derive(chain, b"token")).mac(message)
    if not ct.equal(tag[: n.TAG_SIZE], token[n.TOKEN_HEAD : n.TOKEN_SIZE]):
        return Claim(n.BAD_TAG, Cmac(cred.identity))
    claim = Claim(n.OK, Cmac(kdf.derive(chain, b"answer")))
    claim.fresh = True
    claim.chain = chain
    epoch = cred.epoch + behind
    attempt = t.attempt(token)
    if cred.accepted and behind == 0:
        claim.retry = True
        claim.copied = attempt != cred.attempt
    elif epoch >= n.EPOCH_LAST:
        claim.reason = n.EXHAUSTED
    else:
        claim.step = (epoch, key, attempt)
        claim.ahead = behind - 1 if cred.accepted else behind
    return claim


def _behind(cred: "Cred", low: int) -> int:
    """How many steps the kept chain key stands behind the epoch of a token; negative when that is over or too far."""
    steps = (low - cred.epoch) & 0xFFFF
    last = n.EPOCH_AHEAD + (1 if cred.accepted else 0)
    return steps if steps <= last else -1


def _standing(cred: "Cred", low: int) -> int:
    """The reason that a holder who asks at this epoch is told."""
    if cred.state == n.CRED_REVOKED:
        return n.REVOKED
    if _behind(cred, low) < 0:
        return n.STALE
    if cred.state == n.CRED_SUSPENDED:
        return n.SUSPENDED
    return n.OK


def answer(mac: Cmac, nonce: bytes, token: bytes, status: int, state: bytes) -> bytes:
    """The 16 bytes that tell the holder; masked, so that a stranger can't tell them from random ones.

    state: 3 bytes of car state. tag = CMAC(key, nonce · token without its body · status · state)[0:12]; the head is
    XORed with CMAC(key, tag)[0:4]. Lengths keep the uses of one key apart (24, 12 and 40 bytes).
    """
    plain = bytes((status,)) + state
    tag = mac.mac(nonce + bytes(token[: n.TOKEN_SIZE]) + plain)[: n.TAG_SIZE]
    mask = mac.mac(tag)
    return bytes((plain[0] ^ mask[0], plain[1] ^ mask[1], plain[2] ^ mask[2], plain[3] ^ mask[3])) + tag


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store.tables import Cred
