# SPDX-License-Identifier: MIT
"""The supervisor, under MicroPython: a task that fails is restarted, and the others don't notice."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_supervisor.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_supervisor(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
