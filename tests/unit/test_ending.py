# SPDX-License-Identifier: MIT
"""Several issuers end their passes, under MicroPython."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_ending.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_ending(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
