# SPDX-License-Identifier: MIT
"""The emulated Pico's quick instructions do what rp2040js does: every one of them, in random states."""

import subprocess
from pathlib import Path


def test_each_does_what_it_does_there() -> None:
    done = subprocess.run(["node", Path(__file__).with_name("quick_check.mjs"), "1"], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["tried 65536 differ 0"], done.stdout + done.stderr
