# SPDX-License-Identifier: MIT
"""Set up .venv, MicroPython and, where asked for, the emulated boards. Does nothing, fast, when all is up to date.

The first half runs under the system's Python. The second runs under that of .venv, and so can ask the simulator itself
which MicroPython will do. Started by setup.sh, with the names of steps beyond the first two.
"""

import fcntl
import importlib
import os
import sys

from host import CACHE, SetupError, say

# A step is a module with ready().
STEPS = {
    "micropython": "ports.unixport",
    "qemu": "ports.qemuport",
    "pico": "ports.emulator",
    "pcsc": "pcsc",
    "softhsm": "softhsm",
}
SECOND_HALF = "--second-half"


def steps(names: list[str]) -> int:
    """Exit status of the second half. What is missing for one emulated board keeps no other from saying so too."""
    status = 0
    for name in names:
        try:
            importlib.import_module(STEPS[name]).ready()
        except SetupError as error:
            say(str(error))
            status = 1
            if name == "micropython":  # nothing below goes without a compiler and the sources
                break
    return status


def main(words: list[str]) -> int:
    """Exit status. One set-up at a time: others wait for it, then find all done."""
    second = words[:1] == [SECOND_HALF]
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if second:
                return steps(words[1:])
            import environment

            environment.ready()
        except SetupError as error:
            say(str(error))
            return 1
    python = str(environment.VENV / "bin" / "python")
    os.execv(python, [python, "-B", os.path.dirname(__file__), SECOND_HALF, "micropython", *words])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
