# SPDX-License-Identifier: MIT
"""Moves the locks: one pulse at a time, ended by a hardware timer whatever the program does meanwhile."""

from wire import numbers as n

_DOORS = {n.UNLOCK: n.DOORS_UNLOCKED, n.LOCK: n.DOORS_LOCKED}


class Actuator:
    """Pulses on output pins.

    pins: action (UNLOCK, LOCK, TRUNK, DRIVE) to an object with value(0 or 1). timer: an object with
    arm(ms, function), which calls once after ms from hardware, and cancel(). A command during a pulse first ends that
    pulse: two outputs are never on together, and none stays on longer than it was told to. The end of a pulse may come
    in the middle of anything, so it takes nothing from the heap.
    """

    def __init__(self, pins: "Mapping[int, Pin]", timer: "Timer") -> None:
        self._pins = pins
        self._outputs = tuple(pins.values())
        self._timer = timer
        self.doors = n.DOORS_UNKNOWN
        self.pulsing = 0
        self.stop()

    def has(self, action: int) -> bool:
        """Whether this car has an output for the action."""
        return action in self._pins

    def pulse(self, action: int, ms: int) -> None:
        """Starts the pulse of an action that has a pin; KeyError when it has none (nothing moves then)."""
        pin = self._pins[action]
        self.stop()
        self._timer.arm(ms, self._over)  # armed before the output is on: an output without an end can't be
        self.pulsing = action
        pin.value(1)
        self.doors = _DOORS.get(action, self.doors)

    def stop(self) -> None:
        """Switches every output off."""
        self._timer.cancel()
        for pin in self._outputs:
            pin.value(0)
        self.pulsing = 0

    def _over(self, _: object = None) -> None:
        self.stop()


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    class Pin(Protocol):
        """An output."""

        def value(self, level: int) -> object:
            """Sets the level."""

    class Timer(Protocol):
        """A one-shot timer."""

        def arm(self, ms: int, done: "Callable") -> None:
            """Calls done(self) once, after ms."""

        def cancel(self) -> None:
            """Forgets what was armed."""
