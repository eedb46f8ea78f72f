# SPDX-License-Identifier: MIT
"""A pass is shown for the first time: its chain is made again from the issuer's key and every caveat.

    P = KDF(identity key of the issuer, "pass", generation (1))      k_0 = CMAC(P, 02 · id · caveat 0)
    k_i = CMAC(k_{i-1}, 02 · caveat i)                               guest's root key = KDF(k_n, "guest", agent id)

Token: handle HANDLE_NONE, epoch 0, tag under KDF(k_n, "introduce"); body issuer (2) · id (8) · caveats, XORed with
AES(V, challenge ^ block number in its last byte), blocks from 1. Answer under KDF(k_n, "answer"), its state the handle.
"""

from wire import caveats
from wire import numbers as n
from wire.errors import WireError

from ..crypto import ct, kdf
from ..crypto.cmac import Cmac
from ..errors import StoreFull
from ..store import tables
from . import guest, rolling

_HEAD = 2 + n.PASS_ID_SIZE


def introduce(office: "Office", link: int, veil: "Cipher", nonce: bytes, token: bytes) -> "tuple[bytes, bool] | None":
    """Answer and whether it was accepted; None for what is no pass of this car."""
    body = _unveil(veil, nonce, token[n.TOKEN_SIZE :])
    store = office.store
    issuer = store.find(body[0] << 8 | body[1]) if len(body) > _HEAD else None
    if issuer is None:
        return None
    try:
        found = caveats.split(body[_HEAD:])
        limits = caveats.Limits(found)
    except WireError:
        return None
    ident = bytes(body[2:_HEAD])
    generation = guest.generation(store, issuer.handle)
    key = kdf.derive(Cmac(issuer.identity), b"pass", bytes((generation,)))
    salt = ident
    for one in found:
        key = Cmac(key).mac(b"\x02" + salt + one)
        salt = b""
    last = Cmac(key)
    tag = Cmac(kdf.derive(last, b"introduce")).mac(nonce + bytes(token[: n.TOKEN_HEAD]) + bytes(token[n.TOKEN_SIZE :]))
    if not ct.equal(tag[: n.TAG_SIZE], token[n.TOKEN_HEAD : n.TOKEN_SIZE]):
        return None
    root = kdf.derive(last, b"guest", bytes((store.get(tables.AGENT) or b"")[: n.AGENT_ID_SIZE]))
    try:
        reason, handle = _admit(office, issuer, generation, ident, limits, root)
    except StoreFull:
        reason, handle = n.FULL, n.HANDLE_NONE
    if reason == n.OK:
        office.audit.note(link, n.INTRODUCE, handle, n.OK, issuer.handle)
    else:
        office.report(link, issuer.handle, reason, n.INTRODUCE)
    state = handle.to_bytes(2, "big") + b"\x00"
    return rolling.answer(Cmac(kdf.derive(last, b"answer")), nonce, token, reason, state), reason == n.OK


def _admit(
    office: "Office", issuer: "Cred", generation: int, ident: bytes, limits: caveats.Limits, root: bytes
) -> "tuple[int, int]":
    """(OK, handle), the same one again for who was let in before; or the reason why not."""
    store, clock = office.store, office.clock
    agent_id = bytes((store.get(tables.AGENT) or b"")[: n.AGENT_ID_SIZE])
    if issuer.state != n.CRED_ACTIVE or not issuer.rights & n.RIGHT_PASS:
        return n.BAD_PASS, n.HANDLE_NONE
    if issuer.kind == n.KIND_PASS:
        reason, chain = guest.check(store, clock, issuer.handle, 0)
        if reason != n.OK:
            return reason, n.HANDLE_NONE
        if not chain[0].limits.depth:
            return n.BAD_PASS, n.HANDLE_NONE
        limits.depth = min(limits.depth, chain[0].limits.depth - 1)
    if clock.unix() > limits.not_after:
        return n.EXPIRED, n.HANDLE_NONE
    slot = -1
    for one in guest.every(store):
        if one.parent == issuer.handle and one.ident == ident and one.generation == generation:
            cred = store.find(one.handle)
            if one.handle == n.HANDLE_NONE:
                return n.REVOKED, n.HANDLE_NONE
            if cred is None or cred.kind != n.KIND_PASS:
                slot = one.slot  # the power went while it was let in
                break
            if cred.state == n.CRED_REVOKED:
                return n.REVOKED, n.HANDLE_NONE
            same = ct.equal(rolling.first_keys(root, agent_id, one.handle)[0], cred.identity)
            return (n.OK, one.handle) if same else (n.BAD_PASS, n.HANDLE_NONE)
    handle = store.next_handle()
    if handle >= store.capacity():  # known before anything of the pass is kept
        raise StoreFull("no room for another key")
    if slot < 0:
        slot = free(store, clock, handle)
    raw = handle.to_bytes(2, "big") + issuer.handle.to_bytes(2, "big") + bytes((generation,)) + ident + bytes(4)
    guest.keep(store, guest.Pass(slot, raw + limits.save()))
    rights = issuer.rights & limits.mask & caveats.LENDABLE | (n.RIGHT_PASS if limits.depth else 0)
    identity, chain_key = rolling.first_keys(root, agent_id, handle)
    label = "pass of key %d" % issuer.handle
    store.enrol(handle, n.KIND_PASS, n.ROLE_GUEST, rights, label, identity, chain_key)
    return n.OK, handle


def free(store: "tables.Store", clock: "Clock", handle: int) -> int:
    """A slot for another pass: an empty one, or that of a pass that could never come back. StoreFull without any.

    What a cut of the power left for this very handle is written over first of all: a key has one record, not two.
    """
    taken = []
    over = -1
    for one in guest.every(store):
        if one.handle == handle:
            return one.slot
        if clock.unix() > one.limits.not_after or guest.ended(store, one):
            over = one.slot
        taken.append(one.slot)
    if over >= 0:
        return over
    for slot in range(guest.SLOTS):
        if slot not in taken:
            return slot
    raise StoreFull("no room for another pass")


def _unveil(veil: "Cipher", nonce: bytes, body: bytes) -> bytes:
    out = bytearray(body)
    block = bytearray(nonce)
    stream = bytearray(16)
    for start in range(0, len(out), 16):
        block[15] = nonce[15] ^ (start // 16 + 1)
        veil.encrypt_into(block, stream)
        for at in range(start, min(start + 16, len(out))):
            out[at] ^= stream[at - start]
    return bytes(out)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..clock import Clock
    from ..crypto.aes import Cipher
    from ..office import Office
    from ..store.tables import Cred
