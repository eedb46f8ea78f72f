# SPDX-License-Identifier: MIT
"""The host's client on a wire whose other end is the firmware's channel, or a device that does as a test says."""

import os
import select
import subprocess
import tempfile
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from nightlatch import micropython
from nightlatch.errors import NoAnswer
from nightlatch.link.base import Link
from nightlatch.phone.keys import derive
from nightlatch.vault import Car, KdfParams, Vault
from nightlatch.wire import frame, record
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client

SERVE = Path(__file__).with_name("upy_serve.py")
Filter = Callable[[bytes], list[bytes]]


def passes(payload: bytes) -> list[bytes]:
    """Nothing is lost or changed."""
    return [payload]


class Lose:
    """Loses the first so many frames of a type, counting from one that is let through first."""

    def __init__(self, kind: int, after: int = 0, count: int = 1) -> None:
        self.kind, self.after, self.count = kind, after, count

    def __call__(self, payload: bytes) -> list[bytes]:
        if payload[0] != self.kind:
            return [payload]
        self.after -= 1
        if self.after >= 0:
            return [payload]
        self.count -= 1
        return [] if self.count >= 0 else [payload]


class Wire(Link):
    """A link to a pty's master. `to` and `back` see each frame's payload and return what goes on."""

    def __init__(self, master: int) -> None:
        super().__init__("pty:bench", 2.0)
        self.master = master
        self.to: Filter = passes
        self.back: Filter = passes
        self._decoders = frame.Decoder(), frame.Decoder()

    def write(self, data: bytes) -> None:
        for payload in self._decoders[0].push(data):
            for passed in self.to(payload):
                os.write(self.master, frame.encode(passed))

    def read(self, n: int, timeout: float) -> bytes:
        if not select.select([self.master], [], [], timeout)[0]:
            return b""
        payloads = self._decoders[1].push(os.read(self.master, n))
        return b"".join(frame.encode(passed) for payload in payloads for passed in self.back(payload))

    def close(self) -> None:
        """The bench owns the pty."""


class Bench:
    """The firmware's channel under MicroPython, its flash in a file, and a vault. `boot` restarts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flash = folder / "flash.img"
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.wire = Wire(master)
        self.vault = Vault.create(folder / "vault.sqlite", b"a passphrase", KdfParams(1, 8, 1))
        self.client = Client(self.wire, timeout=0.5)
        self._process: subprocess.Popen[bytes] | None = None
        self.boot()

    def boot(self, uptime: int = 0) -> None:
        """Kills what runs and starts it on the same flash."""
        self.stop()
        path = os.ttyname(self._slave)
        argv, env = micropython.command(SERVE, path, str(self.flash), str(uptime), heap="1M")
        env["MICROPYPATH"] = micropython.search_path(micropython.ROOT)
        self._process = subprocess.Popen(argv, env=env)
        for _ in range(50):  # what is sent before it listens is lost
            with suppress(NoAnswer):
                self.client.hello(timeout=0.2)
                return
        raise AssertionError("the channel does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self.stop()
        os.close(self.wire.master)
        os.close(self._slave)

    def second_vault(self) -> Vault:
        """A copy of the vault as it is now, as a backup would be."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        copy = folder / "vault.sqlite"
        copy.touch(0o600)
        copy.write_bytes((self.folder / "vault.sqlite").read_bytes())
        return Vault.open(copy, b"a passphrase")


class Puppet(Link):
    """A device of this process that knows the link key; `says` maps requests to the plain bytes of its answers.

    `raw`: bytes that it sends to every frame in place of an answer.
    """

    def __init__(self, car: Car, says: dict[int, list[bytes]], raw: list[bytes] | None = None) -> None:
        super().__init__("pty:puppet", 1.0)
        self.car, self.says, self.raw = car, says, raw
        self.asked: list[int] = []
        self._decoder = frame.Decoder()
        self._waiting = b""
        self._counter = 0

    def write(self, data: bytes) -> None:
        for payload in self._decoder.push(data):
            if self.raw is not None:
                self._waiting += self.raw.pop(0) if self.raw else b""
            else:
                self._waiting += b"".join(frame.encode(answer) for answer in self._answers(payload))

    def read(self, n: int, timeout: float) -> bytes:
        data, self._waiting = self._waiting[:n], self._waiting[n:]
        return data

    def close(self) -> None:
        """Nothing to let go."""

    def _answers(self, payload: bytes) -> list[bytes]:
        if payload[0] == n.F_HELLO:
            hello = {
                "version": 1,
                "state": n.AGENT_CLAIMED,
                "board": "B",
                "firmware": "1",
                "serial": self.car.serial,
            }
            return [b"\x81" + record.pack(m.HELLO_ANSWER, hello)]
        if payload[0] == n.F_OPEN:
            context = bytes([n.PROTOCOL]) + record.unpack(m.OPEN, payload[1:])["nonce"] + bytes(16)
            self._in = AESCCM(derive(self.car.link_key, b"host to car", context), n.RECORD_TAG)
            self._out = AESCCM(derive(self.car.link_key, b"car to host", context), n.RECORD_TAG)
            self._counter = 0
            return [b"\x83" + bytes(16)]
        outer = record.unpack(m.RECORD, payload[1:])
        nonce = self._counter.to_bytes(4, "big") + bytes(8)
        plain = self._in.decrypt(b"\x00" + nonce, outer["sealed"], b"")
        self.asked.append(plain[0])
        said = self.says.get(plain[0], [])
        answer = said.pop(0) if said else bytes([plain[0] | n.R_ANSWER, n.C_OK]) + STATUS
        sealed = self._out.encrypt(b"\x01" + nonce, answer, b"")
        self._counter += 1
        return [b"\x84" + record.pack(m.RECORD, {"counter": outer["counter"], "sealed": sealed})]


STATUS = bytes(sum(record.SIZES[field[1]] for field in m.STATUS_ANSWER))
