# SPDX-License-Identifier: MIT
"""`python -m tests.power.replay NAME…`: runs single cuts again, by the names that failures have."""

import sys

from tests.power.engine import replay

if __name__ == "__main__":
    for ident in sys.argv[1:]:
        print(ident, replay(ident) or "holds")
