# SPDX-License-Identifier: MIT
"""Shows pytest the tests of a script that runs on the target, one by one: their names, and outcomes from one run."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT

HEAP = "2M"  # the flash is in RAM there


class Script:
    """A script by its path, and its arguments. `cases` are its test functions; `said` is all that is no outcome."""

    def __init__(self, path: Path, *words: int) -> None:
        self.path = path
        self.words = words
        body = ast.parse(self.path.read_text()).body
        self.cases = [
            node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        assert self.cases and len(set(self.cases)) == len(self.cases)
        self.said: list[str] = []
        self._failed: dict[str, str] = {}
        self._passed: set[str] = set()

    def check(self, upy: Callable[..., Any], case: str) -> None:
        """Fails unless the case passed. The first call runs the script."""
        if not self._passed and not self._failed:
            self._run(upy)
        if case not in self._passed:
            pytest.fail(self._failed.get(case, "it did not run"), pytrace=False)

    def _run(self, upy: Callable[..., Any]) -> None:
        ran = upy(self.path, *self.words, heap=HEAP, path=(ROOT,))
        failing = ""
        for line in ran.stdout.splitlines():
            word, _, name = line.partition(" ")
            if word == "ok":
                self._passed.add(name)
                failing = ""
            elif word == "FAIL":
                failing = name
                self._failed[name] = f"again with:\n{ran.replay}\n"
            elif failing:
                self._failed[failing] += line + "\n"
            else:
                self.said.append(line)
        assert ran.stderr == "", ran.stderr
