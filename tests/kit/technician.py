# SPDX-License-Identifier: MIT
"""The technician's side of a session for tests on the target, one payload at a time and free to misbehave."""

import os

from agent.crypto import ccm, kdf
from agent.crypto.cmac import Cmac
from wire import messages as m
from wire import numbers as n
from wire import record


class Technician:
    """`handle` is the channel's. key: the link key of the epoch."""

    def __init__(self, handle, key, epoch=0):
        self._handle, self.key, self.epoch = handle, key, epoch
        self.counter = 0
        self.last = b""

    def skip(self, steps):
        for _ in range(steps):
            self.key = Cmac(self.key).mac(b"next")
        self.epoch += steps
        return self

    def open(self):
        """Whether the opening was answered, which proves nothing to either side."""
        nonce = os.urandom(16)
        opening = record.pack(m.OPEN, {"version": n.PROTOCOL, "epoch": self.epoch, "nonce": nonce})
        answer = self._handle(bytes((n.F_OPEN,)) + opening)
        if answer[0] != n.F_OPEN | n.F_ANSWER:
            return False
        context = bytes((n.PROTOCOL,)) + nonce + record.unpack(m.OPEN_ANSWER, answer[1:])["nonce"]
        mac = Cmac(self.key)
        self._out = ccm.Ccm(kdf.derive(mac, b"host to car", context), n.RECORD_TAG)
        self._in = ccm.Ccm(kdf.derive(mac, b"car to host", context), n.RECORD_TAG)
        self.counter = 0
        return True

    def seal(self, number, body=b"", counter=None):
        """The payload of a request; None seals an empty one."""
        counter = self.counter if counter is None else counter
        plain = b"" if number is None else bytes((number,)) + body
        sealed = self._out.seal(b"\x00" + counter.to_bytes(4, "big") + bytes(8), b"", plain)
        return bytes((n.F_RECORD,)) + record.pack(m.RECORD, {"counter": counter, "sealed": sealed})

    def ask(self, number, body=b""):
        """Result code and body of the answer, None when the request was refused outside."""
        self.last = self.seal(number, body)
        answer = self._handle(self.last)
        if answer[0] == n.F_REFUSAL:
            return None
        assert answer[0] == n.F_RECORD | n.F_ANSWER
        outer = record.unpack(m.RECORD, answer[1:])
        assert outer["counter"] == self.counter
        plain = self._in.open(b"\x01" + self.counter.to_bytes(4, "big") + bytes(8), b"", outer["sealed"])
        self.counter += 1
        assert plain[0] == number | n.R_ANSWER and len(plain) <= n.RECORD_MAX
        return plain[1:]
