# SPDX-License-Identifier: MIT
"""Each run adds what it measured to what is known; the slowest come first."""

from pathlib import Path

import pytest

from tests.kit import durations
from tests.unit.kit.test_replay import run

SLOW = "import time\n\n\ndef test_waits():\n    time.sleep({})\n\n\ndef test_at_once():\n    pass\n"


def test_the_slowest_of_two_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_one.py").write_text(SLOW.format(0.3))
    (tmp_path / "test_two.py").write_text(SLOW.format(0.6))
    file = tmp_path / ".cache" / "durations"
    plugin = ("-p", "tests.kit.durations")
    run(tmp_path, *plugin, "-n", "2", "test_one.py")
    assert len(durations.read(file)) == 2
    run(tmp_path, *plugin, "test_two.py::test_waits")
    durations.main(file)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("s  test_two.py::test_waits") and said[1].endswith("s  test_one.py::test_waits")
    assert 0.6 <= float(said[0].split()[0]) < 60 and said[-1].endswith("in all, of 3 tests as each last ran")
    (tmp_path / "test_one.py").unlink()
    run(tmp_path, *plugin, "test_two.py::test_waits")
    assert list(durations.read(file)) == ["test_two.py::test_waits"]
