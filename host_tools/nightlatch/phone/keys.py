# SPDX-License-Identifier: MIT
"""The protocol's key derivation on the host's side: SP 800-108 counter mode with AES-CMAC, by cryptography."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.cmac import CMAC

from ..wire import numbers as n


def cmac(key: bytes, data: bytes) -> bytes:
    """AES-128 CMAC (RFC 4493) of any data under a 16-byte key: 16 bytes."""
    mac = CMAC(AES128(key))
    mac.update(data)
    return mac.finalize()


def derive(key: bytes, label: bytes, context: bytes = b"") -> bytes:
    """16 bytes: CMAC(key, 01 · label · 00 · context · 0080)."""
    return cmac(key, b"\x01" + label + b"\x00" + context + b"\x00\x80")


def veil(veil_key: bytes, nonce: bytes) -> bytes:
    """The 16 bytes whose first four hide handle and epoch of the token that answers this challenge."""
    block = Cipher(AES128(veil_key), modes.ECB()).encryptor()
    return block.update(nonce)


def seal(chain: bytes, label: bytes, nonce: bytes, plain: bytes) -> bytes:
    """A request's body or its reply under a chain key: AES-CCM, 8-byte tag, nonce = the challenge's first 13 bytes."""
    return AESCCM(derive(chain, label), n.SEAL_TAG).encrypt(nonce[:13], plain, None)


def unseal(chain: bytes, label: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
    """The reverse; None when it does not verify."""
    try:
        return AESCCM(derive(chain, label), n.SEAL_TAG).decrypt(nonce[:13], sealed, None)
    except (InvalidTag, ValueError):
        return None


def first_keys(root: bytes, agent_id: bytes, handle: int) -> tuple[bytes, bytes]:
    """(identity key, chain key of epoch 0) of a credential."""
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
    """The chain key, or link key, of the next epoch."""
    return cmac(key, b"next")
