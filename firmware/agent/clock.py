# SPDX-License-Identifier: MIT
"""The agent's clock: a millisecond counter that wraps, and seconds since the start that don't."""


class Clock:
    """Over the port's ticks. `tick()` must be called at least once a day for `uptime` to stay right."""

    def __init__(self, ticks_ms: "Callable[[], int]", ticks_diff: "Callable[[int, int], int]") -> None:
        self.ms = ticks_ms
        self._diff = ticks_diff
        self._last = ticks_ms()
        self._rest = 0
        self._seconds = 0

    def since(self, then: int) -> int:
        """Milliseconds since an earlier value of ms()."""
        return self._diff(self.ms(), then)

    def uptime(self) -> int:
        """Whole seconds since the start."""
        now = self.ms()
        self._rest += self._diff(now, self._last)
        self._last = now
        self._seconds += self._rest // 1000
        self._rest %= 1000
        return self._seconds

    tick = uptime


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
