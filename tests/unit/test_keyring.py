# SPDX-License-Identifier: MIT
"""Who is left that could consent where owners are suspect, under MicroPython."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_keyring.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_keyring(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
