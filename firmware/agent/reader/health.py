# SPDX-License-Identifier: MIT
"""Says once that the reader is gone and once that it is back, however often it is tried or flaps meanwhile."""

_GONE_MS = 3000  # a hang that a reset heals sooner is counted and no alarm
_STEADY_MS = 10000


class Health:
    """Told of every failure and of every look that went well. tell(gone) is called at both ends of an outage.

    `alarm`: the reader is gone, or came back too lately to be trusted. `faults` counts how often it failed.
    """

    def __init__(self, clock: "Clock", tell: "Callable[[bool], None]") -> None:
        self._clock = clock
        self._tell = tell
        self._down: "int | None" = None  # since when it does not serve steadily
        self._well: "int | None" = None  # since when it serves again
        self.alarm = False
        self.faults = 0

    def failed(self) -> None:
        """It did not answer, or not as it should."""
        self.faults += 1
        self._well = None
        if self._down is None:
            self._down = self._clock.ms()
        if not self.alarm and self._clock.since(self._down) >= _GONE_MS:
            self.alarm = True
            self._tell(True)

    def works(self) -> None:
        """It did what it was asked."""
        if self._down is None:
            return
        if self._well is None:
            self._well = self._clock.ms()
        elif self._clock.since(self._well) >= _STEADY_MS:
            self._down = None
            if self.alarm:
                self.alarm = False
                self._tell(False)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..clock import Clock
