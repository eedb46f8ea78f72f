# SPDX-License-Identifier: MIT
"""The kinds of credential that judge tokens of their own: the gate asks this table. All others but the card roll.

Such a kind is a module here with a class: KIND is its number, `Class(office)` makes one for the agent, and
`judge(link, cred, nonce, token)` gives the answer of 16 bytes and whether the token was accepted. Its tokens have
an action that no other kind's have, and nothing in them is veiled. The gate holds the guard,
and has used the challenge up.
"""

from wire import numbers as n

from .recovery import Recovery

TOKENS = {n.RECOVER: Recovery}  # action of its tokens, what judges them
APART = (n.KIND_CARD,) + tuple([judge.KIND for judge in TOKENS.values()])  # kinds whose tokens never roll


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from ..store.tables import Cred

    class Judge(Protocol):
        """One kind, as the gate sees it."""

        KIND: int

        def judge(self, link: int, cred: Cred, nonce: bytes, token: bytes) -> tuple[bytes, bool]:
            """The answer, and whether the token was accepted."""
