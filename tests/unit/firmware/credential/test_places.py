# SPDX-License-Identifier: MIT
"""Places of passes, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_places.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_places(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
