# SPDX-License-Identifier: MIT
"""Settings and clock, under MicroPython."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_config_clock.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_config_clock(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
