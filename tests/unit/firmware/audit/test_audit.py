# SPDX-License-Identifier: MIT
"""The log, under MicroPython: chained, bounded, and never in the way of a verdict."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_audit.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_audit(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
