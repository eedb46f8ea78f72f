# SPDX-License-Identifier: MIT
"""The rooms of the ring, directly."""

from collections.abc import Callable

import pytest

from tests.model.ring import ALL


@pytest.mark.parametrize("check", ALL, ids=lambda check: f"{check.__module__.split('.')[-1]}-{check.__name__}")
def test_ring(check: Callable[[], list[str]]) -> None:
    assert check() == []
