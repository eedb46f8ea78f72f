# SPDX-License-Identifier: MIT
"""The gate, under MicroPython, with the real store, policy, actuator and log behind it."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_gate.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_gate(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
