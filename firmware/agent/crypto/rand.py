# SPDX-License-Identifier: MIT
"""Random bytes from the board's generator, health-tested as NIST SP 800-90B section 4 asks.

Both tests take bytes as samples, claim full entropy and allow one false alarm in 2**40: the repetition count (4.4.1)
stops at 6 equal bytes in a row, the adaptive proportion (4.4.2) at 19 occurrences of a value in 512. The start-up test
runs both over 1,024 bytes. Beside them, 8 bytes of each draw are never handed out: two draws in a row that end in
the same ones mean a source that repeats itself block by block.
"""

import os
from array import array

from micropython import const

from ..errors import RandomFault
from .loops import check_health, equal

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable

    Raw = bytes

_WITNESS = const(8)
_STARTUP_DRAW = const(64)
_STARTUP_DRAWS = const(16)
_NO_VALUE = const(256)


class Random:
    """Random bytes from `source`, a function of a byte count. A fault is final: nothing is drawn until a restart.

    Made at boot, it runs the start-up test at once; a source that fails shows in `healthy`, and in each bytes().
    """

    def __init__(self, source: "Callable[[int], Raw]" = os.urandom) -> None:
        self._source = source
        self._state = array("H", (_NO_VALUE, 0, 0, 0, 0))
        self._witness = b""
        self.healthy = True
        for _ in range(_STARTUP_DRAWS):
            if self.healthy:
                self._draw(_STARTUP_DRAW)

    def bytes(self, n: int) -> "Raw":
        """Returns n random bytes; RandomFault once the source has failed a test."""
        raw = self._draw(n + _WITNESS)
        if not self.healthy:
            raise RandomFault("random source is not healthy")
        return raw[:n]

    def _draw(self, size: int) -> "Raw":
        """Reads and tests `size` bytes, at least the witness; leaves the outcome in `healthy`."""
        if not self.healthy:
            return b""
        try:
            raw = self._source(size)
        except OSError:
            raw = b""
        witness = raw[-_WITNESS:]
        fresh = len(raw) == size and not (self._witness and equal(witness, self._witness, _WITNESS))
        self._witness = witness
        self.healthy = fresh and check_health(self._state, raw, size)
        return raw
