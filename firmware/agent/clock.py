# SPDX-License-Identifier: MIT
"""The agent's clock: a millisecond counter that wraps, seconds since the start that don't, and the time of day.

No clock chip is assumed. After a start the time of day is a lower bound, until somebody who may sets it.
"""


class Clock:
    """Over the port's ticks. `tick()` must be called at least once a day for `uptime` to stay right."""

    def __init__(self, ticks_ms: "Callable[[], int]", ticks_diff: "Callable[[int, int], int]") -> None:
        self.ms = ticks_ms
        self._diff = ticks_diff
        self._last = ticks_ms()
        self._rest = 0
        self._seconds = 0
        self._base = 0  # Unix time of the start
        self.trusted = False

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

    def moment(self) -> "tuple[int, int]":
        """Now, for older()."""
        return self.ms(), self.uptime()

    def older(self, moment: "tuple[int, int]", limit: int) -> bool:
        """Whether a moment is more than `limit` ms ago.

        The counter of milliseconds wraps after days, and would bring the moment back; seconds don't.
        """
        return self.since(moment[0]) > limit or self.uptime() - moment[1] > limit // 1000 + 1

    def unix(self) -> int:
        """Unix seconds when `trusted`, otherwise what it is at least; 0 when nothing is known."""
        return self._base + self.uptime() if self._base else 0

    def set_unix(self, seconds: int, trusted: bool) -> None:
        """From here on it is that time."""
        self._base = seconds - self.uptime()
        self.trusted = trusted


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
