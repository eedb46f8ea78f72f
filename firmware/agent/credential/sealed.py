# SPDX-License-Identifier: MIT
"""What stands sealed behind a token and behind its answer.

A request is AES-CCM under KDF(K(n), "request", challenge), its reply under KDF(K(n+1), "reply", challenge), both with a
nonce of zeros: each key is used once.
"""

from wire import numbers as n

from ..crypto import ccm, kdf

_NONCE = bytes(13)


def request(chain: "Cmac", nonce: bytes, token: bytes) -> bytes:
    """What a token asks for; AuthError when it does not verify. chain: Cmac of the chain key of its epoch."""
    key = kdf.derive(chain, b"request", nonce)
    return ccm.Ccm(key, n.SEAL_TAG).open(_NONCE, b"", token[n.TOKEN_SIZE :])


def reply(following: "Cmac", nonce: bytes, plain: bytes) -> bytes:
    """A reply as it leaves, nothing when it is empty. following: Cmac of the chain key behind the step."""
    return ccm.Ccm(kdf.derive(following, b"reply", nonce), n.SEAL_TAG).seal(_NONCE, b"", plain) if plain else b""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..crypto.cmac import Cmac
