# SPDX-License-Identifier: MIT
"""The holder of a rolling credential: answers challenges, reads answers, moves its chain forward. No I/O of its own.

Whatever the car or anybody in its place says, the chain moves only on an answer that verifies, with the challenge that
the car accepted; no challenge is answered twice, and none is forgotten that the car may have accepted. `save` is called
with the new state before a token that depends on it leaves, so a phone that dies at any moment carries on.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hmac import compare_digest

from ..wire import numbers as n
from ..wire import token as t
from . import keys
from .errors import PhoneError
from .state import Result, State

_SEEN = 48
_ASKED = 64  # only somebody who plays the car makes a phone answer so many at one epoch
_DEAD_S = 6.0  # a challenge answered so long before an answer of the car is dead there
_STEPLESS = (n.STATUS, n.REPORT)


@dataclass(frozen=True)
class _Sent:
    """The token that an answer is awaited to."""

    challenge: bytes
    token: bytes
    action: int
    wanted: int
    when: float


class Holder:
    """One key on one phone. `clock` gives seconds that only rise."""

    def __init__(
        self,
        state: State,
        save: Callable[[State], None] = lambda state: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = state
        self._save = save
        self._clock = clock
        now = clock()
        self._when = {challenge: now for challenge, _ in state.asked}  # what a start finds counts as just asked
        self._sent: _Sent | None = None
        self._next = 0  # STATUS or REPORT in place of what is asked for
        self._behind = 0  # how many steps the car is behind this phone

    def token(self, challenge: bytes, action: int, flags: int = 0, body: bytes | None = None) -> bytes:
        """20 bytes that answer a challenge of 16, with the sealed body of a request behind them.

        body: a record of wire.bodies, b"" for one without fields, None for an act of the lock. PhoneError when the
        challenge was answered before or is none.
        """
        if len(challenge) != n.CHALLENGE_SIZE:
            raise PhoneError("the challenge has the wrong length")
        state = self.state
        if challenge in state.seen or challenge in self._when:
            raise PhoneError("this challenge was answered before", "somebody may be playing the car: move away")
        if state.epoch >= n.EPOCH_LAST:
            raise PhoneError("this key is used up", "have it enrolled again")
        now = self._clock()
        asked = self._next or action
        if asked not in _STEPLESS and len(state.asked) >= _ASKED:
            if now - max(self._when.values()) <= _DEAD_S:
                raise PhoneError("too many answers are owed to this phone", "wait a few seconds, away from this car")
            asked = n.STATUS
        state = self._lent(state, time.time())
        steps = asked not in _STEPLESS
        attempt = secrets.randbelow(1 << 16) if state.attempt is None else state.attempt
        self.state = replace(
            state,
            attempt=attempt,
            asked=(*state.asked, (challenge, asked)) if steps else state.asked,
            seen=(*state.seen, challenge)[-_SEEN:],
        )
        self._save(self.state)
        if steps:
            self._when[challenge] = now
        token = self._made(asked, challenge, flags, body if asked == action else None)
        self._sent = _Sent(challenge, token, asked, action, now)
        return token

    def answer(self, answer: bytes) -> Result:
        """Reads the car's answer to the last token. PhoneError when none is awaited, or it is damaged or too short."""
        sent = self._sent
        if sent is None:
            raise PhoneError("no answer is awaited")
        least = n.ANSWER_SIZE + n.SEAL_TAG  # of an answer with a reply, which only a request has
        if len(answer) != n.ANSWER_SIZE and (len(answer) <= least or len(sent.token) == n.TOKEN_SIZE):
            raise PhoneError("the answer has the wrong length")
        self._sent = None
        self._next = 0
        answer, sealed = answer[: n.ANSWER_SIZE], answer[n.ANSWER_SIZE :]
        chain = self.state.chain
        if sent.action not in _STEPLESS:
            following = keys.next_chain(chain, sent.challenge)
            plain = unmask(keys.derive(following, b"answer"), sent.challenge, sent.token, answer)
            if plain is not None and plain[0] == n.OK:
                reply = keys.unseal(following, b"reply", sent.challenge, sealed) if sealed else b""
                result = self._advance(sent.challenge, plain)
                if reply is None:
                    raise PhoneError("the car's reply was damaged on its way", "ask again")
                return replace(result, reply=reply)
        repeated = self._repeated(sent, answer)
        if repeated is not None:
            return repeated
        plain = unmask(keys.derive(chain, b"told"), sent.challenge, sent.token, answer)
        if plain is not None and (plain[0] != n.OK or sent.action in _STEPLESS):  # this key says OK to no act
            self._forget_dead(sent)
            self._behind = 0
            if sent.action == n.REPORT and plain[0] == n.OK:
                return Result(None, again=True)  # nothing speaks against this phone, and nothing was done
            return replace(self._result(plain), again=sent.action == n.STATUS != sent.wanted)
        return self._refused(sent, answer)

    def ask_why(self) -> None:
        """The next token is the question why it does not open, whatever is asked for."""
        self._next = n.REPORT

    def lend(self, until: int = 0) -> bytes:
        """The secret that passes hang on, kept from now on: 16 bytes. until: Unix seconds when a pass ends, 0: never.

        PhoneError while the key was never used, or an answer of the car is owed.
        """
        state = self.state
        if not state.epoch or state.asked:
            raise PhoneError("a pass hangs on the key's last use", "use the key at the car once, then make the pass")
        lent = state.lent or (keys.derive(state.chain, b"pass"), state.epoch)
        kept = state.lent is not None
        never = until == 0 or (kept and state.lent_until == 0)
        last = 0 if never else max(until, state.lent_until if kept else 0)
        self.state = replace(state, lent=lent, lent_until=last)
        self._save(self.state)
        return lent[0]

    def ended_passes(self) -> None:
        """The car ended all passes of this key."""
        self.state = replace(self.state, lent=None, lent_until=0)
        self._save(self.state)

    # --- inside

    def _made(self, asked: int, challenge: bytes, flags: int, body: bytes | None) -> bytes:
        state = self.state
        key, attempt = keys.derive(state.chain, b"token"), state.attempt
        assert attempt is not None
        behind = b""
        if asked == n.REPORT:
            key, attempt, flags = state.identity, int.from_bytes(keys.mark(state.chain), "big"), 0
        elif asked != n.STATUS and state.lent is not None:
            flags |= n.FLAG_LEND if state.lent[1] == state.epoch else n.FLAG_KEEP
        if body is not None:
            behind = keys.seal(state.chain, b"request", challenge, body)
        elif asked in _STEPLESS and self._behind:
            behind = keys.veil(state.veil, challenge, b"".join(state.accepted[-self._behind :]))
        place = keys.place(state.veil, challenge)
        head = t.head(asked, state.handle, state.epoch, flags, attempt, place)
        return head + keys.cmac(key, challenge + head + behind)[: n.TAG_SIZE] + behind

    def _repeated(self, sent: _Sent, answer: bytes) -> Result | None:
        """Whether the car says that the token of an earlier challenge was accepted: then that one counts."""
        for challenge, action in reversed(self.state.asked):
            key = keys.derive(keys.next_chain(self.state.chain, challenge), b"answer")
            plain = unmask(key, sent.challenge, sent.token, answer)
            if plain is not None and plain[0] == n.REPEAT:
                result = self._advance(challenge, plain)
                done = _DONE.get(action) == result.doors and action == sent.action
                return replace(result, verdict=n.OK if done else n.REPEAT, retry=True, again=not done)
        return None

    def _refused(self, sent: _Sent, answer: bytes) -> Result:
        """An answer under the identity key, or the one that was handed out: it moves nothing."""
        for current, key in ((True, self.state.identity), (False, self.state.handout)):
            plain = unmask(key, sent.challenge, sent.token, answer)
            if plain is None:
                continue
            # whoever has the hand-out knows H: it must not be told the challenges that lead to this phone's key
            if plain[0] == n.AHEAD and current and 0 < plain[3] <= len(self.state.accepted):
                again = not self._behind or sent.action == n.REPORT
                self._behind, self._next = plain[3], n.STATUS
                return Result(n.AHEAD, again=again)
            if plain[0] in (n.OK, n.REPEAT):
                break  # these keys say why not, never that something was done
            if sent.action != n.REPORT:
                self._next = n.REPORT
            return Result(plain[0], again=sent.action != n.REPORT, report=sent.action != n.REPORT)
        return Result(None)

    def _forget_dead(self, sent: _Sent) -> None:
        """The car refused this token at this phone's epoch: its challenge is dead, and so are those of long before."""
        left = []
        for challenge, action in self.state.asked:
            if challenge == sent.challenge or sent.when - self._when[challenge] > _DEAD_S:
                del self._when[challenge]
            else:
                left.append((challenge, action))
        if len(left) != len(self.state.asked):
            self.state = replace(self.state, asked=tuple(left))
            self._save(self.state)

    def _advance(self, challenge: bytes, plain: bytes) -> Result:
        state = self.state
        chain = keys.next_chain(state.chain, challenge)
        result = self._result(plain)
        void = state.lent is not None and not plain[2] & n.STATE_LENT
        self.state = replace(
            state,
            epoch=state.epoch + 1,
            chain=chain,
            identity=keys.derive(chain, b"identity") if plain[2] & n.STATE_RENEWED else state.identity,
            attempt=None,
            asked=(),
            accepted=(*state.accepted, challenge)[-n.EPOCH_AHEAD :],
            lent=None if void else state.lent,
            introduced=plain[3],
        )
        self._when.clear()
        self._save(self.state)
        return replace(result, void=void)

    def _result(self, plain: bytes) -> Result:
        doors, flags, introduced = plain[1:4]
        return Result(
            plain[0],
            doors,
            suspect=bool(flags & n.STATE_SUSPECT),
            tried=bool(flags & n.STATE_TRIED),
            shown=(introduced - self.state.introduced) & 0xFF,
        )

    @staticmethod
    def _lent(state: State, now: float) -> State:
        """Lets go of the secret once all passes that hang on it are over, and no answer is owed."""
        over = state.lent_until and now > state.lent_until + n.TIME_SLACK_S
        if state.lent is not None and over and not state.asked:
            return replace(state, lent=None, lent_until=0)
        return state


def unmask(key: bytes, nonce: bytes, token: bytes, answer: bytes) -> bytes | None:
    """Status and car state when the answer verifies under this key, else None."""
    tag = answer[n.ANSWER_HEAD :]
    mask = keys.cmac(key, tag)
    plain = bytes(a ^ b for a, b in zip(answer[: n.ANSWER_HEAD], mask, strict=False))
    good = keys.cmac(key, nonce + token[: n.TOKEN_SIZE] + plain)[: n.TAG_SIZE]
    return plain if compare_digest(good, tag) else None


_DONE = {n.UNLOCK: n.DOORS_UNLOCKED, n.LOCK: n.DOORS_LOCKED}
