# SPDX-License-Identifier: MIT
"""What an agent must be able to do before it says that it works: tell a good token from a bad one.

The vector is the first exchange of tests/vectors/protocol.json; a test compares the two.
"""

from wire import numbers as n
from wire import token

from ..credential import chain
from ..credential.veil import Veil
from ..store.ring import cred as c

AGENT_ID = bytes.fromhex("e60c06769a51b4d2a1ec6bbef180361d")
VEIL = bytes.fromhex("73c25ccb306f876f71a1c81860f2f743")
ROOT = bytes.fromhex("59843ad6cd05d750317cc40642a1d2f0")
NONCE = bytes.fromhex("6ea94ff537efc751d093e2fff8f0a388")
TOKEN = bytes.fromhex("2176ae18230024ba28bc7ce876860300b8be4256")
HANDLE = 0


def passes() -> bool:
    """Whether a known token is accepted under its key, and no other."""
    veil = Veil(VEIL)
    place = veil.place(NONCE)
    bent = bytearray(TOKEN)
    bent[-1] ^= 1
    handout, first = chain.first_keys(ROOT, AGENT_ID, HANDLE)
    cred = c.new(HANDLE, n.KIND_PHONE, n.ROLE_OWNER, n.RIGHT_UNLOCK, "", handout, first)
    good = chain.examine(cred, NONCE, TOKEN, place, veil)
    bad = chain.examine(cred, NONCE, bytes(bent), place, veil)
    return token.handle(TOKEN, place) == HANDLE and good.fresh and good.reason == n.OK and not bad.fresh
