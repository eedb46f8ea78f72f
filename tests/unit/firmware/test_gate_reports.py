# SPDX-License-Identifier: MIT
"""Questions why, refusals, and what is logged of them, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_gate_reports.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_reports(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
