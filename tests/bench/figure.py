# SPDX-License-Identifier: MIT
"""What a figure is, and where they come from: each module p<number>_<name>.py has a function measure(full)."""

import pkgutil
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One number. `most`: what it may be at most, None where it is there to compare with. `how`: what was counted."""

    number: str
    name: str
    value: float
    unit: str
    most: float | None
    how: str

    @property
    def met(self) -> bool:
        """Whether it is what it should be."""
        return self.most is None or self.value <= self.most

    def data(self) -> dict[str, object]:
        """As it stands in bench.json."""
        return {**asdict(self), "met": self.met}


def names() -> list[str]:
    """All modules that measure."""
    return sorted(entry.name for entry in pkgutil.iter_modules([str(Path(__file__).parent)]) if entry.name[:1] == "p")


def not_yet(name: str) -> set[str]:
    """The figures of a module, by name, whose targets are known to be missed: its NOT_YET."""
    return set(getattr(import_module(f"tests.bench.{name}"), "NOT_YET", ()))


def measure(name: str, full: bool) -> list[Figure]:
    """The figures of a module; without `full` over less time and fewer credentials, in seconds."""
    found: list[Figure] = import_module(f"tests.bench.{name}").measure(full)
    return found
