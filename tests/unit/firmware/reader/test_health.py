# SPDX-License-Identifier: MIT
"""The alarm of a reader that is gone, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_health.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_reader_health(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
