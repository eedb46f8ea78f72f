# SPDX-License-Identifier: MIT
"""The rolling credential: is this token the holder's, and is it fresh? Decides nothing and moves nothing.

Of each credential the car keeps the chain key K(n) of the epoch that it expects, and the token key T(n-1), which can
only tell a repeated token from another copy's. Each accepted challenge goes into the next chain key, so whoever did not
hear it is out. firmware/README.md has the derivations and the table of verdicts.
"""

from wire import numbers as n
from wire import token as t

from ..crypto import ct, kdf
from ..crypto.cmac import Cmac

_BEFORE = 0xFFFF  # the epoch before, as a distance modulo 65536


def first_keys(root: bytes, agent_id: bytes, handle: int) -> "tuple[bytes, bytes]":
    """(hand-out key H, chain key K(0)), both bound to this car and handle."""
    mac = Cmac(root)
    context = agent_id + handle.to_bytes(2, "big")
    return kdf.derive(mac, b"identity", context), kdf.derive(mac, b"chain", context)


def next_key(chain: Cmac, fresh: "bytes | memoryview") -> bytes:
    """The chain key of the next epoch. fresh: the 16 bytes of the accepted challenge."""
    return chain.mac(b"next" + bytes(fresh))


class Claim:
    """What a token proved, and the key of the answer if nothing more comes of it.

    `fresh`: the tag verified at the car's epoch; `told` is T(n), `chain` the Cmac of K(n). `ahead`: (epoch, chain key,
    token key before) to be kept, since the holder proved to be so much further. `proved`: somebody with a key of this
    credential is told the reason. `convicts`: there must be two copies of it; `handed`: one of the hand-out is in use.
    """

    def __init__(self, reason: int, answer: Cmac) -> None:
        self.reason = reason
        self.answer = answer
        self.fresh = False
        self.chain = answer
        self.told = b""
        self.ahead: "tuple[int, bytes, bytes] | None" = None
        self.steps = 0
        self.proved = False
        self.convicts = False
        self.handed = False

    def telling(self) -> Cmac:
        """The key of answers that step nothing, to a fresh token: made where one is given, not on the way of an act."""
        return Cmac(kdf.derive(self.chain, b"told"))


def examine(cred: "Cred", nonce: bytes, token: bytes, place: bytes, veil: "Veil") -> Claim:
    """Checks a token of 20 bytes, and the body behind it, against the credential that its handle names; see Claim.

    nonce: the live challenge of this link. place: what hides handle and epoch. veil: for the body of who is ahead.
    """
    low = t.epoch_low(token, place)
    distance = (low - cred.epoch) & 0xFFFF
    if t.action(token) == n.REPORT:
        return _report(cred, nonce, token, distance, veil)
    # who never got an answer knows no identity key but the one that was handed out
    identity = cred.identity if low else cred.handout
    if cred.state == n.CRED_REVOKED:
        return Claim(n.REVOKED, Cmac(cred.identity))
    if distance == 0:
        return _at(cred, nonce, token) or Claim(n.BAD_TAG, Cmac(identity))
    if distance == _BEFORE and cred.epoch:
        return _before(cred, nonce, token) or Claim(n.BAD_TAG, Cmac(identity))
    if distance > n.EPOCH_AHEAD:
        return Claim(n.STALE, Cmac(identity))
    if cred.epoch + distance > n.EPOCH_LAST:  # nobody is ahead of the end
        return Claim(n.EXHAUSTED, Cmac(identity))
    if t.action(token) != n.STATUS or len(token) != n.TOKEN_SIZE + n.CHALLENGE_SIZE * distance:
        claim = Claim(n.AHEAD, Cmac(identity))
        claim.steps = distance
        return claim
    return _ahead(cred, nonce, token, distance, veil) or Claim(n.BAD_TAG, Cmac(identity))


def _at(cred: "Cred", nonce: bytes, token: bytes) -> "Claim | None":
    """A token of the very epoch that the car expects."""
    chain = Cmac(cred.chain)
    told = kdf.derive(chain, b"token")
    if not verifies(told, nonce, token):
        return None
    claim = Claim(n.EXHAUSTED if cred.epoch >= n.EPOCH_LAST else n.OK, chain)
    claim.fresh, claim.told = True, told
    return claim


def _before(cred: "Cred", nonce: bytes, token: bytes) -> "Claim | None":
    """A token of the epoch before: repeated because its answer was lost, or of another copy."""
    if not verifies(cred.before, nonce, token):
        return None
    if t.attempt(token) == cred.attempt:
        return Claim(n.REPEAT, Cmac(kdf.derive(Cmac(cred.chain), b"answer")))
    claim = Claim(n.STALE, Cmac(cred.identity))
    claim.proved = claim.convicts = True
    return claim


def _ahead(cred: "Cred", nonce: bytes, token: bytes, steps: int, veil: "Veil") -> "Claim | None":
    """The car lost its last writes; the challenges in the body lead to where the holder is."""
    key, before = _along(cred, nonce, token, veil)
    if not verifies(kdf.derive(Cmac(key), b"token"), nonce, token):
        return None
    claim = Claim(n.OK, Cmac(kdf.derive(Cmac(key), b"told")))
    claim.steps = steps
    claim.ahead = cred.epoch + steps, key, before
    return claim


def _report(cred: "Cred", nonce: bytes, token: bytes, distance: int, veil: "Veil") -> Claim:
    """Somebody asks why it does not open: by the identity key, or by no more than was handed out."""
    identity = Cmac(cred.identity)
    handout = identity if cred.identity == cred.handout else Cmac(cred.handout)
    by = _by(identity, handout, nonce, token)
    if by is None:
        return Claim(n.BAD_TAG, identity)
    claim = Claim(n.STALE, by)
    claim.proved = True
    if cred.state == n.CRED_REVOKED:
        claim.reason = n.REVOKED
    elif by is not identity:
        claim.handed = True
    elif not _stands(cred, nonce, token, distance, veil, claim):
        claim.convicts = True
    return claim


def _by(identity: Cmac, handout: Cmac, nonce: bytes, token: bytes) -> "Cmac | None":
    message = _message(nonce, token)
    tag = token[n.TOKEN_HEAD : n.TOKEN_SIZE]
    own = ct.equal(identity.mac(message)[: n.TAG_SIZE], tag)
    if own or handout is identity:
        return identity if own else None
    return handout if ct.equal(handout.mac(message)[: n.TAG_SIZE], tag) else None


def _stands(cred: "Cred", nonce: bytes, token: bytes, distance: int, veil: "Veil", claim: Claim) -> bool:
    """Whether the mark of a report is on the car's own branch; the claim then says where its holder stands."""
    if distance == 0:
        chain = Cmac(cred.chain)
        told, answer = kdf.derive(chain, b"token"), kdf.derive(chain, b"told")
        claim.reason = n.SUSPENDED if cred.state == n.CRED_SUSPENDED else n.OK
    elif distance == _BEFORE and cred.epoch:
        told, answer = cred.before, kdf.derive(Cmac(cred.chain), b"answer")
        claim.reason = n.REPEAT
    elif distance <= n.EPOCH_AHEAD and len(token) == n.TOKEN_SIZE + n.CHALLENGE_SIZE * distance:
        told, answer = kdf.derive(Cmac(_along(cred, nonce, token, veil)[0]), b"token"), b""
        claim.reason = n.AHEAD
        claim.steps = distance
    else:
        return False
    if not ct.equal(mark(told), token[6:8]):
        claim.reason = n.STALE
        claim.steps = 0
        return False
    if answer:
        claim.answer = Cmac(answer)
    claim.proved = claim.reason == n.SUSPENDED
    return True


def told_key(key: bytes) -> bytes:
    """T(n), by which tokens of an epoch are made. key: K(n)."""
    return kdf.derive(Cmac(key), b"token")


def mark(told: bytes) -> bytes:
    """Two bytes by which a holder says which branch it is on. told: T(n) of its epoch."""
    return kdf.derive(Cmac(told), b"mark")[: n.MARK_SIZE]


def _along(cred: "Cred", nonce: bytes, token: bytes, veil: "Veil") -> "tuple[bytes, bytes]":
    """(chain key, token key before it) at the end of the challenges in a token's body."""
    body = veil.body(nonce, token[n.TOKEN_SIZE :])
    key = before = cred.chain
    for at in range(0, len(body), n.CHALLENGE_SIZE):
        before, key = key, next_key(Cmac(key), body[at : at + n.CHALLENGE_SIZE])
    return key, kdf.derive(Cmac(before), b"token")


def verifies(told: bytes, nonce: bytes, token: bytes) -> bool:
    """Whether the tag of a token was made with this token key, over this challenge."""
    tag = Cmac(told).mac(_message(nonce, token))
    return ct.equal(tag[: n.TAG_SIZE], token[n.TOKEN_HEAD : n.TOKEN_SIZE])


def _message(nonce: bytes, token: bytes) -> bytes:
    """What the tag of a token is over: challenge, head and body."""
    return nonce + bytes(token[: n.TOKEN_HEAD]) + bytes(token[n.TOKEN_SIZE :])


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
    from ..office import Veil
    from ..store.tables import Cred
