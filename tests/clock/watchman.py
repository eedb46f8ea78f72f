# SPDX-License-Identifier: MIT
"""Looks after a clock that does not move. What it finds fails the test and says who was busy; no test hangs.

It counts looks, four a second, in which nothing moved and nobody that the others wait for ran or could run: so a busy
machine makes it more patient. An agent that runs without an end is called wedged (agents.py), and not waited for.
"""

import os
import signal
import sys
import threading
import traceback
from types import FrameType, TracebackType

from tests.clock import procs
from tests.clock.selector import Clock

LOOK_S = 0.25
STILL_LOOKS = 40  # 10 s: the loop waits, and there is neither a jump nor an answer
CALL_LOOKS = 240  # a minute: the loop's thread sleeps in a call of its own
WORKS_S = 60.0  # the loop's thread has run for so many seconds of processor without a wait
_SIGNAL = signal.SIGUSR2  # gets the loop's thread out of whatever it is in
_clock: Clock | None = None  # the one that the signal is about


class Watchman(threading.Thread):
    """Used around a run of the loop, in its thread."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(name="the watchman", daemon=True)
        self._clock = clock
        self._loop = threading.get_native_id()
        self._ended = threading.Event()

    def __enter__(self) -> None:
        global _clock
        if threading.current_thread() is threading.main_thread():
            _clock = self._clock
            signal.signal(_SIGNAL, _speak)
        self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def run(self) -> None:
        """Looks, until the loop ends. A verdict is told in the loop's thread, which then clears up."""
        looks, moved, spent = 0, 0.0, 0.0
        while not self._ended.wait(LOOK_S):
            if self._clock.moved_at != moved:
                looks, moved, spent = 0, self._clock.moved_at, self._worked()
                continue
            looks += not self._somebody_runs()
            if looks >= (STILL_LOOKS if self._clock.waiting else CALL_LOOKS) or self._worked() - spent > WORKS_S:
                self._clock.verdict = self._account(looks * LOOK_S)
                if not self._clock.waiting and _clock is self._clock:
                    signal.pthread_kill(self._clock.thread, _SIGNAL)
                looks, spent = 0, self._worked()

    def _worked(self) -> float:
        return procs.look(os.getpid(), self._loop).spent

    def _somebody_runs(self) -> bool:
        """Whether the one that the others wait for runs, or would on a machine with nothing else to do."""
        clock = self._clock
        if clock.waiting:
            return clock.agents.running()
        return procs.look(os.getpid(), self._loop).state in ("R", "D")

    def _account(self, seconds: float) -> str:
        frame = sys._current_frames().get(self._clock.thread)
        lines = [
            f"the bench's clock stood still: for {seconds:.0f} s there was no jump, no answer and nothing to read.",
            *(f"  {line}" for line in self._clock.account()),
            "  the loop's thread is here:",
            *(line.rstrip() for line in traceback.format_stack(frame)[-6:]),
            "  what each line means, and what to do: docs/testing.md",
        ]
        if test := os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]:
            lines.append(f"  again with: .venv/bin/pytest '{test}'")
        return "\n".join(lines)


def _speak(number: int, frame: FrameType | None) -> None:
    if _clock is not None and _clock.verdict:
        _clock.give_up()


