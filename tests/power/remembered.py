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
        # by state and window, as few others are like that: tables, log, record; code, and what is left of all
        self._left: dict[tuple[bytes, bytes], list[tuple[Any, ...]]] = {}
        self._turn = 0
        self._kept = 0

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
        key = state.tobytes(), bytes(window[: state[2] - state[1]])
        tables = b"".join(blocks)
        now: tuple[Any, ...] = ()
        for given, listed, buffer, left in self._left.get(key, ()):
            if given == tables and listed == log and buffer == record:
                now = left
                break
        self._turn += 1
        if now and self._turn % _AGAIN:
            code, state[:], record[:], log[:], after = now
            if after != tables:
                _fill(blocks, after)
            return code
        before = tables, log[:], bytes(record)
        code = walk_plain.step(state, window, record, crc, views, made, blocks, log)
        left = code, state[:], bytes(record), log[:], b"".join(blocks)
        assert not now or now == left, "a step of the walk is no function of what it is given"
        if not now:
            self._keep(key, (*before, left))
        return code

    def _keep(self, key: tuple[bytes, bytes], one: tuple[Any, ...]) -> None:
        self._kept += 1
        if self._kept > _MOST:
            self._kept = 1
            self._left.clear()
        self._left.setdefault(key, []).append(one)


def _fill(blocks: "list[array[int]]", tables: bytes) -> None:
    """Into the tables what their bytes were."""
    at = 0
    for block in blocks:
        end = at + len(block) * block.itemsize
        block[:] = array(block.typecode, tables[at:end])
        at = end


@contextmanager
def remembered() -> Iterator[None]:
    """Starts remember what they worked out."""
    before = walk.step, rescue.implied
    walk.step, rescue.implied = Steps().step, lru_cache(_MOST)(rescue.implied)
    try:
        yield
    finally:
        walk.step, rescue.implied = before
