# SPDX-License-Identifier: MIT
"""The gate, under MicroPython, when something behind it fails, and the order in which things happen."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_gate_faults.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_gate_faults(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
