# SPDX-License-Identifier: MIT
"""The factory reset, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

pytestmark = pytest.mark.xdist_group("test_reset")  # a script runs once in a process
SCRIPT = Script(Path(__file__).with_name("upy_reset.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_reset(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
