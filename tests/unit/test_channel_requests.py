# SPDX-License-Identifier: MIT
"""The requests inside a session, under MicroPython: answers, refusals, pages, and what survives."""

from typing import Any

import pytest

from tests.unit.upy_outcome import Script

SCRIPT = Script("upy_channel_requests.py")


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_channel_requests(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)
