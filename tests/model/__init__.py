# SPDX-License-Identifier: MIT
"""Models that the store is held against. They run under CPython and under MicroPython; so does what is held."""

import sys

if sys.implementation.name == "cpython":
    from pathlib import Path

    _firmware = str(Path(__file__).resolve().parents[2] / "firmware")
    if _firmware not in sys.path:
        sys.path.append(_firmware)
