# SPDX-License-Identifier: MIT
"""What a token proves, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_chain.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_chain(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
