# SPDX-License-Identifier: MIT
"""The status light: one LED that says what is wrong by how often it flashes, for a driver to tell on the phone."""

from wire import numbers as n

# condition: (flashes, ms of one and of the dark behind it, ms from the first flash to the next first one)
PATTERNS = {
    n.LIGHT_WELL: (1, 50, 5000),  # alive; costs a hundredth of the LED's current
    n.LIGHT_BLANK: (1, 1000, 2000),
    n.LIGHT_TRIAL: (1, 250, 750),
    n.LIGHT_READER: (2, 250, 3000),
    n.LIGHT_RADIO: (3, 250, 4000),
    n.LIGHT_CRASHES: (4, 250, 5000),
    n.LIGHT_FAULTY: (1, 100, 200),
}


class Light:
    """Shows conditions on a pin with value(0 or 1), None where there is no LED. tick() from idle time, never else."""

    def __init__(self, pin: "Pin | None", clock: "Clock") -> None:
        self._pin = pin
        self._clock = clock
        self._began = clock.ms()
        self._level = 0
        self.shows = n.LIGHT_WELL

    def show(self, condition: int) -> None:
        """From here on this one; each begins with a flash."""
        if condition != self.shows:
            self.shows = condition
            self._began = self._clock.ms()

    def tick(self) -> None:
        """Brings the LED to what the pattern has at this moment."""
        if self._pin is None:
            return
        flashes, unit, period = PATTERNS[self.shows]
        at = self._clock.since(self._began)
        if at >= period:
            self._began = self._clock.ms()
            at = 0
        part = at // unit
        level = int(part % 2 == 0 and part < 2 * flashes)
        if level != self._level:
            self._level = level
            self._pin.value(level)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..clock import Clock
    from . import Pin
