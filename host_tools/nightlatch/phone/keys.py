# SPDX-License-Identifier: MIT
"""The protocol's key derivation on the host's side: SP 800-108 counter mode with AES-CMAC, by cryptography."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.cmac import CMAC

from ..wire import numbers as n

_NONCE = bytes(13)


def cmac(key: bytes, data: bytes) -> bytes:
    """AES-128 CMAC (RFC 4493) of any data under a 16-byte key: 16 bytes."""
    mac = CMAC(AES128(key))
    mac.update(data)
    return mac.finalize()


def derive(key: bytes, label: bytes, context: bytes = b"") -> bytes:
    """16 bytes: CMAC(key, 01 · label · 00 · context · 0080)."""
    return cmac(key, b"\x01" + label + b"\x00" + context + b"\x00\x80")


def place(veil_key: bytes, challenge: bytes) -> bytes:
    """The 16 bytes whose first four hide handle and epoch of the token that answers this challenge."""
    return Cipher(AES128(derive(veil_key, b"place")), modes.ECB()).encryptor().update(challenge)


def veil(veil_key: bytes, challenge: bytes, body: bytes) -> bytes:
    """What stands behind a token, veiled, or unveiled: AES-CTR from zero under a key of this challenge alone."""
    key = derive(veil_key, b"veil", challenge)
    return Cipher(AES128(key), modes.CTR(bytes(16))).encryptor().update(body)


def advert(veil_key: bytes, salt: bytes) -> bytes:
    """The 3 bytes behind the salt of a car's advertisement."""
    return cmac(derive(veil_key, b"advert"), salt)[:3]


def seal(chain: bytes, label: bytes, challenge: bytes, plain: bytes) -> bytes:
    """A request's body or its reply under a chain key and a challenge: AES-CCM, 8-byte tag, a nonce of zeros."""
    return AESCCM(derive(chain, label, challenge), n.SEAL_TAG).encrypt(_NONCE, plain, None)


def unseal(chain: bytes, label: bytes, challenge: bytes, sealed: bytes) -> bytes | None:
    """The reverse; None when it does not verify."""
    try:
        return AESCCM(derive(chain, label, challenge), n.SEAL_TAG).decrypt(_NONCE, sealed, None)
    except (InvalidTag, ValueError):
        return None


def next_chain(chain: bytes, fresh: bytes) -> bytes:
    """The chain key of the next epoch. fresh: the accepted challenge, or a card reader's random number, 16 bytes."""
    return cmac(chain, b"next" + fresh)


def mark(chain: bytes) -> bytes:
    """Two bytes by which the holder of a chain key says which branch it is on."""
    return derive(derive(chain, b"token"), b"mark")[: n.MARK_SIZE]


def first_keys(root: bytes, agent_id: bytes, handle: int) -> tuple[bytes, bytes]:
    """(hand-out key, chain key of epoch 0) of a credential."""
    context = agent_id + handle.to_bytes(2, "big")
    return derive(root, b"identity", context), derive(root, b"chain", context)


def car_keys(agent_id: bytes, claim_key: bytes) -> tuple[bytes, bytes, bytes]:
    """(veil key, log key, first link key) of a car, from the key that claimed it."""
    return (
        derive(claim_key, b"veil", agent_id),
        derive(claim_key, b"log", agent_id),
        derive(claim_key, b"link", agent_id),
    )


def next_key(key: bytes) -> bytes:
    """The link key of the next epoch."""
    return cmac(key, b"next")
