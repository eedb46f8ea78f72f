# SPDX-License-Identifier: MIT
"""Frames of the technician's channel: what a stranger may ask, and the way into a session."""

from wire import messages as m
from wire import numbers as n
from wire import record, token
from wire.errors import WireError

from ..crypto import ccm, kdf
from ..crypto.cmac import Cmac
from ..errors import AuthError, NightlatchError

_RECOVERY_LINK = n.LINK_SERIAL << 8


class Channel:
    """One payload in, one payload out; never raises. A stranger gets HELLO and refusals."""

    def __init__(self, car: "Car", requests: "Requests") -> None:
        self._car = car
        self._requests = requests
        self._opening: "tuple[int, bytes] | None" = None  # epoch and key, until the first record verifies
        self._in: "ccm.Ccm | None" = None
        self._out: "ccm.Ccm | None" = None
        self._counter = 0
        self._last = (0, 0)  # ms() and uptime() of the last sign of life

    def handle(self, payload: bytes) -> bytes:
        """The payload that answers a payload of 1 to FRAME_MAX bytes."""
        kind = payload[0]
        try:
            if kind == n.F_RECORD:
                return self._record(memoryview(payload)[1:])
            if kind == n.F_HELLO:
                return self._hello(payload[1:])
            if kind == n.F_OPEN:
                return self._open(payload[1:])
            if kind == n.F_CHALLENGE and len(payload) == 1 and self._car.state() == n.AGENT_CLAIMED:
                return bytes((kind | n.F_ANSWER,)) + self._car.gate.challenge(_RECOVERY_LINK)
            if kind == n.F_TOKEN and len(payload) == 1 + n.TOKEN_SIZE and token.action(payload[1:]) == n.RECOVER:
                return bytes((kind | n.F_ANSWER,)) + self._car.gate.present(_RECOVERY_LINK, payload[1:])[0]
            if kind == n.F_CLAIM:
                return self._claim(payload[1:])
            if kind == n.F_RESET:
                return self._reset(payload[1:])
            return _refusal(n.C_UNKNOWN_REQUEST)
        except WireError:
            return _refusal(n.C_BAD_REQUEST)
        except (NightlatchError, OSError, MemoryError):
            self._close()
            return _refusal(n.C_FAULT)

    def _hello(self, body: bytes) -> bytes:
        if not body:
            return _refusal(n.C_BAD_REQUEST)
        car = self._car
        answer = {
            "version": n.PROTOCOL,
            "state": car.state(),
            "board": car.board,
            "firmware": car.firmware,
            "serial": car.serial,
        }
        return bytes((n.F_HELLO | n.F_ANSWER,)) + record.pack(m.HELLO_ANSWER, answer)

    def _claim(self, body: bytes) -> bytes:
        claim = record.unpack(m.CLAIM, body)
        if claim["version"] != n.PROTOCOL:
            return _refusal(n.C_BAD_VERSION)
        if self._car.state() != n.AGENT_BLANK:
            return _refusal(n.C_NOT_BLANK)
        if not self._car.claimable():
            return _refusal(n.C_WINDOW_CLOSED)
        self._car.claim(claim["agent_id"], claim["claim_key"])
        proof = Cmac(claim["claim_key"]).mac(b"claimed" + claim["agent_id"])[:8]
        return bytes((n.F_CLAIM | n.F_ANSWER,)) + record.pack(m.CLAIM_ANSWER, {"code": n.C_OK, "proof": proof})

    def _reset(self, body: bytes) -> bytes:
        """The way for those who have no key of this cable: they are inside the car, at the button."""
        if record.unpack(m.RESET, body)["version"] != n.PROTOCOL:
            return _refusal(n.C_BAD_VERSION)
        if self._car.state() == n.AGENT_BLANK:
            return _refusal(n.C_NOT_CLAIMED)
        if not self._car.held_long():
            return _refusal(n.C_NO_BUTTON)
        self._close()
        self._car.reset()
        return bytes((n.F_RESET | n.F_ANSWER,))

    def _open(self, body: bytes) -> bytes:
        opening = record.unpack(m.OPEN, body)
        if opening["version"] != n.PROTOCOL:
            return _refusal(n.C_BAD_VERSION)
        if self._car.state() != n.AGENT_CLAIMED:
            return _refusal(n.C_NOT_CLAIMED)
        self._close()
        nonce = self._car.random.bytes(16)
        key = self._car.link_key.at(opening["epoch"])
        if key is not None:  # with none, every record that follows is refused: a stranger can't tell the two apart
            self._opening = (opening["epoch"], key)
            mac = Cmac(key)
            context = bytes((n.PROTOCOL,)) + opening["nonce"] + nonce
            self._in = ccm.Ccm(kdf.derive(mac, b"host to car", context), n.RECORD_TAG)
            self._out = ccm.Ccm(kdf.derive(mac, b"car to host", context), n.RECORD_TAG)
        self._last = self._now()
        return bytes((n.F_OPEN | n.F_ANSWER,)) + record.pack(m.OPEN_ANSWER, {"nonce": nonce})

    def _record(self, body: "bytes | memoryview") -> bytes:
        if self._in is None or self._out is None:
            return _refusal(n.C_REFUSED)
        outer = record.unpack(m.RECORD, body)
        counter = outer["counter"]
        try:
            if counter != self._counter or self._idle():
                raise AuthError("out of sequence or too late")
            plain = self._in.open(_nonce(0, counter), b"", outer["sealed"])
            if not plain:
                raise AuthError("an empty request")
        except AuthError:
            self._close()
            return _refusal(n.C_REFUSED)
        if self._opening is not None:
            self._car.link_key.accept(self._opening[0], self._opening[1])
            self._opening = None
            self._car.audit.note(n.LINK_SERIAL, n.EVENT_SESSION, n.HANDLE_NONE, n.OK)
        self._counter += 1
        self._last = self._now()
        answer = self._requests.answer(plain[0], memoryview(plain)[1:])  # a block is long: no copy of it
        sealed = self._out.seal(_nonce(1, counter), b"", bytes((plain[0] | n.R_ANSWER,)) + answer)
        if plain[0] == n.R_CLOSE or self._car.faulty:
            self._close()
        return bytes((n.F_RECORD | n.F_ANSWER,)) + record.pack(m.RECORD, {"counter": counter, "sealed": sealed})

    def _now(self) -> "tuple[int, int]":
        clock = self._car.clock
        return clock.ms(), clock.uptime()

    def _idle(self) -> bool:
        """The counter of milliseconds wraps after days, and would bring a session back to life; seconds don't."""
        ms, uptime = self._last
        clock = self._car.clock
        return clock.since(ms) > n.SESSION_IDLE_MS or clock.uptime() - uptime > n.SESSION_IDLE_MS // 1000 + 1

    def _close(self) -> None:
        self._opening = self._in = self._out = None
        self._counter = 0


def _nonce(direction: int, counter: int) -> bytes:
    """13 bytes: direction (0 host to car, 1 car to host), counter, zeros. Keys are of one session: never used twice."""
    return bytes((direction,)) + counter.to_bytes(4, "big") + bytes(8)


def _refusal(code: int) -> bytes:
    return bytes((n.F_REFUSAL, code))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .car import Car
    from .requests import Requests
