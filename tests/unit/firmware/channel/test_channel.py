# SPDX-License-Identifier: MIT
"""The technician's channel, under MicroPython: what strangers get, sessions, and every request."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_channel.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_channel(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
