# SPDX-License-Identifier: MIT
"""Verifies ECDSA over P-256 with SHA-256 (FIPS 186-5, section 6.4.2), in slices short enough for an idle moment.

Nothing here is secret, so nothing here runs in constant time. Ours signs nothing.
"""

from . import p256

KEY_SIZE = p256.TABLE_SIZE
SIGNATURE_SIZE = 64


def check(key: "bytes | bytearray", digest: bytes, signature: bytes) -> "Iterator[bool | None]":
    """Yields None after each slice of the work, then whether the signature is this key's.

    key: the table of multiples of the public point, see p256.py: who trusts a key trusts all of it. digest: SHA-256 of
    what was signed; signature: r · s, 32 bytes each, big-endian.
    """
    if len(key) != KEY_SIZE or len(signature) != SIGNATURE_SIZE or len(digest) != p256.SIZE:
        yield False
        return
    r, s = p256.point(signature, 0)
    if not (0 < r < p256.N and 0 < s < p256.N and p256.on_curve(*p256.point(key, 0))):
        yield False
        return
    w = found = None
    for w in p256.inverse(s, p256.N):
        if w is None:
            yield None
    assert w is not None
    for found in p256.sum_of_products(int.from_bytes(digest, "big") * w % p256.N, r * w % p256.N, key):
        if found is None:
            yield None
    assert found is not None
    px, _, pz = found
    square = pz * pz % p256.P
    # the neutral point has no x; otherwise x mod n is r: x is r, or r + n where that is still below p
    good = r * square % p256.P == px or r + p256.N < p256.P and (r + p256.N) * square % p256.P == px
    yield bool(pz) and good


def verify(key: bytes, digest: bytes, signature: bytes) -> bool:
    """The same at one go."""
    for good in check(key, digest, signature):
        if good is not None:
            return good
    return False


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
