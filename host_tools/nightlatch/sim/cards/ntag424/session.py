# SPDX-License-Identifier: MIT
"""Authentication and secure messaging of the virtual NTAG 424 DNA (NT4H2421Gx 9.1, 10.4)."""

import os
from dataclasses import dataclass

from . import crypto as c
from .state import KEYS, State

OK = 0x00
NOT_FOUND = 0x0B
FORMAT = 0x0C
ILLEGAL = 0x1C
INTEGRITY = 0x1E
NO_SUCH_KEY = 0x40
LENGTH = 0x7E
SIGNED = 0x90  # the good status of Read_Sig: AN12196, table 30, and what real chips say
DENIED = 0x9D
PARAMETER = 0x9E
DELAY = 0xAD
AUTHENTICATION = 0xAE
MORE = 0xAF
BOUNDARY = 0xBE
ABORTED = 0xCA
NO_FILE = 0xF0

PLAIN, MAC, FULL = 0, 1, 3
_IN_A_ROW = 50  # failures after which the chip slows down; the data sheet names no number
_DELAY_MOST = 255


class Fault(Exception):
    """A command is refused with a status byte; an authentication ends with it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"91{status:02X}")
        self.status = status


@dataclass
class Session:
    """An authenticated state."""

    key_no: int
    ti: bytes
    enc: bytes
    mac: bytes
    counter: int = 0

    def _mac(self, first: int, counter: int, rest: bytes) -> bytes:
        return c.mac_t(self.mac, bytes([first]) + counter.to_bytes(2, "little") + self.ti + rest)

    def open(self, ins: int, mode: int, data: bytes, head: int) -> bytes:
        """Checks a command and returns header and data in the clear. head: length of the header."""
        if self.counter == 0xFFFF:
            raise Fault(INTEGRITY)
        if mode in (MAC, FULL):
            if len(data) < head + 8:
                raise Fault(LENGTH)
            data, tag = data[:-8], data[-8:]
            if tag != self._mac(ins, self.counter, data):
                raise Fault(INTEGRITY)
        if mode == FULL and len(data) > head:
            sealed = data[head:]
            if len(sealed) % 16:
                raise Fault(LENGTH)
            iv = c.message_iv(self.enc, b"\xa5\x5a", self.ti, self.counter)
            try:
                data = data[:head] + c.unpad(c.decrypt(self.enc, iv, sealed))
            except c.PaddingFault:
                raise Fault(INTEGRITY) from None
        self.counter += 1
        return data

    def seal(self, mode: int, data: bytes, status: int = OK) -> bytes:
        """The response's data field, protected."""
        if mode == FULL and data:
            iv = c.message_iv(self.enc, b"\x5a\xa5", self.ti, self.counter)
            data = c.encrypt(self.enc, iv, c.pad(data))
        return data + self._mac(status, self.counter, data) if mode in (MAC, FULL) else data


@dataclass
class Opening:
    """Between both parts of an authentication."""

    key_no: int
    rnd_b: bytes
    caps: bytes | None  # PCDcap2 of a First, None for a NonFirst


class Authenticator:
    """Both authentications, and the counters that slow down who guesses."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.session: Session | None = None

    def first(self, data: bytes, in_app: bool) -> tuple[Opening, bytes]:
        """AuthenticateEV2First, part 1: (what is open, response)."""
        if len(data) < 2 or len(data) != 2 + data[1]:
            raise Fault(LENGTH)
        if data[1] > 6:
            raise Fault(PARAMETER)
        caps = data[2:]
        if self._state.lrp:  # the leakage resilient mode is not modelled: every way into it ends here
            raise Fault(DENIED)
        return self._challenge(data[0], (caps + bytes(6))[:6], in_app)

    def again(self, data: bytes, in_app: bool) -> tuple[Opening, bytes]:
        """AuthenticateEV2NonFirst, part 1."""
        if len(data) != 1:
            raise Fault(LENGTH)
        if self.session is None:
            raise Fault(DENIED)
        return self._challenge(data[0], None, in_app)

    def _challenge(self, key_no: int, caps: bytes | None, in_app: bool) -> tuple[Opening, bytes]:
        state = self._state
        if key_no >= KEYS or not in_app:
            raise Fault(NO_SUCH_KEY)
        if state.fail_counting and state.failed[key_no] >= state.fail_limit:
            raise Fault(DENIED)
        if state.delay:
            state.delay -= 1
            raise Fault(DELAY)
        rnd_b = os.urandom(16)
        return Opening(key_no, rnd_b, caps), c.encrypt(state.keys[key_no], c.ZERO, rnd_b)

    def finish(self, opening: Opening, data: bytes) -> bytes:
        """Part 2: the response; the session is open when this returns."""
        before, self.session = self.session, None
        if len(data) != 32:
            raise Fault(LENGTH)
        state, key_no = self._state, opening.key_no
        key = state.keys[key_no]
        plain = c.decrypt(key, c.ZERO, data)
        rnd_a = plain[:16]
        if plain[16:] != c.rotate(opening.rnd_b):
            self._failed(key_no)
            raise Fault(AUTHENTICATION)
        state.failed[key_no] = max(0, state.failed[key_no] - state.fail_step)
        state.row = state.delay = 0
        enc, mac = c.session_keys(key, rnd_a, opening.rnd_b)
        if opening.caps is None:
            assert before is not None
            self.session = Session(key_no, before.ti, enc, mac, before.counter)
            return c.encrypt(key, c.ZERO, c.rotate(rnd_a))
        ti = os.urandom(4)
        self.session = Session(key_no, ti, enc, mac)
        ours = bytes(4) + state.caps
        return c.encrypt(key, c.ZERO, ti + c.rotate(rnd_a) + ours + opening.caps)

    def _failed(self, key_no: int) -> None:
        state = self._state
        if state.fail_counting:
            state.failed[key_no] += 1
        state.row += 1
        if state.row >= _IN_A_ROW:
            state.delay = min(state.row - _IN_A_ROW + 1, _DELAY_MOST)
