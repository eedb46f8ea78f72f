# SPDX-License-Identifier: MIT
"""The car's side of one key, for tests of the phone: the rules of the protocol, and answers that a test picks."""

import os

from nightlatch.phone import keys
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result, State
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t

BUNDLE = KeyBundle(b"a" * 16, b"v" * 16, 5, n.ROLE_OWNER, 255, b"r" * 16, "phone")
OPEN = bytes((n.DOORS_UNLOCKED, 0, 0))
LENT = bytes((n.DOORS_UNLOCKED, n.STATE_LENT, 0))


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += seconds


def fresh(saved: list[State] | None = None, clock: Clock | None = None) -> Holder:
    """A key that was never used; what it saves goes into `saved`."""
    return Holder(State.of(BUNDLE), (lambda state: None) if saved is None else saved.append, clock or Clock())


def masked(key: bytes, nonce: bytes, token: bytes, status: int, state: bytes = OPEN) -> bytes:
    """An answer of 16 bytes under a key."""
    plain = bytes([status]) + state
    tag = keys.cmac(key, nonce + token[: n.TOKEN_SIZE] + plain)[: n.TAG_SIZE]
    return bytes(a ^ b for a, b in zip(plain, keys.cmac(key, tag), strict=False)) + tag


def stepped(state: State, challenge: bytes) -> bytes:
    """The answer key behind a step of this phone by a challenge."""
    return keys.derive(keys.next_chain(state.chain, challenge), b"answer")


class Car:
    """Where the car stands with this key. What it accepts, it answers with OK; `accept` and `told` answer at will."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder

    def ask(self, action: int = n.UNLOCK, body: bytes | None = None) -> tuple[bytes, bytes]:
        """(challenge, token)."""
        nonce = os.urandom(16)
        return nonce, self.holder.token(nonce, action, 0, body)

    def lost(self, action: int = n.UNLOCK) -> bytes:
        """A token that was accepted, as far as anybody knows, and whose answer nobody heard: its challenge."""
        return self.ask(action)[0]

    def accept(self, action: int = n.UNLOCK, state: bytes = OPEN) -> Result:
        """One exchange that steps."""
        nonce, token = self.ask(action)
        return self.holder.answer(masked(stepped(self.holder.state, nonce), nonce, token, n.OK, state))

    def repeat(self, earlier: bytes, action: int = n.UNLOCK, state: bytes = OPEN) -> Result:
        """The car says that the token of an earlier challenge was accepted."""
        nonce, token = self.ask(action)
        return self.holder.answer(masked(stepped(self.holder.state, earlier), nonce, token, n.REPEAT, state))

    def told(self, status: int, action: int = n.UNLOCK, state: bytes = OPEN) -> Result:
        """A reason, or OK, under the key that steps nothing."""
        nonce, token = self.ask(action)
        return self.holder.answer(masked(keys.derive(self.holder.state.chain, b"told"), nonce, token, status, state))

    def hint(self, status: int, action: int = n.UNLOCK, state: bytes = bytes(3), handout: bool = False) -> Result:
        """An answer under the identity key, or the one that was handed out."""
        nonce, token = self.ask(action)
        key = self.holder.state.handout if handout else self.holder.state.identity
        return self.holder.answer(masked(key, nonce, token, status, state))

    def says(self) -> int:
        """The action that its next token has, whatever is asked for."""
        return t.action(self.ask()[1])
