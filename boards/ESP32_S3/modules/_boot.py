# SPDX-License-Identifier: MIT
"""Runs first, and holds the whole agent: of MicroPython's start scripts it is the one that no character interrupts.

The port switches its interrupt character on when it comes to boot.py and main.py, and shows a prompt when they end. It
never comes to them. Nothing is mounted but an update that start.py chose: only that and frozen code can run.
"""

import main

from agent import hal

try:
    main.main()
except BaseException as error:
    hal.ended(error)
