# SPDX-License-Identifier: MIT
"""The actuator, under MicroPython: one output at a time, each with its end armed first."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_actuator.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_actuator(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
