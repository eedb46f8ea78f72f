# SPDX-License-Identifier: MIT
"""What the attacks share: `bench`, the agent's gate and channel without links. The table is tests/attack/table.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.gate_bench import GateBench, gate_bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GateBench]:
    """A claimed car without keys, in a process of its own."""
    with gate_bench(tmp_path / "agent.log") as made:
        yield made
