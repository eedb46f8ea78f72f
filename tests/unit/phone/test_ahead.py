# SPDX-License-Identifier: MIT
"""Who plays the car with no more than the hand-out is not told the challenges that lead to a phone's key."""

import pytest

from nightlatch.phone import keys
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import State
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t

HANDOUT, RENEWED = b"H" * 16, b"S" * 16
STATE = State(
    bytes(16), b"V" * 16, HANDOUT, RENEWED, b"K" * 16, 7, epoch=5, accepted=tuple(bytes([at]) * 16 for at in range(5))
)


def ahead(key: bytes, nonce: bytes, token: bytes, steps: int) -> bytes:
    """The car's answer to a phone that is so many epochs ahead, under a key."""
    plain = bytes([n.AHEAD, 0, 0, steps])
    tag = keys.cmac(key, nonce + token[: n.TOKEN_SIZE] + plain)[: n.TAG_SIZE]
    return bytes(a ^ b for a, b in zip(plain, keys.cmac(key, tag), strict=False)) + tag


@pytest.mark.parametrize(
    ("state", "key", "steps", "told"),
    [
        (STATE, RENEWED, 3, True),
        (STATE, HANDOUT, 5, False),  # a photo of the QR code plays the car
        (STATE, RENEWED, 6, False),  # more than this phone remembers
    ],
)
def test_who_is_told_the_way_to_the_key(state: State, key: bytes, steps: int, told: bool) -> None:
    holder = Holder(state)
    first = holder.token(b"1" * 16, n.UNLOCK)
    result = holder.answer(ahead(key, b"1" * 16, first, steps))
    following = holder.token(b"2" * 16, n.UNLOCK)
    assert result.verdict == n.AHEAD and result.report != told
    assert (t.action(following) == n.STATUS and len(following) > n.TOKEN_SIZE) == told
    assert holder.state.chain == STATE.chain and holder.state.epoch == 5
