# SPDX-License-Identifier: MIT
"""The counted figures are figures: the same twice, in the right proportion to each other, and bounded above.

The bounds are no targets (performance.md has those): they stand a fifth beyond what was measured, so that the path
of an unlock does not grow unnoticed.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.bench import instructions, p1_instructions

pytestmark = pytest.mark.xdist_group("emulated")
ACCEPT_MOST = 620_000
HEAP_MOST = 5_300
BOOT_MOST, FULL_MOST, BOOT_EACH = 30_000_000, 40_000_000, 8_000
FREE_LEAST, PIECE_LEAST = 40 * 1024, 16 * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


def test_a_verdict_costs_the_same_in_every_run(folder: Path, tmp_path: Path) -> None:
    """Counted twice, from two copies of the same flash image."""
    first, again = (instructions.verdicts(instructions.MANY, instructions.STORE, at) for at in (folder, tmp_path))
    assert first["accept"] == pytest.approx(again["accept"], abs=2)
    assert first["sha256"] == pytest.approx(again["sha256"], abs=2)


def test_a_verdict_is_bounded_and_takes_nothing_that_it_must_not(folder: Path) -> None:
    """No collection on the path, no flash for a stranger, and no refusal dearer than an acceptance."""
    p1, p2, p3 = (figure(folder) for figure in (instructions.p1_verdict, instructions.p2_heap, instructions.p3_rejects))
    assert p1["sha256_64"] < p1["accept"] < ACCEPT_MOST
    assert p2["collections"] == 0 and p2["accept_bytes"] < HEAP_MOST
    assert p3["flash_bytes"] == 0 and p3["most_per_accept"] <= 1.05
    assert p3["malformed"] < p3["unknown"] < p3["bad tag"]


def test_a_compare_of_secrets_tells_nothing(folder: Path) -> None:
    assert instructions.p11_leakage(folder)["compare"] == 0


def test_a_plain_compare_would_be_seen(folder: Path) -> None:
    """The measurement is fine enough: == on bytes shows where they differ."""
    script = folder / "plain.py"
    text = (instructions.HERE / "board_leak.py").read_text()
    assert "ct.equal(a, b)" in text
    script.write_text(text.replace("ct.equal(a, b)", "a == b"))
    assert instructions.counted(str(script), folder=folder)["compare"] > 0


def test_a_start_with_a_thousand_keys_is_bounded(folder: Path) -> None:
    found: dict[str, Any] = instructions.p8_boot(folder)
    assert 0 < found["boot_few"] < found["boot"] < BOOT_MOST and found["boot"] < found["boot_full"] < FULL_MOST
    assert found["boot_each"] < BOOT_EACH
    assert found["free_bytes"] > FREE_LEAST and found["largest_free_bytes"] > PIECE_LEAST


def test_every_target_has_its_figure(folder: Path) -> None:
    """A target whose name nothing measures would never be missed."""
    found = {figure.number: figure for figure in p1_instructions.measure(full=False)}
    assert set(found) == set(instructions.FIGURES) - {"P4"}
    aimed = [figure for figure in p1_instructions.measure(full=False) if figure.most is not None]
    assert len(aimed) == 20 and all(figure.how and figure.unit is not None for figure in aimed)
