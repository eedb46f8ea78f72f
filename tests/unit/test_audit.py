# SPDX-License-Identifier: MIT
"""The log, under MicroPython: chained, bounded, and never in the way of a verdict."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_audit.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_audit(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
