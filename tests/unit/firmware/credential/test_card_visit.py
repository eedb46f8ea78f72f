# SPDX-License-Identifier: MIT
"""Which of a card's two tickets counts, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_card_visit.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_card_visit(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
