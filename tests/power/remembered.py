# SPDX-License-Identifier: MIT
"""What a start works out from the same bytes is remembered: in one sweep, most sectors are as they were a cut before.

walk_plain.step is a function of what it is given, and of nothing else: with all of that the same, what it returned and
what it left in it is the same again. The reads of the flash are made as ever, and what they gave is part of what is
compared: a weak cell that reads otherwise is another case. One in so many is worked out again, and must be the same. So
is rescue.implied a function of what it is given. A replay (replay.py) remembers nothing.
"""

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any

rescue: Any
walk: Any
walk_plain: Any
rescue, walk, walk_plain = [import_module("agent.store.mount." + name) for name in ("rescue", "walk", "walk_plain")]

_MOST = 6000  # steps that are kept
_AGAIN = 251  # one in so many is worked out again


class Steps:
    """walk_plain.step, with a memory."""

    def __init__(self) -> None:
        self._left: dict[tuple[bytes, ...], tuple[Any, ...]] = {}
        self._turn = 0

    def step(
        self,
        state: "array[int]",
        window: memoryview,
        record: bytearray,
        crc: Callable[[memoryview], int],
        views: list[memoryview],
        made: bytearray,
        blocks: "list[array[int]]",
        log: "array[int]",
    ) -> Any:
        """See walk_plain.step."""
        tables = b"".join(blocks)
        given = state.tobytes(), bytes(window[: state[2] - state[1]]), bytes(made), log.tobytes(), bytes(record), tables
        left = self._left.get(given)
        if left is not None:
            self._turn += 1
            if self._turn % _AGAIN:
                code, state[:], record[:], log[:], after = left
                if after != tables:
                    at = 0
                    for block in blocks:
                        block[:] = array(block.typecode, after[at : at + len(block) * block.itemsize])
                        at += len(block) * block.itemsize
                return code
        code = walk_plain.step(state, window, record, crc, views, made, blocks, log)
        now = code, state[:], bytes(record), log[:], b"".join(blocks)
        assert left is None or left == now, "a step of the walk is no function of what it is given"
        if len(self._left) >= _MOST:
            self._left.clear()
        self._left[given] = now
        return code


@contextmanager
def remembered() -> Iterator[None]:
    """Starts remember what they worked out."""
    before = walk.step, rescue.implied
    walk.step, rescue.implied = Steps().step, lru_cache(_MOST)(rescue.implied)
    try:
        yield
    finally:
        walk.step, rescue.implied = before
