# SPDX-License-Identifier: MIT
"""Keeps a verdict that an interrupt asks for out of the middle of a change to the store.

A Bluetooth stack calls its handler between any two bytecodes of the main program. Whoever changes the store does it
within the guard; what an interrupt brings meanwhile waits and runs the moment the guard is free again.
"""

_WAITING_MAX = 8


class Guard:
    """`with guard:` around a change, by the main program; `guard.run(job, value)` from an interrupt."""

    def __init__(self) -> None:
        self._depth = 0
        self._waiting: "list[tuple[Callable[[Any], None], Any]]" = []

    def __enter__(self) -> "Guard":
        self._depth += 1
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._depth -= 1
        # free first, then what waited: an interrupt in between runs its own job at once, and none is forgotten
        while self._waiting and not self._depth:
            job, value = self._waiting.pop(0)
            self.run(job, value)

    def run(self, job: "Callable[[Any], None]", value: "Any") -> None:
        """Calls job(value) now, or once the guard is free. Beyond a bound it is dropped: the holder asks again."""
        if not self._depth:
            with self:
                job(value)
        elif len(self._waiting) < _WAITING_MAX:
            self._waiting.append((job, value))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
