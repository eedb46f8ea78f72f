# SPDX-License-Identifier: MIT
"""Settings and clock, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_config_clock.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_config_clock(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
