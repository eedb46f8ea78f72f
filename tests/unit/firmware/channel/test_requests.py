# SPDX-License-Identifier: MIT
"""The requests inside a session, under MicroPython: answers, refusals, pages, and what survives."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_requests.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_channel_requests(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
