# SPDX-License-Identifier: MIT
"""The agents that live by the bench's time: each holds the other end of a socket and answers when it has nothing to do.

boards/UNIX/clock.c has the protocol. A question is a number and the time; the answer is the number and the moment at
which the agent wants to be woken.
"""

import shutil
import socket
import struct
import tempfile
from pathlib import Path

from tests.clock import procs, real

NEVER = (1 << 64) - 1
WEDGED_S = 1.0  # seconds of its own processor time without an answer: it waits for nothing any more
BLOCKED_S = 0.5  # real seconds asleep with a question unread: it waits in a call of its own
_WORD = struct.Struct("<IQ")


class Agent:
    """One that has come. `deadline` is when it wants to be woken, in microseconds, or NEVER."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.pid: int = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        self.told = self.answered = self.deadline = 0
        self._spent: float | None = None  # when it was first seen to owe an answer
        self._asleep_since: float | None = None

    def ask(self, number: int, now: int) -> None:
        """Puts a question, and tells the time. One that reads nothing has a full line; it is asked again then."""
        try:
            self.line.send(_WORD.pack(number, now), socket.MSG_DONTWAIT)
            self.told = number
        except OSError:
            pass

    def hear(self) -> bool:
        """Takes in its answers; False when it is gone."""
        while True:
            try:
                word = self.line.recv(_WORD.size, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if len(word) != _WORD.size:
                return False
            self.answered, self.deadline = _WORD.unpack(word)
            self._spent = self._asleep_since = None

    def excuse(self) -> str:
        """Why time may go on without its answer; "" where it may not.

        Stopped, or wedged, or blocked: whoever sleeps with a question unread sleeps somewhere else than at its clock,
        so that a wait for it could last for ever. How busy the machine is makes no difference to any of these.
        """
        state, spent = procs.look(self.pid)
        if state in ("T", "t"):
            return "stopped"
        if self._spent is None:
            self._spent = spent
        if spent - self._spent > WEDGED_S:
            return f"wedged: {spent - self._spent:.1f} s of processor without an answer"
        if state != "S":
            self._asleep_since = None
            return ""
        if self._asleep_since is None:
            self._asleep_since = real.monotonic()
        return "blocked in a call of its own" if real.monotonic() - self._asleep_since > BLOCKED_S else ""


class Agents:
    """All of them. `path` is where they find the clock; `ours` are processes that are to come there, until they end."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="nightlatch-clock-"))
        self.path = str(self._folder / "clock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.listener.setblocking(False)
        self.here: dict[int, Agent] = {}  # by file number
        self.ours: set[int] = set()
        self.launching = 0
        self.number = 0

    def close(self) -> None:
        """Hangs up; agents that are left go on by the machine's time."""
        for agent in self.here.values():
            agent.line.close()
        self.listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def welcome(self, now: int) -> Agent:
        """Takes in the next one that came."""
        line, _ = self.listener.accept()
        agent = self.here[line.fileno()] = Agent(line)
        agent.ask(self.number, now)
        return agent

    def ask(self, now: int) -> None:
        """A new question to everybody."""
        self.number += 1
        for agent in self.here.values():
            agent.ask(self.number, now)

    def ask_again(self, now: int) -> None:
        """The same question to those whom it did not reach."""
        for agent in self.here.values():
            if agent.told != self.number:
                agent.ask(self.number, now)

    def missing(self) -> set[int]:
        """Processes that were started and have not come yet, or that were ended and not yet collected."""
        return self.ours - {agent.pid for agent in self.here.values()}

    def owed(self) -> bool:
        """Whether an answer or a newcomer is out, with an excuse or without."""
        return bool(self.missing()) or any(agent.answered != self.number for agent in self.here.values())

    def owing(self) -> list[Agent]:
        """Those who did not answer the last question and have no excuse."""
        return [agent for agent in self.here.values() if agent.answered != self.number and not agent.excuse()]

    def busy(self) -> bool:
        """Whether time has to stand for one of them."""
        return bool(self.launching or self.missing() or self.owing())

    def running(self) -> bool:
        """Whether one that time stands for could run, and so may still have something for the loop."""
        pids = [*self.missing(), *(agent.pid for agent in self.owing())]
        return any(procs.look(pid).state in ("R", "D") for pid in pids)

    def deadlines(self) -> list[int]:
        """When those who wait want to be woken."""
        return [agent.deadline for agent in self.here.values() if agent.answered == self.number]

    def account(self) -> list[str]:
        """A line about each, for the watchman."""
        lines = [f"{self.launching} processes are being started"] if self.launching else []
        for pid in sorted(self.missing()):
            lines.append(f"agent {pid} has not come to the clock, or was not collected; {procs.describe(pid)}")
        for agent in self.here.values():
            if agent.answered == self.number:
                until = "never" if agent.deadline == NEVER else f"at {agent.deadline / 1e6:.6f}"
                lines.append(f"agent {agent.pid} is quiet and wants to be woken {until}")
            else:
                said = agent.excuse() or "BUSY"
                asked = f"question {self.number} (told {agent.told}, answered {agent.answered})"
                lines.append(f"agent {agent.pid} owes {asked}, {said}; {procs.describe(agent.pid)}")
        return lines
