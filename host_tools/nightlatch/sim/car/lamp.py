# SPDX-License-Identifier: MIT
"""The status light as somebody sees it who stands by the car: how often it flashes, and what that means."""

import time
from collections import deque

from ...wire import numbers as n

# (flashes in a row, whether one is short): what firmware/README.md tells
_SEEN = {
    (1, True): n.LIGHT_WELL,
    (1, False): n.LIGHT_BLANK,
    (2, False): n.LIGHT_READER,
    (3, False): n.LIGHT_RADIO,
    (4, False): n.LIGHT_CRASHES,
}
_SHORT = 0.12  # seconds; longer flashes are not short
_PAUSE = 0.75  # longer than the dark between two flashes of one row
_KEPT = 64


class Lamp:
    """Told of each edge; `on` is what it is now."""

    def __init__(self) -> None:
        self.on = False
        self.edges: deque[tuple[bool, float]] = deque(maxlen=_KEPT)  # level, seconds on the bench's clock

    def edge(self, on: bool) -> None:
        """It went on or off."""
        self.on = on
        self.edges.append((on, time.monotonic()))

    def reads(self) -> int | None:
        """What the last whole row of flashes says (wire.numbers LIGHT_…); None while there was none yet."""
        flashes = [(on[1], off[1]) for on, off in zip(self.edges, list(self.edges)[1:], strict=False) if on[0]]
        rows: list[list[tuple[float, float]]] = []
        for flash in flashes:
            if rows and flash[0] - rows[-1][-1][1] < _PAUSE:
                rows[-1].append(flash)
            else:
                rows.append([flash])
        if not rows:
            return None
        ended = time.monotonic() - rows[-1][-1][1] > _PAUSE
        row = rows[-1] if ended or len(rows) == 1 else rows[-2]
        if len(rows[-1]) > 4:  # never dark for long: quick means damage, calm an update on trial
            return n.LIGHT_FAULTY if rows[-1][-1][1] - rows[-1][-1][0] < _SHORT * 1.5 else n.LIGHT_TRIAL
        short = all(off - on < _SHORT for on, off in row)
        return _SEEN.get((len(row), short and len(row) == 1))
