# SPDX-License-Identifier: MIT
"""On the emulated board: what instructions tell of secrets. Prints one JSON object.

A comparison that differs in each place and in none; the check of a token under many keys, whose tag is right, or
wrong in each place. Everything but the secret is the same in all of them, the state of the heap too.
"""

import hashlib
import json
from array import array

from agent.credential import chain
from agent.credential.veil import Veil
from agent.crypto import ct
from agent.store.ring import cred
from tests.bench.board_count import count
from tests.kit.phone import Phone
from wire import numbers as n

TIMES = 100  # a single call is known to one instruction only
KEYS = 24
NONCE = bytes(16)
VEIL = Veil(bytes(16))  # which only a body needs


def compare(a, b):
    for _ in range(TIMES):
        ct.equal(a, b)


def differing(right):
    """right, and copies of it that are wrong in one place."""
    yield bytes(bytearray(right))
    for at in range(12):
        for flip in (0x01, 0x80, 0xFF):
            wrong = bytearray(right)
            wrong[at] ^= flip
            yield bytes(wrong)


def token_of(number):
    """A credential, a token of its holder's, and what veils its place."""
    key = hashlib.sha256(b"%d" % number).digest()
    phone = Phone(0, key[:16], key[16:])
    one = cred.new(0, n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, "", key[:16], key[16:])
    return one, phone.token(NONCE), phone.veil.place(NONCE)


def costs(cases):
    """Instructions of the check of each: all are made before, and nothing is kept meanwhile."""
    out = array("i", [0] * len(cases))
    for _ in range(3):  # the first rounds find their places in the heap
        for i in range(len(cases)):
            one, token, place = cases[i]
            out[i] = count(chain.examine, one, NONCE, token, place, VEIL)
    return list(out)


def main():
    secret = bytes(range(12))
    count(compare, secret, secret)  # the first call finds its names, and pays for it
    compared = [count(compare, secret, other) for other in differing(secret)]
    right = [token_of(number) for number in range(KEYS)]
    one, token, place = right[0]
    wrong = [(one, token[: n.TOKEN_HEAD] + tag, place) for tag in differing(token[n.TOKEN_HEAD :])][1:]
    spread = round((max(compared) - min(compared)) / TIMES, 1)
    print(json.dumps({"compare": spread, "right": costs(right), "wrong": costs(wrong)}))


main()
