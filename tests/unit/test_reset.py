# SPDX-License-Identifier: MIT
"""The factory reset, under MicroPython."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_reset.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_reset(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
