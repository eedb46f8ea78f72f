# SPDX-License-Identifier: MIT
"""The seed of what a plain run of the tests samples: it changes by the day; NIGHTLATCH_SEED fixes it."""

import os
from datetime import date

SEED = int(os.environ.get("NIGHTLATCH_SEED", "0")) or date.today().toordinal()


def again(failures: list[str]) -> str:
    """What to run after a failure."""
    lines = [f"python -m tests.power.replay {one}" for one in failures[:9]]
    return "\n".join([f"the sample again: NIGHTLATCH_SEED={SEED}", *lines])
