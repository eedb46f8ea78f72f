# SPDX-License-Identifier: MIT
"""The gate, under MicroPython, with the real store, policy, actuator and log behind it."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_gate.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_gate(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
