# SPDX-License-Identifier: MIT
"""Consent to one request of a session, under MicroPython."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_consent.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_consent(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
