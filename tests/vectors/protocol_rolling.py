# SPDX-License-Identifier: MIT
"""The part of the published vectors that is about the rolling chain, made with the host's primitives.

`steps`: one credential from its root on, and every key of its first epochs. `rolling`: one exchange each, of a car that
stands where `car` says and a phone that stands where `phone` says; no door has moved yet. The car is that of the
session's vector. `by` names the answer's key: "answer" of the epoch behind the step, "told", "identity", "handout".
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from nightlatch.phone import keys
from nightlatch.wire import numbers as n
from nightlatch.wire import ticket, token


def seed(name: str, size: int = 16) -> bytes:
    return sha256(b"nightlatch vectors " + name.encode()).digest()[:size]


AGENT_ID = seed("agent id")
VEIL, _, _ = keys.car_keys(AGENT_ID, seed("claim key"))
STEPS = 4


def answered(key: bytes, nonce: bytes, sent: bytes, plain: bytes) -> bytes:
    """The 16 bytes of an answer under a key; plain: status and state."""
    tag = keys.cmac(key, nonce + sent[: n.TOKEN_SIZE] + plain)[: n.TAG_SIZE]
    return bytes(a ^ b for a, b in zip(plain, keys.cmac(key, tag), strict=False)) + tag


def token_key(chain: bytes) -> bytes:
    return keys.derive(chain, b"token")


def steps() -> dict[str, Any]:
    """A credential's first epochs; the car accepted `accepted` at each."""
    root, handle = seed("root 0"), 0
    handout, chain = keys.first_keys(root, AGENT_ID, handle)
    rows = []
    for epoch in range(STEPS):
        accepted = seed(f"accepted {epoch}")
        row = {
            "chain": chain,
            "token_key": token_key(chain),
            "mark": keys.mark(chain),
            "told": keys.derive(chain, b"told"),
            "answer": keys.derive(chain, b"answer"),
            "identity": keys.derive(chain, b"identity"),
            "pass": keys.derive(chain, b"pass"),
            "request": keys.derive(chain, b"request", accepted),
            "reply": keys.derive(chain, b"reply", accepted),
            "ticket": ticket.ticket(epoch, keys.derive(chain, ticket.LABEL)),
            "accepted": accepted,
        }
        rows.append({name: value.hex() for name, value in row.items()})
        chain = keys.next_chain(chain, accepted)
    return {"root": root.hex(), "handle": handle, "handout": handout.hex(), "epochs": rows}


@dataclass(frozen=True)
class Stand:
    """Where a car or a phone stands. `before`: the token key of the epoch before; `last`: challenges that led here."""

    epoch: int
    chain: bytes
    handout: bytes
    identity: bytes
    before: bytes = b"\xff" * 16  # none
    attempt: int | None = None
    last: tuple[bytes, ...] = ()

    def on(self, *accepted: bytes, attempt: int | None = None) -> "Stand":
        """So many epochs further."""
        one = self
        for fresh in accepted:
            chain = keys.next_chain(one.chain, fresh)
            one = replace(one, epoch=one.epoch + 1, chain=chain, before=token_key(one.chain), last=(*one.last, fresh))
        return replace(one, attempt=attempt)

    def renewed(self) -> "Stand":
        return replace(self, identity=keys.derive(self.chain, b"identity"))


def start(name: str, handle: int, epoch: int = 0) -> Stand:
    """A credential at its first epoch, or anywhere: the keys there are a seed's."""
    handout, chain = keys.first_keys(seed(f"root {name}"), AGENT_ID, handle)
    return Stand(epoch, seed(f"chain {name}") if epoch else chain, handout, handout)


@dataclass(frozen=True)
class Told:
    """What the car says: status and state, under which key, and whether that steps or brings the car along."""

    status: int
    state: bytes
    by: str
    accepted: bool = False


def rolling(
    name: str,
    handle: int,
    car: Stand,
    phone: Stand,
    action: int,
    told: Told,
    flags: int = 0,
    asked: tuple[bytes, ...] = (),
    ahead: int = 0,
    standing: int = n.CRED_ACTIVE,
    renew: bool = False,
) -> dict[str, Any]:
    """One exchange. asked: what the phone answered at its epoch before; ahead: so many challenges are the body."""
    nonce = seed(f"nonce {name}")
    attempt = int.from_bytes(seed(f"attempt {name}", 2), "big") if phone.attempt is None else phone.attempt
    report = action == n.REPORT
    said = int.from_bytes(keys.mark(phone.chain), "big") if report else attempt
    head = token.head(action, handle, phone.epoch, flags, said, keys.place(VEIL, nonce))
    body = keys.veil(VEIL, nonce, b"".join(phone.last[-ahead:])) if ahead else b""
    tag = keys.cmac(phone.identity if report else token_key(phone.chain), nonce + head + body)[: n.TAG_SIZE]
    sent = head + tag + body
    stepped = keys.next_chain(car.chain, nonce)
    brought = phone.chain if ahead and action == n.STATUS else car.chain
    by = {
        "answer": keys.derive(stepped if told.accepted else car.chain, b"answer"),
        "told": keys.derive(brought, b"told"),
        "identity": car.identity,
        "handout": car.handout,
    }
    after = car
    if told.by == "answer" and told.accepted:
        after = car.on(nonce, attempt=attempt)
        after = after.renewed() if renew else after
    elif brought is not car.chain:
        after = replace(phone, attempt=None)
    answer = answered(by[told.by], nonce, sent, bytes([told.status]) + told.state)
    values = {"nonce": nonce, "token": sent, "state": told.state, "answer": answer}
    return {
        "name": name,
        "handle": handle,
        "standing": standing,
        "renew": renew,
        "car": _written(car),
        "phone": {**_written(replace(phone, attempt=attempt)), "asked": [one.hex() for one in asked]},
        "action": action,
        "flags": flags,
        "ahead": ahead,
        "status": told.status,
        "by": told.by,
        "accepted": told.accepted,
        "after": _written(after),
        **{key: value.hex() for key, value in values.items()},
    }


def _written(one: Stand) -> dict[str, Any]:
    keys_of = {name: getattr(one, name).hex() for name in ("chain", "before", "handout", "identity")}
    return {"epoch": one.epoch, "attempt": one.attempt, **keys_of, "last": [fresh.hex() for fresh in one.last]}


def exchanges() -> list[dict[str, Any]]:
    """Each row of the tables of verdicts."""
    first = start("0", 0)
    fresh = [seed(f"accepted {at}") for at in range(8)]
    later = start("later", 1, 300)
    car = later.on(fresh[0], attempt=77)  # it stands at 301; its last accepted token had attempt 77
    here = replace(car, attempt=None)
    lost = replace(later, attempt=77)
    three = here.on(*fresh[1:4])
    renewed = replace(car, identity=seed("identity"))
    branch = later.on(seed("elsewhere"))
    wrapped = start("wrapped", 2, 0x1FFFF).on(fresh[0], attempt=5)
    nothing = bytes(3)
    stale = Told(n.STALE, nothing, "identity")
    suspended = Told(n.SUSPENDED, b"\x00\x01\x00", "told")
    ahead = Told(n.AHEAD, b"\x00\x00\x03", "identity")
    done = Told(n.OK, b"\x02\x00\x00", "answer", True)
    renews = Told(n.OK, b"\x02\x04\x00", "answer", True)
    told = Told(n.OK, nothing, "told", True)
    revoked = Told(n.REVOKED, nothing, "identity")
    refused = Told(n.PASSIVE_OFF, nothing, "told")
    bad = Told(n.BAD_TAG, nothing, "identity")
    handed = replace(bad, by="handout")
    strange = replace(first, chain=seed("no chain"))
    other = replace(lost, attempt=78)
    far = car.on(*fresh[1:4])
    photo = replace(renewed, identity=car.handout)
    again = Told(n.REPEAT, nothing, "answer")
    once = replace(again, state=b"\x00\x04\x00")
    return [
        rolling("0", 0, first, first, n.UNLOCK, renews, renew=True),
        rolling("accepted", 1, car, here, n.UNLOCK, done),
        rolling("lending", 1, car, here, n.UNLOCK, replace(done, state=b"\x02\x08\x00"), n.FLAG_LEND),
        rolling("renewed", 1, car, here, n.UNLOCK, renews, asked=(fresh[5],), renew=True),
        rolling("low half", 2, wrapped, replace(wrapped, attempt=None), n.STATUS, told),
        rolling("status", 1, car, here, n.STATUS, told),
        rolling("refused", 1, car, here, n.UNLOCK, refused, n.FLAG_PASSIVE),
        rolling("suspended", 1, car, here, n.UNLOCK, suspended, standing=n.CRED_SUSPENDED),
        rolling("repeat", 1, car, lost, n.UNLOCK, again, asked=(fresh[0], fresh[6])),
        rolling("repeat of what renewed", 1, car.renewed(), lost, n.LOCK, once, asked=(fresh[0],)),
        rolling("another attempt", 1, car, other, n.UNLOCK, stale),
        rolling("bad tag", 1, car, branch, n.UNLOCK, bad),
        rolling("bad tag at the first epoch", 0, first, strange, n.UNLOCK, handed),
        rolling("long behind", 1, far, here, n.UNLOCK, stale),
        rolling("revoked", 1, car, here, n.UNLOCK, revoked, standing=n.CRED_REVOKED),
        rolling("ahead", 1, car, three, n.UNLOCK, ahead),
        rolling("brought along", 1, car, three, n.STATUS, told, ahead=3),
        rolling("report", 1, renewed, replace(renewed, attempt=None), n.REPORT, Told(n.OK, nothing, "told")),
        rolling("report, one behind", 1, car, lost, n.REPORT, again, asked=(fresh[0],)),
        rolling("report, ahead", 1, car, three, n.REPORT, ahead, ahead=3),
        rolling("report, elsewhere", 1, car, branch, n.REPORT, stale),
        rolling("report, long behind", 1, far, here, n.REPORT, stale),
        rolling("report by the hand-out", 1, renewed, photo, n.REPORT, replace(stale, by="handout")),
        rolling("report of a revoked key", 1, car, here, n.REPORT, revoked, standing=n.CRED_REVOKED),
    ]
