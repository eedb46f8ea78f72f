# SPDX-License-Identifier: MIT
"""The alarm of a reader that is gone, under MicroPython."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_reader_health.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_reader_health(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
