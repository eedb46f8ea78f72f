# SPDX-License-Identifier: MIT
"""Lost answers, lost writes and copies at the gate, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_gate_copies.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_copies(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
