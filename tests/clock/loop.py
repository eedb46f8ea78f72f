# SPDX-License-Identifier: MIT
"""An event loop whose selector is the clock. It counts what its executor does and knows which processes it started."""

import asyncio
import concurrent.futures
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from nightlatch import micropython
from tests.clock import readings
from tests.clock.selector import Clock
from tests.clock.threads import MOST
from tests.clock.watchman import Watchman

NAME = "NIGHTLATCH_CLOCK"


@cache
def has_clock() -> bool:
    """Whether the MicroPython in use was built with boards/UNIX/clock.c. Another one lives by the machine's time."""
    return NAME.encode() in micropython.micropython().read_bytes()


class Loop(asyncio.SelectorEventLoop):
    """Time is that of `clock`; agents that are started here live by it, other processes by the machine's."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(self.clock)

    def time(self) -> float:
        """Seconds of the clock, which does not creep for the loop itself."""
        return self.clock.now / 1e6

    def run_forever(self) -> None:
        """While it runs, `time` and `select` are the clock's, and the watchman looks after it."""
        with readings.of(self.clock), Watchman(self.clock):
            super().run_forever()

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """As any loop does, and the clock knows of it until the loop was told of its end."""
        threads = self.clock.threads
        executor = executor or self._pool()
        threads.begin()
        try:
            work = executor.submit(threads.counted, func, *args)
        except RuntimeError:
            threads.end()
            raise
        future = asyncio.wrap_future(work, loop=self)
        work.add_done_callback(lambda _: threads.end())
        return future

    def _pool(self) -> concurrent.futures.ThreadPoolExecutor:
        made: concurrent.futures.ThreadPoolExecutor | None = getattr(self, "_default_executor", None)
        if made is None:
            made = concurrent.futures.ThreadPoolExecutor(MOST, thread_name_prefix="asyncio")
            self.set_default_executor(made)
        return made

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Ends the executor, once its calls are done. Then no time may pass: asyncio has a time limit for it."""
        threads = self.clock.threads
        while threads.running:
            await asyncio.sleep(0.01)
        threads.joining = True
        try:
            await super().shutdown_default_executor(*args)
        finally:
            threads.joining = False

    # --- processes

    async def _make_subprocess_transport(
        self, protocol: Any, args: Any, *rest: Any, env: Any = None, **more: Any
    ) -> Any:
        clock = self.clock
        ours = has_clock() and Path(args[0]) == micropython.micropython()
        if ours:
            env = {**(os.environ if env is None else env), NAME: clock.agents.path}
        clock.agents.launching += 1
        try:
            make = super()._make_subprocess_transport  # type: ignore[misc]
            made = await make(protocol, args, *rest, env=env, **more)
            if made.get_returncode() is None:
                (clock.agents.ours if ours else clock.foreign).add(made.get_pid())
            return made
        finally:
            clock.agents.launching -= 1

    def _child_watcher_callback(self, pid: int, returncode: int, transport: Any) -> None:
        def ended() -> None:
            self.clock.agents.ours.discard(pid)
            self.clock.foreign.discard(pid)
            transport._process_exited(returncode)

        self.call_soon_threadsafe(ended)


class Policy(asyncio.DefaultEventLoopPolicy):
    """Gives such loops where `owned` is set, ordinary ones elsewhere."""

    owned = False

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """A loop of the kind that is wanted just now."""
        return Loop() if self.owned else super().new_event_loop()
