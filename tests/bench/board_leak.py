# SPDX-License-Identifier: MIT
"""On the emulated board: what instructions tell of secrets. Prints one JSON object.

A comparison that differs in each place and in none; the check of a token under many keys, whose tag is right, or
wrong in each place. Everything but the secret is the same in all of them, the state of the heap too.
"""

import hashlib
import json
from array import array

from agent.credential import rolling
from agent.crypto import ct
from tests.bench.board_count import count
from tests.kit.phone import Phone
from wire import numbers as n

TIMES = 100  # a single call is known to one instruction only
KEYS = 24
NONCE = bytes(16)


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


class Cred:
    """What examine() looks at."""

    epoch = attempt = accepted = 0
    state = n.CRED_ACTIVE

    def __init__(self, key):
        self.identity, self.chain = key[:16], key[16:]


def token_of(number):
    """A credential, a token of its holder's, and its veil."""
    key = hashlib.sha256(b"%d" % number).digest()
    phone = Phone(0, key[:16], key[16:])
    veil = bytearray(16)
    phone.veil.encrypt_into(NONCE, veil)
    return Cred(key), phone.token(NONCE), veil


def costs(cases):
    """Instructions of the check of each: all are made before, and nothing is kept meanwhile."""
    out = array("i", [0] * len(cases))
    for _ in range(3):  # the first rounds find their places in the heap
        for i in range(len(cases)):
            cred, token, veil = cases[i]
            out[i] = count(rolling.examine, cred, NONCE, token, veil)
    return list(out)


def main():
    secret = bytes(range(12))
    count(compare, secret, secret)  # the first call finds its names, and pays for it
    compared = [count(compare, secret, other) for other in differing(secret)]
    right = [token_of(number) for number in range(KEYS)]
    cred, token, veil = right[0]
    wrong = [(cred, token[: n.TOKEN_HEAD] + tag, veil) for tag in differing(token[n.TOKEN_HEAD :])][1:]
    spread = round((max(compared) - min(compared)) / TIMES, 1)
    print(json.dumps({"compare": spread, "right": costs(right), "wrong": costs(wrong)}))


main()
