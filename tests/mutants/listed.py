# SPDX-License-Identifier: MIT
"""What is known of single mutants: those that change nothing, and those that no test kills, each with a reason.

listed.toml has two lists, [[equivalent]] and [[survivor]], of a `reason` and the `mutants` that it holds for:
[file, function, line, change] or, where a line has the same change twice, with which of them it is behind that.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from tests.mutants.faults import Mutant

FILE = Path(__file__).with_name("listed.toml")
KINDS = ("equivalent", "survivor")
Key = tuple[str, str, str, str, int]


class Listed:
    """`equivalent` and `survivor`: key of a mutant to the reason."""

    def __init__(self, text: str) -> None:
        told = tomllib.loads(text)
        if set(told) - set(KINDS):
            raise SystemExit(f"listed.toml: what is {set(told) - set(KINDS)}?")
        self._kinds: dict[str, dict[Key, str]] = {}
        for kind in KINDS:
            found: dict[Key, str] = {}
            for entry in told.get(kind, []):
                if not entry["reason"].strip() or not entry["mutants"]:
                    raise SystemExit(f"listed.toml: an entry without a reason or without mutants: {entry}")
                for file, function, line, change, *nth in entry["mutants"]:
                    found[file, function, line, change, nth[0] if nth else 0] = entry["reason"]
            self._kinds[kind] = found
        self.equivalent, self.survivor = (self._kinds[kind] for kind in KINDS)

    def kind(self, mutant: Mutant) -> str:
        """Which list a mutant is in, or ""."""
        return next((kind for kind in KINDS if mutant.key in self._kinds[kind]), "")

    def stale(self, mutants: Iterable[Mutant]) -> list[str]:
        """Entries that no mutant is meant by any more, and those in both lists."""
        there = {mutant.key for mutant in mutants}
        gone = [key for kind in KINDS for key in self._kinds[kind] if key not in there]
        return [f"{key}" for key in gone + sorted(self.equivalent.keys() & self.survivor.keys())]


def draft(mutants: Iterable[Mutant]) -> str:
    """An entry for these, but for the reason."""
    rows = []
    for one in mutants:
        parts = [one.file, one.function, one.line, one.change]
        cells = [_quoted(part) for part in parts] + ([str(one.nth)] if one.nth else [])
        rows.append(f"    [{', '.join(cells)}],\n")
    return f'[[survivor]]\nreason = ""\nmutants = [\n{"".join(rows)}]\n'


def _quoted(text: str) -> str:
    """As TOML has it."""
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
