# SPDX-License-Identifier: MIT
"""The status light, under MicroPython: what it shows can be counted, and nothing looks like anything else."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_light.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_light(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
