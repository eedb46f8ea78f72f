# SPDX-License-Identifier: MIT
"""The agent's gate and channel in a process of MicroPython, with the real phone library and host client around it."""

import os
import select
import shutil
import subprocess
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from nightlatch import micropython
from nightlatch.errors import LinkLost
from nightlatch.link.base import Link
from nightlatch.phone import exchange, keys, requests
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result, State
from nightlatch.vault import KdfParams, Vault
from nightlatch.vault.records import Car
from nightlatch.wire import frame
from nightlatch.wire import numbers as n

SERVER = Path(__file__).with_name("upy_gate.py")
BLE = n.LINK_BLE << 8
NFC = n.LINK_NFC << 8
_PATIENCE_S = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class Verdict:
    """What came back for a token: 16 bytes, whether it was accepted, the outputs that moved (wire numbers)."""

    answer: bytes
    accepted: bool
    moves: tuple[int, ...]


class GateBench:
    """A claimed car without links. `agent_id`, `veil`, `link_key` are its own; keys are made by enrol()."""

    def __init__(self, process: "subprocess.Popen[str]", sectors: int = 24) -> None:
        self._process = process
        self.agent_id = os.urandom(16)
        claim_key = os.urandom(16)
        self.veil, self.log_key, self.link_key = keys.car_keys(self.agent_id, claim_key)
        self.roots: list[bytes] = []
        self.moves = 0  # of all outputs
        self("new", self.agent_id.hex(), claim_key.hex(), sectors)

    def __call__(self, *words: object) -> list[str]:
        """One command. AssertionError when the agent raised, or ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        ready = select.select([self._process.stdout], [], [], _PATIENCE_S)[0]
        assert ready, f"no answer to {words} in {_PATIENCE_S:g} s"
        line = self._process.stdout.readline()
        assert line.endswith("\n"), f"the agent ended at {words}"
        assert not line.startswith("!"), f"{words[0]}: {line}"
        return line.split()

    def enrol(self, role: int = n.ROLE_OWNER, rights: int = n.RIGHTS_KNOWN, kind: int = n.KIND_PHONE) -> Holder:
        """A new key, as its first holder has it."""
        root = os.urandom(16)
        self.roots.append(root)
        self("enrol", len(self.roots) - 1, role, rights, root.hex(), kind)
        return self.holder(len(self.roots) - 1)

    def workshop(self, folder: Path) -> Vault:
        """The vault of the workshop that claimed it."""
        vault = Vault.create(folder / "workshop.sqlite", b"a passphrase for tests", KdfParams(1, 8, 1))
        vault.add_car(Car("bench", self.agent_id, self.veil, self.log_key, self.link_key))
        return vault

    def holder(self, handle: int, root: bytes | None = None, veil: bytes | None = None) -> Holder:
        """A key that was never used; with a root of its own a stranger's."""
        bundle = KeyBundle(
            self.agent_id, veil or self.veil, handle, n.ROLE_OWNER, n.RIGHTS_KNOWN, root or self.roots[handle], ""
        )
        return Holder(State.of(bundle))

    def challenge(self, link: int = BLE) -> bytes:
        """A fresh challenge of a link."""
        return bytes.fromhex(self("chal", link)[0])

    def present(self, token: bytes, link: int = BLE) -> Verdict:
        """A token to the link's challenge."""
        answer, accepted, moved = self("tok", link, token.hex() or "-")
        moves = tuple(int(c) for c in moved if c != "-")
        self.moves += len(moves)
        return Verdict(bytes.fromhex(answer), accepted == "1", moves)

    def replay(self, token: bytes, link: int = BLE) -> Verdict:
        """A token to a fresh challenge."""
        self.challenge(link)
        return self.present(token, link)

    def act(
        self, holder: Holder, action: int = n.UNLOCK, link: int = BLE, body: bytes | None = None
    ) -> tuple[Result, bytes]:
        """What a phone does, retries and the question why included: the result, and its first token."""
        air = _Air(self, link)
        return finished(exchange.act(air, holder, action, body=body)), air.tokens[0]

    def ask(self, holder: Holder, wanted: requests.Ask, link: int = BLE) -> Result:
        """A request of a holder."""
        return self.act(holder, wanted[0], link, wanted[1])[0]

    def consent(self, owner: Holder) -> Result:
        """An owner looks at what a session asks for, and says yes to it."""
        result = self.ask(owner, requests.wanted())
        return self.ask(owner, requests.approve(requests.read_wanted(result.reply))) if result.ok else result

    def flash(self) -> str:
        """A digest of the flash."""
        return self("hash")[0]

    def cred(self, handle: int) -> tuple[int, int]:
        """(epoch, state) of a key."""
        epoch, state = self("cred", handle)
        return int(epoch), int(state)

    def verdicts(self) -> list[int]:
        """What was logged since the last call."""
        return [int(word) for word in self("verdicts") if word != "-"]

    def frame(self, payload: bytes) -> bytes:
        """One payload to the channel; fails when an output moved."""
        answer, moves = self("frame", payload.hex())
        assert moves == "0"
        return bytes.fromhex(answer)


class GateLink(Link):
    """The technician's cable to a GateBench, for the real host client. `bend` may change what goes either way."""

    def __init__(self, bench: GateBench) -> None:
        super().__init__("pty:/bench", 1.0)
        self._bench = bench
        self._in, self._out = frame.Decoder(), bytearray()

    def bend(self, direction: str, payload: bytes) -> bytes:
        """What goes on in place of a payload; direction is "in" towards the agent, "out" from it."""
        return payload

    def write(self, data: bytes) -> None:
        for payload in self._in.push(data):
            answer = self._bench.frame(self.bend("in", payload))
            self._out += frame.encode(self.bend("out", answer))

    def read(self, n: int, timeout: float) -> bytes:
        data, self._out = bytes(self._out), bytearray()
        if not data:
            raise LinkLost("nothing was asked", device=self.url)
        return data

    def close(self) -> None:
        self._out.clear()


class _Air:
    """A link without time between a phone and the bench."""

    def __init__(self, bench: GateBench, link: int) -> None:
        self._bench = bench
        self._link = link
        self.tokens: list[bytes] = []

    async def transact(self, make_token: exchange.MakeToken, timeout: float = 0.0) -> bytes:
        """One challenge, one token, one answer."""
        self.tokens.append(make_token(self._bench.challenge(self._link)))
        return self._bench.present(self.tokens[-1], self._link).answer


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The value of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise AssertionError("it waits")


def weakened(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """A copy of the firmware in `folder` in which texts were replaced: (file, text, what stands there now)."""
    shutil.copytree(micropython.FIRMWARE, folder)
    for name, old, new in changes:
        source = (folder / name).read_text()
        assert source.count(old) == 1, (name, old)
        (folder / name).write_text(source.replace(old, new))
    return folder


@contextmanager
def gate_bench(log: Path, firmware: Path | None = None, sectors: int = 24) -> Iterator[GateBench]:
    """A bench with so many sectors of 1 KB of flash, of another firmware where one is given; what the agent's side
    prints to stderr goes to `log`."""
    argv, env = micropython.command(SERVER, heap="1M")
    if firmware is not None:
        env = {**env, "MICROPYPATH": micropython.search_path(firmware)}
    with log.open("w") as stderr:
        process = subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        try:
            yield GateBench(process, sectors)
        finally:
            process.kill()
            process.communicate()


@contextmanager
def twin(folder: Path, *changes: tuple[str, str, str], sectors: int = 24) -> Iterator[GateBench]:
    """A bench whose agent lacks one defence: the attack that it stops must succeed there; see weakened()."""
    folder.mkdir(exist_ok=True)
    with gate_bench(folder / "twin.log", weakened(folder / "twin", *changes), sectors) as made:
        yield made
