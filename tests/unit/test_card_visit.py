# SPDX-License-Identifier: MIT
"""Which of a card's two tickets counts, under MicroPython."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_card_visit.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_card_visit(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
