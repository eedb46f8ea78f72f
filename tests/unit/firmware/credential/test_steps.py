# SPDX-License-Identifier: MIT
"""What a step writes and in which order, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_steps.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_steps(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
