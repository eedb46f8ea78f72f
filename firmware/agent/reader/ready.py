# SPDX-License-Identifier: MIT
"""Waits until a PN532 on SPI or I2C has something to say: looks at its IRQ line, or asks it, without a pause."""

import asyncio

_DOUBT = 16  # looks at a high line, after which the chip is asked: a broken wire costs time, not the reader


class Ready:
    """ask: reads the chip's status byte; irq: the input pin at P70_IRQ, low while a frame waits, None where it is not
    wired."""

    def __init__(self, ask: "Callable[[], bool]", irq: "Any | None") -> None:
        self._ask = ask
        self._irq = irq
        self._looks = 0

    def now(self) -> bool:
        """Whether a frame waits to be read."""
        if self._irq is not None:
            if self._irq.value() == 0:
                return True
            self._looks = (self._looks + 1) % _DOUBT
            if self._looks:
                return False
        return self._ask()

    async def wait(self) -> None:
        """Returns when a frame waits; other tasks run meanwhile. Ends only by that, cancellation or OSError."""
        while not self.now():
            await asyncio.sleep_ms(0)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
