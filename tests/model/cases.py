# SPDX-License-Identifier: MIT
"""Runs the test functions of a script on the target: a line each, "ok name" or "FAIL name" and the traceback."""

import sys


def run(names: "dict[str, object]") -> None:
    """Every test_… function of a module."""
    for name in sorted(names):
        if name.startswith("test_"):
            try:
                names[name]()  # type: ignore[operator]
                print("ok", name)
            except Exception as error:
                print("FAIL", name)
                getattr(sys, "print_exception")(error, sys.stdout)  # noqa: B009
