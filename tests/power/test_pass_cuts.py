# SPDX-License-Identifier: MIT
"""The power goes while a pass is let in, used, lent on or ended: see upy_passes.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT


@pytest.mark.parametrize("scene", ["introduce", "use", "chain", "end", "end_all"])
def test_a_pass_and_a_cut(upy: Callable[..., Any], scene: str) -> None:
    ran = upy(Path(__file__).with_name("upy_passes.py"), scene, heap="32M", path=(ROOT,))
    _, cuts, _, failed = ran.stdout.splitlines()[-1].split()
    assert int(cuts) >= 22 and failed == "0", ran.stdout[-3000:]
