# SPDX-License-Identifier: MIT
"""Who is left that could consent where owners are suspect, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_keyring.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_keyring(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
