# SPDX-License-Identifier: MIT
"""A failure that needs tests before it, one seed and one order of sets comes back with the command that is printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nightlatch.micropython import ROOT
from tests.kit.replay import plain

FIRST = """
import builtins, pytest

@pytest.mark.parametrize("number", range(6))
def test_before(number):
    builtins.before = number
"""
SECOND = """
import builtins, pathlib, pytest
from hypothesis import given, strategies as st

DRAWN = []

@given(st.integers(0, 1 << 60))
def test_draws(number):
    DRAWN.append(number)

@pytest.mark.xdist_group("g")
@pytest.mark.parametrize("name", ["a@b"])
def test_fails_after_others(name):
    with open("said", "a") as file:
        print(getattr(builtins, "before", None), DRAWN[1:5], list(set("abcde")), file=file)
    assert not hasattr(builtins, "before")
"""
DIES = "import os\ndef test_lives():\n    pass\ndef test_dies():\n    os._exit(9)\n"


def run(folder: Path, *words: str, **env: str) -> str:
    """What a run of pytest with the plugin says, in a project of its own."""
    options = ["-p", "tests.kit.replay", "-p", "no:cacheprovider", "-o", "markers=xdist_group"]
    ours = ("PYTEST", "PYTHONHASH", "CI")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "not soak", *options, *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two files of which the second fails after the first."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_1.py").write_text(FIRST)
    (tmp_path / "test_2.py").write_text(SECOND)
    return tmp_path


def again(said: str) -> tuple[dict[str, str], list[str]]:
    """Environment and words of the printed command, behind `-m pytest`."""
    (line,) = re.findall(r"^(.*\.venv/bin/python -m pytest .*@.*)$", said, re.M)
    words = shlex.split(line)
    at = words.index(".venv/bin/python")
    return dict(word.split("=", 1) for word in words[:at]), words[at + 3 :]


@pytest.mark.sample("replay", 2)
@pytest.mark.parametrize("ci", [{}, {"CI": "1"}])  # with it, Hypothesis has no seed
@pytest.mark.parametrize("workers", [["-n", "1", "--dist", "loadgroup"], []])
def test_the_printed_command_brings_a_failure_back(project: Path, workers: list[str], ci: dict[str, str]) -> None:
    env = ci | ({} if workers else {"PYTHONHASHSEED": "77"})
    said = run(project, *workers, **env)
    assert "1 failed, 7 passed" in said
    seen = (project / "said").read_text()
    environment, words = again(said)
    order = (project / words[-1][1:]).read_text().splitlines()
    assert order[-1] == "test_2.py::test_fails_after_others[a@b]" and len(order) == 8
    seeds = [f"{name}={value}" for name, value in environment.items()]
    seeds += [word for word in words if word.startswith("--hypothesis-seed=")]
    assert f"seeds: {' '.join(seeds)}\n" in said and "NIGHTLATCH_SEED" in environment  # the header
    assert len(words) == (1 if ci else 2)
    (project / words[-1][1:]).write_text("\n".join([*order[:6][::-1], *order[6:]]))  # an order that is no file's
    said = run(project, "-v", *words, **environment)
    ran = re.findall(r"^(test_\S+)", said.partition("collected")[2].partition("FAILURES")[0], re.M)
    assert "1 failed, 7 passed" in said and [name for name in ran if "before" in name] == order[:6][::-1]
    first, second = (project / "said").read_text().splitlines()
    assert first + "\n" == seen and second == first.replace("5 [", "0 [", 1)


def test_without_a_hash_seed_the_end_says_so(project: Path) -> None:
    assert "PYTHONHASHSEED was not given" in run(project)


def test_a_worker_that_dies_leaves_its_order(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(DIES)
    _, words = again(run(tmp_path, "-n", "1", "--max-worker-restart", "0"))
    assert (tmp_path / words[-1][1:]).read_text().splitlines()[-1] == "test_it.py::test_dies"


def test_a_test_that_hangs_is_ended_and_told(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) >= 300
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text("import select\ndef test_it():\n    select.select([], [], [])\n")
    said = run(tmp_path, "--timeout", "1", "-n", "1")
    assert "Timeout (>1.0s)" in said and "select.select([], [], [])" in said
    _, words = again(said)
    assert (tmp_path / words[-1][1:]).read_text() == "test_it.py::test_it\n"


def test_a_run_that_passes_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text("def test_it():\n    pass\n")
    assert "1 passed" in run(tmp_path, "-n", "1")
    assert list((tmp_path / ".cache" / "replay").iterdir()) == []


def test_names() -> None:
    assert plain("a.py::t@g") == plain("a.py::t") == "a.py::t"
    assert plain("a.py::t[x@y]") == plain("a.py::t[x@y]@g") == "a.py::t[x@y]"
