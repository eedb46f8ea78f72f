# SPDX-License-Identifier: MIT
"""Recovery codes: 80 bits on paper that open a car once, from any phone or by cable, with nothing else known of it.

Printed as 12-ABCD-EFGH-JKMN-PQRS-T: the handle, 16 symbols of Crockford's base32, and his check symbol (modulo 37)
over both. Root key = KDF(code · zeros, "recovery"); the context of its first keys is an agent id of zeros.
"""

import secrets
from dataclasses import dataclass, field

from ..errors import UsageError
from ..wire import numbers as n
from ..wire import token as t
from . import keys
from .errors import PhoneError
from .exchange import Link
from .holder import unmask
from .state import Result

SCHEME = "nightlatch:recovery#"
SECRET_SIZE = 10
_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK = _SYMBOLS + "*~$=U"
_ALIKE = str.maketrans("ILO", "110")
_TRIES = 3


@dataclass(frozen=True)
class Code:
    """One code: the handle that it is enrolled under, and 10 secret bytes."""

    handle: int
    secret: bytes = field(repr=False)

    @property
    def root(self) -> bytes:
        """The root key that the car is given."""
        return keys.derive(self.secret + bytes(n.KEY_SIZE - SECRET_SIZE), b"recovery")

    @property
    def text(self) -> str:
        """As it is printed."""
        number = int.from_bytes(self.secret, "big")
        symbols = "".join(_SYMBOLS[number >> 5 * place & 31] for place in range(15, -1, -1))
        groups = "-".join(symbols[at : at + 4] for at in range(0, 16, 4))
        return f"{self.handle}-{groups}-{_CHECK[_sum(self.handle, number)]}"


def new(handle: int) -> Code:
    """A code that nobody can guess."""
    return Code(handle, secrets.token_bytes(SECRET_SIZE))


def _sum(handle: int, number: int) -> int:
    return (handle << 80 | number) % 37


def parse(text: str) -> Code:
    """The code that somebody typed or scanned; case, hyphens and letters that look alike don't matter.

    UsageError that says what is wrong, and never shows the code.
    """
    text = text.strip()
    if text.lower().startswith(SCHEME):
        text = text[len(SCHEME) :]
    first, found, rest = text.replace(" ", "-").partition("-")
    if not found or not (first.isascii() and first.isdigit() and len(first) <= 5 and int(first) <= n.HANDLE_LAST):
        raise UsageError("a recovery code begins with its number and a hyphen", "type all of it, such as 12-ABCD-…")
    symbols = rest.replace("-", "").upper()
    body, check = symbols[:16].translate(_ALIKE), symbols[16:].translate(_ALIKE)
    if len(symbols) != 17 or any(symbol not in _SYMBOLS for symbol in body) or check not in _CHECK:
        raise UsageError("a recovery code has 16 symbols and a check symbol after its number", "type it again")
    number = 0
    for symbol in body:
        number = number << 5 | _SYMBOLS.index(symbol)
    if _CHECK[_sum(int(first), number)] != check:
        raise UsageError("the recovery code was mistyped: its check symbol does not fit", "compare it symbol by symbol")
    return Code(int(first), number.to_bytes(SECRET_SIZE, "big"))


class RecoveryHolder:
    """A code on its way: behaves like a holder for the one act that it is good for."""

    def __init__(self, code: Code) -> None:
        self._handle = code.handle
        self._handout, self._chain = keys.first_keys(code.root, bytes(n.AGENT_ID_SIZE), code.handle)
        self._attempt = secrets.randbelow(1 << 16)
        self._sent: tuple[bytes, bytes] | None = None

    def token(self, challenge: bytes, action: int = n.RECOVER, flags: int = 0, body: bytes | None = None) -> bytes:
        """20 bytes that answer a challenge of 16, whatever action was meant."""
        if len(challenge) != n.CHALLENGE_SIZE:
            raise PhoneError("the challenge has the wrong length")
        head = t.head(n.RECOVER, self._handle, 0, 0, self._attempt, bytes(4))
        token = head + keys.cmac(keys.derive(self._chain, b"token"), challenge + head)[: n.TAG_SIZE]
        self._sent = (challenge, token)
        return token

    def answer(self, answer: bytes) -> Result:
        """Reads the car's answer."""
        if self._sent is None or len(answer) != n.ANSWER_SIZE:
            raise PhoneError("no such answer is awaited")
        (nonce, token), self._sent = self._sent, None
        for key in (keys.derive(self._chain, b"told"), self._handout):
            plain = unmask(key, nonce, token, answer)
            if plain is not None and (plain[0] != n.OK or key is not self._handout):
                return Result(plain[0], plain[1])
        return Result(None)


async def recover(link: Link, code: Code, timeout: float = 2.0) -> Result:
    """Uses a code over a link; asks again when the answer was lost. A car that does not know it says nothing."""
    holder = RecoveryHolder(code)
    result = Result(None)
    for _ in range(_TRIES):
        answer = await link.transact(holder.token, timeout)
        if answer is not None:
            result = holder.answer(answer)
            if result.verdict is not None:
                break
    return result
