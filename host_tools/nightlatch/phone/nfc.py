# SPDX-License-Identifier: MIT
"""A phone in card emulation: command APDUs in, response APDUs out (ISO/IEC 7816-4), one tap after the other.

What a phone's system hands to the application of our AID; the car drives it: SELECT, challenge, answer.
"""

from typing import Any, Protocol

from nightlatch.errors import HostError
from nightlatch.wire import numbers

SW_OK = b"\x90\x00"
SW_WRONG_LENGTH = b"\x67\x00"
SW_NOT_NOW = b"\x69\x85"
SW_NOT_FOUND = b"\x6a\x82"
SW_WRONG_P1P2 = b"\x6a\x86"
SW_WRONG_LE = 0x6C
SW_WRONG_INS = b"\x6d\x00"
SW_WRONG_CLA = b"\x6e\x00"
_INS_SELECT = 0xA4
_BY_NAME = b"\x04\x00"
RESULTS_MAX = 16


class TokenMaker(Protocol):
    """The part of a holder that a tap needs."""

    def token(self, challenge: bytes, action: int, flags: int = 0) -> bytes:
        """20 bytes that answer a challenge of 16, and a body; ValueError or HostError when it shall not be answered."""

    def answer(self, answer: bytes) -> Any:
        """What the car's 16 bytes, and a reply behind them, mean; ValueError or HostError when they can't be read."""


class NfcPhone:
    """The application behind our AID. Any bytes get a response that ends in a status word; nothing is ever raised.

    action, flags and body go into the next token and may be changed between taps. `results` are the holder's readings
    of the car's answers, the last RESULTS_MAX of them, oldest first.
    """

    def __init__(self, holder: TokenMaker, action: int, flags: int = 0, body: bytes | None = None) -> None:
        self._holder = holder
        self.action = action
        self.flags = flags
        self.body = body
        self.results: list[Any] = []
        self._selected = False
        self._waiting = False

    def reset(self) -> None:
        """The field is gone, or another application was selected."""
        self._selected = self._waiting = False

    def transceive(self, apdu: bytes) -> bytes:
        """The response to a command APDU (short form): the token with its body at most, and the status word."""
        if len(apdu) < 4:
            return SW_WRONG_LENGTH
        cla, ins = apdu[0], apdu[1]
        if (cla, ins) == (0, _INS_SELECT):
            return self._run(apdu, _BY_NAME, self._select)
        if cla == numbers.CLA and ins == numbers.INS_CHALLENGE:
            return self._run(apdu, b"\x00\x00", self._challenge)
        if cla == numbers.CLA and ins == numbers.INS_ANSWER:
            return self._run(apdu, b"\x00\x00", self._answer)
        return SW_WRONG_INS if cla in (0, numbers.CLA) else SW_WRONG_CLA

    def _run(self, apdu: bytes, p1p2: bytes, handler: "Any") -> bytes:
        if apdu[2:4] != p1p2:
            return SW_WRONG_P1P2
        parts = _split(apdu)
        if parts is None:
            return SW_WRONG_LENGTH
        data, room = parts
        response: bytes = handler(data, room)
        return response

    def _select(self, name: bytes, room: int) -> bytes:
        self.reset()
        if name != numbers.AID:
            return SW_NOT_FOUND
        self._selected = True
        return bytes([numbers.PROTOCOL]) + SW_OK

    def _challenge(self, challenge: bytes, room: int) -> bytes:
        if not self._selected:
            return SW_NOT_NOW
        if len(challenge) != numbers.CHALLENGE_SIZE:
            return SW_WRONG_LENGTH
        if room < numbers.TOKEN_SIZE:
            return bytes([SW_WRONG_LE, numbers.TOKEN_SIZE])
        self._waiting = False
        try:
            body = () if self.body is None else (self.body,)
            token = self._holder.token(challenge, self.action, self.flags, *body)
        except (HostError, ValueError):
            return SW_NOT_NOW
        if len(token) > room:
            return bytes([SW_WRONG_LE, len(token)])
        self._waiting = True
        return token + SW_OK

    def _answer(self, answer: bytes, room: int) -> bytes:
        if not self._selected or not self._waiting:
            return SW_NOT_NOW
        if len(answer) < numbers.ANSWER_SIZE:
            return SW_WRONG_LENGTH
        self._waiting = False
        try:
            self.results.append(self._holder.answer(answer))
        except (HostError, ValueError):
            return SW_NOT_NOW
        del self.results[:-RESULTS_MAX]
        return SW_OK


def _split(apdu: bytes) -> tuple[bytes, int] | None:
    """(data, how much response data fits) of a short APDU (ISO/IEC 7816-4, 5.1); None when it has wrong lengths."""
    body = apdu[4:]
    if not body:
        return b"", 256
    if len(body) == 1:
        return b"", body[0] or 256
    size = body[0]
    if size == 0 or not size <= len(body) - 1 <= size + 1:
        return None
    return body[1 : 1 + size], (body[1 + size] or 256) if len(body) > size + 1 else 256
