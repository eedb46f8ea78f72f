# SPDX-License-Identifier: MIT
"""The part of the published vectors that is about requests, passes and recovery codes, made with the host's primitives.

All of them meet the same car: that of the session's vector, with owner 0 "Ada", whose key was used once, on the
challenge `accepted 0`, and driver 1 "Ben", who is suspect and at his first epoch. No door has moved yet, and a session
waits for consent to `waiting`. An answer is what that car says to that token on that challenge.
"""

from hashlib import sha256
from typing import Any

from nightlatch.phone import keys
from nightlatch.wire import bodies, messages, record, token
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.vectors.protocol_rolling import AGENT_ID, VEIL, answered, seed, token_key

OWNER = {"handle": 0, "role": n.ROLE_OWNER, "rights": n.RIGHTS_KNOWN, "label": "Ada", "state": n.CRED_ACTIVE}
DRIVER = {"handle": 1, "role": n.ROLE_DRIVER, "rights": 0x0F, "label": "Ben", "state": n.CRED_SUSPECT}
EPOCH = 1  # of the owner
CODE = 2
RENEWED = bytes((n.OK, n.DOORS_UNKNOWN, n.STATE_RENEWED, 0))
_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"


def owner() -> bytes:
    """The owner's chain key."""
    return keys.next_chain(keys.first_keys(seed("owner"), AGENT_ID, 0)[1], seed("accepted 0"))


def waiting() -> dict[str, Any]:
    """What a session wants consent to: the enrolment of a third key."""
    enrol = {"handle": 2, "kind": n.KIND_PHONE, "role": n.ROLE_DRIVER, "rights": 0x0F}
    body = record.pack(messages.ENROL, {**enrol, "label": "Cleo", "root": seed("root of Cleo")})
    digest = sha256(bytes([n.R_ENROL]) + body).digest()[: n.CONSENT_SIZE]
    return {**enrol, "request": n.R_ENROL, "text": "Cleo", "body": body.hex(), "digest": digest.hex()}


def request(name: str, action: int, body: bytes, reply: bytes = b"") -> dict[str, Any]:
    """One request of the owner."""
    nonce, attempt = seed(f"request {name}"), int.from_bytes(seed(f"request attempt {name}", 2), "big")
    chain = owner()
    head = token.head(action, 0, EPOCH, 0, attempt, keys.place(VEIL, nonce))
    sealed = keys.seal(chain, b"request", nonce, body)
    sent = head + keys.cmac(token_key(chain), nonce + head + sealed)[: n.TAG_SIZE] + sealed
    following = keys.next_chain(chain, nonce)
    back = answered(keys.derive(following, b"answer"), nonce, sent, RENEWED)
    if reply:
        back += keys.seal(following, b"reply", nonce, reply)
    values = {"nonce": nonce, "body": body, "token": sent, "reply": reply, "answer": back}
    return {"name": name, "action": action, "attempt": attempt, **{key: one.hex() for key, one in values.items()}}


def requests() -> list[dict[str, Any]]:
    """One of each."""

    def info(key: dict[str, Any], epoch: int) -> bytes:
        return record.pack(messages.KEY_INFO, {**key, "kind": n.KIND_PHONE, "epoch": epoch})

    listed = record.pack(messages.LIST_ANSWER, {"next": n.HANDLE_NONE}) + info(OWNER, EPOCH + 1) + info(DRIVER, 0)
    ident = seed("ident", n.PASS_ID_SIZE)
    wanted = waiting()
    digest = bytes.fromhex(wanted["digest"])
    shown = {name: wanted[name] for name in ("request", "handle", "kind", "role", "rights", "text")}
    told = record.pack(bodies.WANTED_ANSWER, {**shown, "value": 0, "key": b"", "digest": digest})
    mark = keys.mark(keys.first_keys(seed("driver"), AGENT_ID, 1)[1])

    def ends(what: int, handle: int, named: bytes) -> bytes:
        return record.pack(bodies.REVOKE, {"what": what, "handle": handle, "ident": named})

    return [
        request("revoke a key", n.REVOKE, ends(bodies.WHAT_KEY, 1, bytes(n.PASS_ID_SIZE))),
        request("end a pass", n.REVOKE, ends(bodies.WHAT_PASS, 0, ident)),
        request("end all passes", n.REVOKE, ends(bodies.WHAT_PASSES, 0, bytes(n.PASS_ID_SIZE))),
        request("list", n.LIST, record.pack(bodies.LIST, {"first": 0, "room": 192}), listed),
        request("wanted", n.WANTED, b"", told),
        request("approve", n.APPROVE, record.pack(bodies.APPROVE, {"digest": digest})),
        request("set the time", n.SET_TIME, record.pack(bodies.SET_TIME, {"seconds": 1_800_000_000})),
        request("rename", n.RENAME, record.pack(bodies.RENAME, {"handle": 1, "label": "Ben's old phone"})),
        request("clear", n.CLEAR, record.pack(bodies.CLEAR, {"handle": 1, "epoch": 0, "mark": mark})),
    ]


def shown(name: str, chain: list[bytes], kept: bool = False) -> dict[str, Any]:
    """A pass of the owner's epoch, its introduction, and the guest's first keys under handle 2.

    kept: the owner went on since, with passes out, and the car keeps what they hang on.
    """
    nonce, ident = seed(f"introduction {name}"), seed(f"ident {name}", n.PASS_ID_SIZE)
    last, steps = keys.derive(owner(), b"pass"), []
    for at, caveat in enumerate(chain):
        last = keys.cmac(last, b"\x02" + (b"" if at else ident) + caveat)
        steps.append(last.hex())
    head = token.head(n.INTRODUCE, n.HANDLE_NONE, 0, 0, 0, keys.place(VEIL, nonce))
    veiled = keys.veil(VEIL, nonce, bytes(2) + ident + b"".join(chain))
    tag = keys.cmac(keys.derive(last, b"introduce"), nonce + head + veiled)[: n.TAG_SIZE]
    answer = answered(keys.derive(last, b"answer"), nonce, head + tag, b"\x00\x00\x02\x00")
    guest, first = keys.first_keys(keys.derive(last, b"guest", AGENT_ID), AGENT_ID, 2)
    values = {"nonce": nonce, "ident": ident, "token": head + tag + veiled, "answer": answer}
    values |= {"guest_handout": guest, "guest_chain": first}
    return {
        "name": name,
        "kept": kept,
        "caveats": [caveat.hex() for caveat in chain],
        "chain": steps,
        **{key: one.hex() for key, one in values.items()},
    }


def passes() -> list[dict[str, Any]]:
    """One as issued, one with every caveat, one that was passed on and shown after its issuer's next use."""
    dates = [c.caveat(c.NOT_BEFORE, 1_790_000_000), c.caveat(c.NOT_AFTER, 1_900_000_000)]
    return [
        shown("one use", [c.caveat(c.DEPTH, 0), c.caveat(c.USES, 1)]),
        shown(
            "everything",
            [
                c.caveat(c.DEPTH, 2),
                c.caveat(c.ACTIONS, n.RIGHT_UNLOCK | n.RIGHT_LOCK),
                *dates,
                c.caveat(c.USES, 20),
                c.caveat(c.LIFETIME, 86400),
                c.weekly(0b0011111, 8 * 60, 18 * 60),
            ],
        ),
        shown("narrowed", [c.caveat(c.DEPTH, 1), *dates, c.caveat(c.USES, 5), c.caveat(c.USES, 2)], kept=True),
    ]


def recovery() -> list[dict[str, Any]]:
    """Codes under handle 2."""
    found = []
    for name in ("first", "second"):
        secret, nonce = seed(f"code {name}", 10), seed(f"recovery {name}")
        attempt = int.from_bytes(seed(f"recovery attempt {name}", 2), "big")
        root = keys.derive(secret + bytes(6), b"recovery")
        handout, chain = keys.first_keys(root, bytes(n.AGENT_ID_SIZE), CODE)
        head = token.head(n.RECOVER, CODE, 0, 0, attempt, bytes(4))
        sent = head + keys.cmac(token_key(chain), nonce + head)[: n.TAG_SIZE]
        number = int.from_bytes(secret, "big")
        symbols = "".join(_SYMBOLS[number >> 5 * place & 31] for place in range(15, -1, -1))
        check = _SYMBOLS[(CODE << 80 | number) % 37]
        text = "-".join([str(CODE), *(symbols[at : at + 4] for at in range(0, 16, 4)), check])
        answer = answered(keys.derive(chain, b"told"), nonce, sent, bytes([n.OK, n.DOORS_UNLOCKED, 0, 0]))
        values = {"secret": secret, "root": root, "handout": handout, "chain": chain, "nonce": nonce}
        values |= {"token": sent, "answer": answer}
        row = {"handle": CODE, "text": text, "attempt": attempt}
        found.append({**row, **{key: one.hex() for key, one in values.items()}})
    return found
