# SPDX-License-Identifier: MIT
"""A run that is started deaf to Ctrl-C, as `make test &` in a script is, passes the tests that interrupt something."""

import signal
import subprocess
import sys

from nightlatch.micropython import ROOT

TESTS = [
    "tests/unit/cli/test_secrets.py::test_ctrl_c_at_the_prompt",
    "tests/unit/cli/test_exit_codes.py::test_8_interrupted",
    "tests/unit/cli/test_flash.py::test_8_interrupted_or_killed_and_gone_on_with[1-2]",
    "tests/unit/cli/test_flash.py::test_8_interrupted_or_killed_and_gone_on_with[9-2]",
]


def test_a_run_that_ignores_interrupts_can_interrupt() -> None:
    argv = [sys.executable, "-m", "pytest", "-q", "--timeout", "60", "-n", "1", *TESTS]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is started now inherits it
    try:
        done = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "5 passed" in done.stdout
