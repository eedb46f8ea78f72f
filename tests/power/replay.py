# SPDX-License-Identifier: MIT
"""`python -m tests.power.replay NAME…`: runs single cuts and histories again, by the names that failures have."""

import sys

from tests.power import engine, histories


def replay(ident: str) -> str:
    """What did not hold, or ""."""
    if ident.startswith("history:"):
        _, name, seed, starts = ident.split(":")
        return histories.play(name, int(seed), int(starts))[1]
    return engine.replay(ident)


if __name__ == "__main__":
    for ident in sys.argv[1:]:
        print(ident, replay(ident) or "holds")
