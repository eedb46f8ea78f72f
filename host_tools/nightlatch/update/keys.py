# SPDX-License-Identifier: MIT
"""The signing key of updates: ECDSA P-256, from a PEM file; and the table that stands for its public half.

The agent checks a signature much faster when it is given multiples of the public point (crypto/ecdsa/p256.py): a table
of 1 KB, made here and sent with each update. The agent keeps the table's SHA-256: the fingerprint.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from ..errors import Refused

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_FILE_MOST = 64 * 1024


class Signer(Protocol):
    """Whoever can sign: a key in a file, or one that never leaves its token."""

    def public(self) -> bytes:
        """x · y, 64 bytes."""

    def sign(self, message: bytes) -> bytes:
        """r · s of ECDSA with SHA-256, 64 bytes."""


class FileSigner:
    """A P-256 private key in a PEM file. Refused when it is none, or wants a passphrase that is not given."""

    def __init__(self, path: Path, passphrase: bytes | None = None) -> None:
        try:
            key = load_pem_private_key(_read(path), passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise _no_key(path, "private") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise _no_key(path, "private")
        self._key = key

    def public(self) -> bytes:
        return _point(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def load_public(path: Path) -> bytes:
    """x · y of a P-256 public key in a PEM file, or of the private key there without a passphrase."""
    data = _read(path)
    try:
        key = load_pem_private_key(data, None).public_key() if b"PRIVATE" in data else load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _no_key(path, "public") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _no_key(path, "public")
    return _point(key)


def table(public: bytes) -> bytes:
    """1024 bytes for a public key (x · y): x · y of its multiples by 1, 3, 5, 7, of those by 2^64, 2^128 and 2^192.

    ValueError when it is no point of the curve.
    """
    base = _affine(public)
    ec.EllipticCurvePublicNumbers(*base, ec.SECP256R1()).public_key()
    found = b""
    for _ in range(4):
        twice, odd = _add(base, base), base
        for _ in range(4):
            found += odd[0].to_bytes(32, "big") + odd[1].to_bytes(32, "big")
            odd = _add(odd, twice)
        for _ in range(64):
            base = _add(base, base)
    return found


def _affine(public: bytes) -> tuple[int, int]:
    return int.from_bytes(public[:32], "big"), int.from_bytes(public[32:64], "big")


def _add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    """The sum of two points that are the same, or have different x: the multiples of a point here are no others."""
    rise, run = (3 * (p[0] * p[0] - 1), 2 * p[1]) if p == q else (q[1] - p[1], q[0] - p[0])
    slope = rise * pow(run, -1, _P)
    x = (slope * slope - p[0] - q[0]) % _P
    return x, (slope * (p[0] - x) - p[1]) % _P


def fingerprint(public: bytes) -> bytes:
    """What the agent keeps of a public key (x · y): 32 bytes."""
    return sha256(table(public)).digest()


def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature (r · s) is that of the public key whose table this is."""
    if len(key) != 1024 or len(signature) != 64:
        return False
    r, s = _affine(signature)
    try:
        public = ec.EllipticCurvePublicNumbers(*_affine(key), ec.SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return table(key[:64]) == key


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    numbers = key.public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_MOST)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}", "name a PEM file", code="no_key") from None


def _no_key(path: Path, half: str) -> Refused:
    hint = "make one: `openssl ecparam -name prime256v1 -genkey -noout -out KEY.pem`"
    return Refused(f"{path} holds no P-256 {half} key that can be read", hint, code="no_key")
