# SPDX-License-Identifier: MIT
"""A plain run takes a sample, a soak all, and the seed says which."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nightlatch.micropython import ROOT
from tests.kit.sample import SEED, chosen, parts

TOY = """
import pytest

@pytest.mark.sample("toys", 3)
@pytest.mark.parametrize("number", range(12))
def test_toy(number): pass

def test_always(): pass

@pytest.mark.soak
def test_long(): pass
"""
NAMES = [f"test_toy[{number}]" for number in range(12)]


def collected(folder: Path, seed: int, *words: str) -> set[str]:
    (folder / "test_toys.py").write_text(TOY)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = soak: long\n")
    run = [sys.executable, "-m", "pytest", "-p", "tests.kit.sample", "-p", "no:cacheprovider", "--collect-only", "-q"]
    env = {**os.environ, SEED: str(seed), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*run, *words], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line}


def test_a_plain_run_takes_a_few_and_the_same_for_a_seed(tmp_path: Path) -> None:
    some = collected(tmp_path, 7, "-m", "not soak")
    assert "test_always" in some and "test_long" not in some and len(some) == 4
    assert some == collected(tmp_path, 7, "-m", "not soak")


def test_a_soak_takes_all_of_them(tmp_path: Path) -> None:
    assert collected(tmp_path, 7, "-m", "soak") == {*NAMES, "test_long"}


def test_one_that_is_named_runs(tmp_path: Path) -> None:
    assert collected(tmp_path, 7, "-m", "not soak", "test_toys.py::test_toy[5]") == {"test_toy[5]"}


def test_another_seed_takes_others_and_each_has_its_turn() -> None:
    drawn = [chosen(seed, "toys", 3, NAMES) for seed in range(60)]
    assert all(len(some) == 3 for some in drawn) and set().union(*drawn) == set(NAMES)
    assert chosen(5, "toys", 3, NAMES) == chosen(5, "toys", 3, NAMES[::-1])


def test_the_parts_of_a_plain_run_and_of_a_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = set()
    for given in range(40):
        monkeypatch.setenv(SEED, str(given))
        part, whole = parts(5)
        assert (part.id, whole.id, whole.values) == ("part", "all", ((0, 1),))
        assert [mark.name for mark in whole.marks] == ["soak"] and not part.marks
        drawn.add(part.values[0])
    assert drawn == {(first, 5) for first in range(5)}


@pytest.mark.parametrize("count", [12, 20])
def test_a_sample_larger_than_all_is_all(count: int) -> None:
    assert chosen(1, "toys", count, NAMES) == set(NAMES)
