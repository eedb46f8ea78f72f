# SPDX-License-Identifier: MIT
"""The kinds of credential: which of them judges a token. The gate asks this table.

A kind is a module here with a class: `Class(office)` makes one for the agent, and `judge(link, nonce, token)` gives the
answer of 16 bytes with what may stand behind it, and whether the token was accepted; None says that it is a stranger's.
Its tokens have an action that no other kind's have, and their length is within bounds. The gate holds the guard, and
has used the challenge up.
"""

from wire import numbers as n

from .introduce import Introduction
from .recovery import Recovery
from .rolling import Rolling

# by action of their tokens; all others roll
TOKENS: "dict[int, Callable[[Office], Judge]]" = {n.RECOVER: Recovery, n.INTRODUCE: Introduction}


def judges(office: "Office", prepare: "Prepare") -> "tuple[dict[int, Judge], Judge]":
    """One of each, by the action of its tokens, and the one for all other actions. prepare: see agent/requests.py."""
    return {action: made(office) for action, made in TOKENS.items()}, Rolling(office, prepare)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from ..office import Office
    from .rolling import Prepare

    class Judge(Protocol):
        """One kind, as the gate sees it."""

        def judge(self, link: int, nonce: bytes, token: bytes) -> tuple[bytes, bool] | None:
            """The answer, and whether the token was accepted."""
