# SPDX-License-Identifier: MIT
"""A fake car picks challenges so that a phone uses key and nonce, or key and counter, twice."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128

from nightlatch.phone import keys, requests
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.holder import Holder
from nightlatch.phone.passes import Introduction, issue
from nightlatch.phone.state import State
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.attack.table import Report

KEY = KeyBundle(os.urandom(16), os.urandom(16), 3, n.ROLE_OWNER, n.RIGHTS_KNOWN, os.urandom(16), "")
KNOWN = requests.rename(1, "A" * 20)  # what the fake car can guess; the other one it wants to read
SECRET = requests.rename(2, "B" * 20)


def pairs() -> Iterator[tuple[bytes, bytes]]:
    """Two challenges that differ in one bit, in one block's number, in all but a prefix or a suffix."""
    for _ in range(4):
        one = os.urandom(16)
        number = int.from_bytes(one, "big")
        others = [(number ^ 1 << bit).to_bytes(16, "big") for bit in range(128)]
        others += [one[:kept] + os.urandom(16 - kept) for kept in (4, 8, 12, 13, 14, 15)]
        others += [os.urandom(16 - kept) + one[16 - kept :] for kept in (4, 8, 12, 13, 14, 15)]
        yield from ((one, other) for other in others if other != one)


def mixed(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=False))


def repeats(one: bytes, other: bytes, plain: bytes, wanted: bytes) -> bool:
    """Whether two ciphertexts share a block of key stream: then the one plain text tells the other. Blocks are looked
    for at every place, for a fake car may shift them."""
    streams = [mixed(one, plain), mixed(other, wanted)]
    blocks = [{stream[at : at + 16] for at in range(0, len(stream) - 15, 16)} for stream in streams]
    return bool(blocks[0] & blocks[1])


def bodies_of_requests(first: bytes, second: bytes) -> bool:
    """Two requests of one phone at one epoch, for two challenges."""
    bodies = []
    holder = Holder(State.of(KEY))
    for challenge, wanted in ((first, KNOWN), (second, SECRET)):
        bodies.append(holder.token(challenge, wanted[0], 0, wanted[1])[n.TOKEN_SIZE :])
    return repeats(bodies[0], bodies[1], KNOWN[1], SECRET[1])


def bodies_of_introductions(first: bytes, second: bytes) -> bool:
    """One pass that is shown twice, and what its blocks say of each other."""
    issuer = Holder(replace(State.of(KEY), epoch=1))
    one = issue(issuer, [c.caveat(c.USES, 1), c.caveat(c.NOT_AFTER, 1_900_000_000), c.weekly(1, 60, 120)])
    plain = one.issuer.to_bytes(2, "big") + one.ident + b"".join(one.caveats)
    shown = Introduction(one)
    bodies = [shown.token(challenge)[n.TOKEN_SIZE :] for challenge in (first, second)]
    return repeats(bodies[0], bodies[1], plain, plain)


def bodies_of_who_is_ahead(first: bytes, second: bytes) -> bool:
    """The challenges behind a STATUS, asked for twice."""
    accepted = tuple(os.urandom(16) for _ in range(4))
    plain = b"".join(accepted)
    bodies = [keys.veil(KEY.veil, challenge, plain) for challenge in (first, second)]
    return repeats(bodies[0], bodies[1], plain, plain)


KINDS: list[Callable[[bytes, bytes], bool]] = [bodies_of_requests, bodies_of_introductions, bodies_of_who_is_ahead]


def tried() -> tuple[int, int]:
    """(tries, how often a key stream came twice)."""
    found = [kind(*pair) for kind in KINDS for pair in pairs()]
    return len(found), sum(found)


def sealed(chain: bytes, label: bytes, challenge: bytes, plain: bytes) -> bytes:
    """Version 1's: the challenge's first 13 bytes are the nonce."""
    return AESCCM(keys.derive(chain, label), n.SEAL_TAG).encrypt(challenge[:13], plain, None)


def veiled(veil_key: bytes, challenge: bytes, body: bytes) -> bytes:
    """Version 1's: blocks of AES(V, challenge ^ number)."""
    number = int.from_bytes(challenge, "big")
    cipher = Cipher(AES128(veil_key), modes.ECB()).encryptor()
    blocks = [cipher.update((number ^ at + 1).to_bytes(16, "big")) for at in range(-(-len(body) // 16))]
    return mixed(body, b"".join(blocks))


def test_no_key_stream_comes_twice(attack: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """In requests, in introductions, in the body of who is ahead. Its twin is a phone of version 1."""
    tries, found = tried()
    monkeypatch.setattr(keys, "seal", sealed)
    monkeypatch.setattr(keys, "veil", veiled)
    fell = tried()[1]
    attack(38, "challenges that a fake car picks", tries, found, "no two bodies under one key stream", fell)
