# SPDX-License-Identifier: MIT
"""Random bytes: the board's generator, health-tested as NIST SP 800-90B section 4 asks, and conditioned.

Both tests take bytes as samples, claim full entropy and allow one false alarm in 2**40: the repetition count (4.4.1)
stops at 6 equal bytes in a row, the adaptive proportion (4.4.2) at 19 occurrences of a value in 512. The start-up test
runs both over 1,024 bytes. Beside them, two draws in a row that end in the same 8 bytes mean a source that repeats
itself block by block.

What passed is conditioned, in the shape of a generator of SP 800-90A. The start-up test's draws go through CMAC into an
AES key, and so do a secret of the store and the number of this start: a weak source alone makes nothing that can be
told. Each output takes a fresh draw into a state under that key, which goes on by a step that nobody takes back.
"""

import os
from array import array

from micropython import const

from ..errors import RandomFault
from . import aes
from .cmac import Cmac
from .loops import check_health, equal, mix

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable

    Raw = bytes

_WITNESS = const(8)
_DRAW = const(32)  # raw bytes that go in for each output
_STARTUP_DRAW = const(64)
_STARTUP_DRAWS = const(16)
_NO_VALUE = const(256)
_BLOCK = const(16)


class Entropy:
    """Random bytes from `source`, a function of a byte count.

    Made at boot, it runs the start-up test at once; a source that fails shows in `healthy`, and in each bytes(), until
    it has passed the start-up test again.
    """

    def __init__(self, source: "Callable[[int], Raw]" = os.urandom) -> None:
        self._source = source
        self._state = array("H", (_NO_VALUE, 0, 0, 0, 0))
        self._witness = b""
        self._key = bytes(_BLOCK)
        self._cipher: "aes.Cipher | None" = None
        self._v = bytearray(_BLOCK)
        self.healthy = False
        self._start()

    def mix(self, data: bytes) -> None:
        """Takes in what is secret, or new: a secret of this unit with the number of this start."""
        self._key = Cmac(self._key).mac(data)
        self._cipher = None

    def bytes(self, n: int) -> "Raw":
        """Returns n random bytes, at most 4,080; RandomFault while the source fails its tests."""
        if not self.healthy:
            self._start()
        raw = self._draw(_DRAW)
        if not self.healthy:
            raise RandomFault("random source is not healthy")
        if self._cipher is None:
            self._cipher = aes.new(self._key)
        encrypt, v = self._cipher.encrypt_into, self._v
        for at in (0, _BLOCK):
            mix(v, 0, raw, at, _BLOCK)
            encrypt(v, v)
        out = bytearray((n + 15) & ~15)
        block = bytearray(_BLOCK)
        for at in range(0, len(out) + _BLOCK, _BLOCK):  # one more for the next state
            block[:] = v
            block[0] ^= 1 + (at >> 4)
            encrypt(block, block)
            if at < len(out):
                out[at : at + _BLOCK] = block
        mix(v, 0, block, 0, _BLOCK)
        return bytes(memoryview(out)[:n])

    def _start(self) -> None:
        """The start-up test; all that it draws goes in."""
        self._state[0] = _NO_VALUE
        for at in range(1, len(self._state)):
            self._state[at] = 0
        self._witness = b""
        self.healthy = True
        for _ in range(_STARTUP_DRAWS):
            raw = self._draw(_STARTUP_DRAW)
            if not self.healthy:
                return
            self.mix(raw)

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
