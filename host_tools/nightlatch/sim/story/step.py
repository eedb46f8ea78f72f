# SPDX-License-Identifier: MIT
"""What the steps of the demonstration are made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


class Broken(Exception):
    """A step of the story did not hold."""


@dataclass(frozen=True)
class Step:
    """One step: a name for programs, a title for people, and the function that plays it and says what was seen."""

    name: str
    title: str
    play: Callable[[], Awaitable[str]]


def hold(condition: bool, what: str) -> None:
    """Ends the step unless the condition holds."""
    if not condition:
        raise Broken(what)
