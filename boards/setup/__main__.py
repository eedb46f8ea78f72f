# SPDX-License-Identifier: MIT
"""Set up .venv and MicroPython. Does nothing, fast, when both are up to date. Started by setup.sh.

The first half runs under the system's Python. The second runs under that of .venv, and so can ask the simulator itself
which MicroPython will do.
"""

import fcntl
import os
import sys

from host import CACHE, SetupError, say


def main(steps: list[str]) -> int:
    """Exit status. One set-up at a time: others wait for it, then find all done."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if steps == ["micropython"]:
                import unixport

                unixport.ready()
                return 0
            if steps == ["pcsc"]:
                import pcsc

                pcsc.ready()
                return 0
            import environment

            environment.ready()
        except SetupError as error:
            say(str(error))
            return 1
    python = str(environment.VENV / "bin" / "python")
    os.execv(python, [python, "-B", os.path.dirname(__file__), "micropython"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
