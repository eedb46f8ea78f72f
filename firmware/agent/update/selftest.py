# SPDX-License-Identifier: MIT
"""What an agent must be able to do before it says that it works: tell a good token from a bad one.

The vector is the first of tests/vectors/protocol.json; a test compares the two.
"""

from wire import numbers as n
from wire import token

from ..credential import rolling
from ..crypto import aes

AGENT_ID = bytes.fromhex("e60c06769a51b4d2a1ec6bbef180361d")
VEIL = bytes.fromhex("d233d56845900c0ba6908a4b40434056")
ROOT = bytes.fromhex("59843ad6cd05d750317cc40642a1d2f0")
NONCE = bytes.fromhex("6ea94ff537efc751d093e2fff8f0a388")
TOKEN = bytes.fromhex("11022543ad0024bacfe0f67fbd26c4e90bbe42ef")
HANDLE = 0


class _Cred:
    """The store's view of a credential that was never used."""

    def __init__(self, identity: bytes, chain: bytes) -> None:
        self.identity = identity
        self.chain = chain
        self.epoch = self.accepted = self.attempt = 0
        self.state = n.CRED_ACTIVE


def passes() -> bool:
    """Whether a known token is accepted under its key, and no other."""
    veil = bytearray(16)
    aes.new(VEIL).encrypt_into(NONCE, veil)
    bent = bytearray(TOKEN)
    bent[-1] ^= 1
    cred: "Any" = _Cred(*rolling.first_keys(ROOT, AGENT_ID, HANDLE))
    good = rolling.examine(cred, NONCE, TOKEN, veil)
    bad = rolling.examine(cred, NONCE, bytes(bent), veil)
    return token.handle(TOKEN, veil) == HANDLE and good.fresh and good.reason == n.OK and not bad.fresh


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
