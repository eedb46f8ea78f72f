# SPDX-License-Identifier: MIT
"""The adapters of the ports, under CPython and under MicroPython; beside MicroPython's littlefs under the latter."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.outcome import Script
from tests.model import upy_adapters

ADAPTERS = Script(Path(__file__).with_name("upy_adapters.py"))
LITTLEFS = Script(Path(__file__).with_name("upy_littlefs.py"))


@pytest.mark.parametrize("case", ADAPTERS.cases)
def test_adapters(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    getattr(upy_adapters, case)()


@pytest.mark.parametrize("case", ADAPTERS.cases)
def test_adapters_under_micropython(upy: Any, case: str) -> None:
    ADAPTERS.check(upy, case)


@pytest.mark.parametrize("case", LITTLEFS.cases)
def test_beside_a_file_system(upy: Any, case: str) -> None:
    LITTLEFS.check(upy, case)
