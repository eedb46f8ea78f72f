# SPDX-License-Identifier: MIT
"""Passes: made offline from a holder's key, narrowed by whoever holds one, shown to the car once.

firmware/README.md has the chain; wire/caveats.py has what can be said in it.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

from ..errors import UsageError
from ..wire import caveats as c
from ..wire import numbers as n
from ..wire import record
from ..wire import token as t
from ..wire.errors import WireError
from . import keys
from .errors import PhoneError
from .exchange import Link
from .holder import Holder, unmask
from .state import Result, State

SCHEME = "nightlatch:pass#"
_VERSION = 1
_TRIES = 3
_LAYOUT = (
    ("version", "u8", _VERSION, _VERSION),
    ("agent_id", "bytes", n.AGENT_ID_SIZE, n.AGENT_ID_SIZE),
    ("veil", "bytes", n.KEY_SIZE, n.KEY_SIZE),
    ("issuer", "u16", 0, n.HANDLE_LAST),
    ("ident", "bytes", n.PASS_ID_SIZE, n.PASS_ID_SIZE),
    ("key", "bytes", n.KEY_SIZE, n.KEY_SIZE),
    ("caveats", "blob", 1, c.SIZE_MAX),
    ("label", "text", 0, n.LABEL_MAX),
)


@dataclass(frozen=True)
class Pass:
    """A pass as it is carried. agent_id, veil and key are 16 bytes, ident 8; caveats as wire.caveats makes them."""

    agent_id: bytes = field(repr=False)
    veil: bytes = field(repr=False)
    issuer: int
    ident: bytes
    caveats: tuple[bytes, ...]
    key: bytes = field(repr=False)
    label: str = ""

    @property
    def limits(self) -> c.Limits:
        """What all caveats leave."""
        return c.Limits(list(self.caveats))


def issue(holder: Holder, wanted: Sequence[bytes], label: str = "") -> Pass:
    """A new pass of this holder, with at least one caveat. How often it may be lent on is 0 unless a caveat says more.

    UsageError when the caveats do not fit, PhoneError for a key that was never used. Nobody is asked: the car decides
    when it sees the pass.
    """
    chain = list(wanted)
    if not any(one[0] == c.DEPTH for one in chain):
        chain.insert(0, c.caveat(c.DEPTH, 0))
    _check(chain)
    ident = secrets.token_bytes(n.PASS_ID_SIZE)
    until = c.Limits(chain).not_after
    key = keys.cmac(holder.lend(0 if until == c.NEVER else until), b"\x02" + ident + chain[0])
    state = holder.state
    first = Pass(state.agent_id, state.veil, state.handle, ident, (chain[0],), key, label)
    return narrow(first, chain[1:]) if chain[1:] else first


def narrow(one: Pass, more: Sequence[bytes]) -> Pass:
    """The same pass with caveats added: what was taken away can't be given back. UsageError when they do not fit."""
    _check([*one.caveats, *more])
    key = one.key
    for caveat in more:
        key = keys.cmac(key, b"\x02" + caveat)
    return replace(one, caveats=(*one.caveats, *more), key=key)


def encode(one: Pass) -> str:
    """The pass as a URL, which is a secret: whoever has it can use it."""
    values = {name: getattr(one, name) for name in ("agent_id", "veil", "issuer", "ident", "key", "label")}
    body = record.pack(_LAYOUT, {"version": _VERSION, **values, "caveats": b"".join(one.caveats)})
    return SCHEME + base64.urlsafe_b64encode(body + crc32(body).to_bytes(4, "big")).rstrip(b"=").decode()


def decode(url: str) -> Pass:
    """The pass of a URL. UsageError, without a word of its content, when it is none or was damaged."""
    url = url.strip()
    if not url.startswith(SCHEME) or len(url) > 600:
        raise UsageError("this is not the URL of a pass", f"it starts with {SCHEME}")
    text = url[len(SCHEME) :]
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        body = data[:-4]
        if len(data) < 5 or crc32(body).to_bytes(4, "big") != data[-4:]:
            raise WireError("checksum")
        values = record.unpack(_LAYOUT, body)
        values["caveats"] = tuple(c.split(values["caveats"]))
        c.Limits(list(values["caveats"]))
    except (binascii.Error, ValueError, WireError):
        raise UsageError("the pass's URL is damaged", "scan or copy it again") from None
    del values["version"]
    return Pass(**values)


def _check(chain: Sequence[bytes]) -> None:
    try:
        c.Limits(c.split(b"".join(chain)))
    except WireError as error:
        raise UsageError(f"this pass can't be made: {error}", "use fewer or other conditions") from None


class Introduction:
    """A pass on its way to becoming a key: behaves like a holder for one token. `holder` is set on success."""

    def __init__(self, one: Pass, save: Callable[[State], None] = lambda state: None) -> None:
        self.one = one
        self.holder: Holder | None = None
        self._save = save
        self._sent: tuple[bytes, bytes] | None = None

    def token(self, challenge: bytes, action: int = n.INTRODUCE, flags: int = 0, body: bytes | None = None) -> bytes:
        """The token that shows the pass, whatever action was meant: 20 bytes and the veiled body."""
        one = self.one
        if len(challenge) != n.CHALLENGE_SIZE:
            raise PhoneError("the challenge has the wrong length")
        head = t.head(n.INTRODUCE, n.HANDLE_NONE, 0, 0, 0, keys.place(one.veil, challenge))
        plain = one.issuer.to_bytes(2, "big") + one.ident + b"".join(one.caveats)
        veiled = keys.veil(one.veil, challenge, plain)
        tag = keys.cmac(keys.derive(one.key, b"introduce"), challenge + head + veiled)[: n.TAG_SIZE]
        self._sent = (challenge, head + tag)
        return head + tag + veiled

    def answer(self, answer: bytes) -> Result:
        """Reads the car's answer; after an OK the pass is the key of `holder`."""
        if self._sent is None:
            raise PhoneError("no answer is awaited")
        if len(answer) != n.ANSWER_SIZE:
            raise PhoneError("the answer has the wrong length")
        (nonce, token), self._sent = self._sent, None
        plain = unmask(keys.derive(self.one.key, b"answer"), nonce, token, answer)
        if plain is None:
            return Result(None)
        if plain[0] == n.OK:
            state = self._state(int.from_bytes(plain[1:3], "big"))
            self._save(state)
            self.holder = Holder(state, self._save)
        return Result(plain[0])

    def _state(self, handle: int) -> State:
        one = self.one
        root = keys.derive(one.key, b"guest", one.agent_id)
        handout, chain = keys.first_keys(root, one.agent_id, handle)
        return State(one.agent_id, one.veil, handout, handout, chain, handle, one.label)


async def introduce(link: Link, wanted: Introduction, timeout: float = 2.0) -> Result:
    """Shows a pass over a link; once more when the answer was lost, or when it was not for us."""
    result = Result(None)
    for _ in range(_TRIES):
        answer = await link.transact(wanted.token, timeout)
        if answer is not None:
            result = wanted.answer(answer)
            if result.verdict is not None:
                break
    return result
