# SPDX-License-Identifier: MIT
"""The holder of a rolling credential: answers challenges, reads answers, moves its chain forward. No I/O of its own.

Whatever the car or anybody in its place says, the epoch moves only on an answer that verifies, and no challenge is
answered twice. `save` is called with the new state before a token that depends on it leaves, so a phone that dies at
any moment carries on with the same attempt.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hmac import compare_digest

from ..wire import numbers as n
from ..wire import token as t
from . import keys
from .bundle import KeyBundle
from .errors import PhoneError

_CHALLENGES = 48


@dataclass(frozen=True)
class State:
    """What a phone keeps of one key. Keys are 16 bytes; `attempt` is None until the epoch is first used."""

    agent_id: bytes = field(repr=False)
    veil: bytes = field(repr=False)
    identity: bytes = field(repr=False)
    chain: bytes = field(repr=False)
    handle: int
    label: str = ""
    epoch: int = 0
    attempt: int | None = None
    report: bool = False  # the next token asks why, in place of acting
    seen: tuple[bytes, ...] = field(default=(), repr=False)
    generation: int = 0  # of its passes: one more each time that it ended all of them

    @classmethod
    def of(cls, bundle: KeyBundle) -> "State":
        """A key as it was handed over, never used."""
        identity, chain = keys.first_keys(bundle.root, bundle.agent_id, bundle.handle)
        return cls(bundle.agent_id, bundle.veil, identity, chain, bundle.handle, bundle.label)


@dataclass(frozen=True)
class Result:
    """What the car's 16 bytes mean. `verdict` is a wire number, None when they are not for this key.

    `doors` is a wire number; `suspect`: a second copy of this key was seen at work; `retry`: this repeats an answer
    that was lost; `report`: the holder will ask why with its next token; `reply`: what a request was answered with.
    """

    verdict: int | None
    doors: int = n.DOORS_UNKNOWN
    suspect: bool = False
    retry: bool = False
    report: bool = False
    reply: bytes = field(default=b"", repr=False)

    @property
    def ok(self) -> bool:
        """The car did what was asked."""
        return self.verdict == n.OK


class Holder:
    """One key on one phone."""

    def __init__(self, state: State, save: Callable[[State], None] = lambda state: None) -> None:
        self.state = state
        self._save = save
        self._sent: tuple[bytes, bytes] | None = None

    def token(self, challenge: bytes, action: int, flags: int = 0, body: bytes | None = None) -> bytes:
        """20 bytes that answer a challenge of 16 bytes, with the sealed body of a request behind them.

        body: a record of wire.bodies, b"" for one without fields, None for an act of the lock. PhoneError when the
        challenge was answered before or is none.
        """
        if len(challenge) != n.CHALLENGE_SIZE:
            raise PhoneError("the challenge has the wrong length")
        state = self.state
        if challenge in state.seen:
            raise PhoneError("this challenge was answered before", "somebody may be playing the car: move away")
        if state.epoch >= n.EPOCH_LAST:
            raise PhoneError("this key is used up", "have it enrolled again")
        reporting = state.report and action != n.STATUS
        self.state = replace(
            state,
            attempt=secrets.randbelow(1 << 16) if state.attempt is None else state.attempt,
            seen=(*state.seen, challenge)[-_CHALLENGES:],
            report=state.report and not reporting,
        )
        self._save(self.state)
        assert self.state.attempt is not None
        veil = keys.veil(state.veil, challenge)
        asked = n.REPORT if reporting else action
        head = t.head(asked, state.handle, state.epoch, flags, self.state.attempt, veil)
        key = state.identity if reporting else keys.derive(state.chain, b"token")
        sealed = b"" if reporting or body is None else keys.seal(state.chain, b"request", challenge, body)
        token = head + keys.cmac(key, challenge + head + sealed)[: n.TAG_SIZE] + sealed
        self._sent = (challenge, token)
        return token

    def answer(self, answer: bytes) -> Result:
        """Reads the car's answer to the last token. PhoneError when none is awaited, or it is damaged or too short."""
        if self._sent is None:
            raise PhoneError("no answer is awaited")
        least = n.ANSWER_SIZE + n.SEAL_TAG  # of an answer with a reply, which only a request has
        if len(answer) != n.ANSWER_SIZE and (len(answer) <= least or len(self._sent[1]) == n.TOKEN_SIZE):
            raise PhoneError("the answer has the wrong length")
        nonce, token = self._sent
        self._sent = None
        answer, sealed = answer[: n.ANSWER_SIZE], answer[n.ANSWER_SIZE :]
        plain = unmask(keys.derive(self.state.chain, b"answer"), nonce, token, answer)
        if plain is not None and t.action(token) != n.REPORT:
            reply = keys.unseal(self.state.chain, b"reply", nonce, sealed) if sealed else b""
            if reply is None:
                raise PhoneError("the car's reply was damaged on its way", "ask again")
            if plain[0] == n.OK:
                self._advance()
            return replace(_result(plain), reply=reply)
        plain = unmask(self.state.identity, nonce, token, answer)
        if plain is None or plain[0] == n.OK:
            return Result(None)  # the identity key says why not, never that something was done: ask again
        told = t.action(token) == n.REPORT
        if not told and not self.state.report:
            self.state = replace(self.state, report=True)
            self._save(self.state)
        return replace(_result(plain), report=not told)

    def ended_passes(self) -> None:
        """The car ended all passes of this key: the next ones are of another generation."""
        self.state = replace(self.state, generation=self.state.generation + 1 & 0xFF)
        self._save(self.state)

    def _advance(self) -> None:
        state = self.state
        self.state = replace(
            state, epoch=state.epoch + 1, chain=keys.next_key(state.chain), attempt=None, report=False
        )
        self._save(self.state)


def unmask(key: bytes, nonce: bytes, token: bytes, answer: bytes) -> bytes | None:
    """Status and car state when the answer verifies under this key, else None."""
    tag = answer[n.ANSWER_HEAD :]
    mask = keys.cmac(key, tag)
    plain = bytes(a ^ b for a, b in zip(answer[: n.ANSWER_HEAD], mask, strict=False))
    good = keys.cmac(key, nonce + token[: n.TOKEN_SIZE] + plain)[: n.TAG_SIZE]
    return plain if compare_digest(good, tag) else None


def _result(plain: bytes) -> Result:
    return Result(plain[0], plain[1], bool(plain[2] & n.STATE_SUSPECT), bool(plain[2] & n.STATE_RETRY))
