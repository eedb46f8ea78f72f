# SPDX-License-Identifier: MIT
"""The path of an unlock: a token comes in on a link, the verdict is made, the lock moves, 16 bytes go back.

Synchronous, called from the link's own event. Whatever goes wrong inside, nothing opens and the caller gets an answer.
"""

from wire import numbers as n
from wire import token as t

from . import ask, policy
from .credential import card, ev2, guest, introduce, kinds, rolling
from .crypto import aes, kdf
from .crypto.cmac import Cmac
from .errors import AuthError, RandomFault
from .guard import Guard
from .office import Office, older

_NOTHING = b"\x00\x00\x00"
_DELAYS_MAX = 20  # answers of "not yet" that one tap of a card bears


class Gate:
    """Challenges and verdicts for the links that carry the rolling credential (BLE, NFC).

    Answers are 16 bytes, and a sealed reply where an accepted token asked for one. To a stranger every refusal is
    random bytes; a holder reads the reason.
    """

    def __init__(
        self, store: "Store", config: "Config", actuator: "Actuator", audit: "Audit", clock: "Clock", random: "Random"
    ) -> None:
        self._store = store
        self._config = config
        self._actuator = actuator
        self._audit = audit
        self._clock = clock
        self.office = office = Office(store, audit, clock, config, actuator)
        self._own: "dict[int, Judge]" = {action: made(office) for action, made in kinds.TOKENS.items()}
        self._random = random
        self.guard = Guard()  # around every change to the store, here and elsewhere
        self._live: "dict[int, tuple[bytes, int, int]]" = {}  # challenge, ms(), uptime() when it was drawn
        self._veil: "aes.Cipher | None" = None
        self._advert: "Cmac | None" = None
        self.faults = 0

    @property
    def strangers(self) -> int:
        """Refusals that name no credential, since the start."""
        return self.office.strangers

    def arm(self, veil_key: bytes) -> None:
        """From here on tokens are looked at; before, everything is refused."""
        self._veil = aes.new(veil_key)
        self._advert = Cmac(veil_key)

    def disarm(self) -> None:
        """Nothing is accepted any more."""
        self._veil = self._advert = None
        self._live.clear()

    # --- for the links

    def challenge(self, link: int) -> bytes:
        """A fresh challenge of 16 bytes for this link; it replaces the one before."""
        nonce = self._random.bytes(n.CHALLENGE_SIZE)
        self._live[link] = (nonce, self._clock.ms(), self._clock.uptime())
        return nonce

    def drop(self, link: int) -> None:
        """The connection is gone, and its challenge with it."""
        self._live.pop(link, None)

    def advert(self) -> bytes:
        """6 bytes for the advertisement that only holders of this car's veil key can tell from random ones."""
        salt = self._random.bytes(3)
        if self._advert is None:
            return salt + self._random.bytes(3)
        return salt + self._advert.mac(b"advert" + salt)[:3]

    def present(self, link: int, token: bytes) -> "tuple[bytes, bool]":
        """The answer to a token (16 bytes, a reply behind them), and whether it was accepted.

        Never raises; the challenge is used up.
        """
        live = self._live.pop(link, None)
        try:
            with self.guard:
                return self._judge(link >> 8, live, token)
        except Exception:
            self.faults += 1
            try:
                self._audit.note(link >> 8, n.EVENT_FAULT, n.HANDLE_NONE, n.FAULT)
            except Exception:
                self.faults += 1
        return self._noise(), False

    def tap(self, link: int) -> "Generator[bytes, bytes, bool | None]":
        """One card: yields command APDUs, takes the responses. Its value: accepted, refused, or (None) none of ours.

        Never raises. Dropped half-way, it has moved nothing; the card is then one ticket ahead at most.
        """
        if (yield card.SELECT) != b"\x90\x00":
            return None
        handle = card.handle((yield card.READ_RECORD))
        if handle < 0:
            return None
        try:
            return (yield from self._visit(link >> 8, handle))
        except AuthError:
            self.office.strangers += 1
        except Exception:
            self.faults += 1
        return False

    # --- inside

    def _visit(self, link: int, handle: int) -> "Generator[bytes, bytes, bool]":
        cred = self._store.find(handle)
        if cred is not None and (cred.kind != n.KIND_CARD or self._veil is None):
            cred = None
        visit = card.Visit(cred, self._random.bytes(32))
        response = yield visit.begin()
        for _ in range(_DELAYS_MAX):
            if response != ev2.DELAY:
                break
            response = yield visit.begin()
        visit.tickets((yield visit.read((yield visit.prove(response)))))
        if cred is None:
            raise AuthError("no such card")
        if visit.copied:
            with self.guard:
                self._suspect(link, n.UNLOCK, cred)
        reason = visit.reason
        if reason == n.OK:
            reason = policy.decide(self._asked(cred), cred.rights, cred.state, 0, False)
        if reason != n.OK:
            self.office.report(link, cred.handle, reason)
            return False
        visit.rolled((yield visit.roll()))
        with self.guard:
            return self._let_in(link, cred, visit)

    def _let_in(self, link: int, cred: "Cred", visit: "card.Visit") -> bool:
        """The card is the holder's and has rolled: keeps the step, moves the lock."""
        now = self._store.find(cred.handle)  # while the card was asked, a session may have revoked it
        if now is None or now.state != cred.state or now.epoch != cred.epoch or now.accepted != cred.accepted:
            return False
        action = self._asked(now)
        reason = policy.decide(action, now.rights, now.state, 0, False)
        if reason == n.OK and action != n.APPROVE and not self._actuator.has(action):
            reason = n.UNKNOWN_ACTION
        if reason == n.OK:
            self._store.step(now, *visit.step)  # durable before anything moves
            self._live.clear()
            if action == n.APPROVE:
                self.office.consent()
            else:
                self._actuator.pulse(action, self._config.get("pulse_ms"))
            reason = n.RECOVERED if visit.ahead else n.OK
        self._audit.note(link, action, cred.handle, reason, visit.ahead)
        return reason in (n.OK, n.RECOVERED)

    def _asked(self, card: "Cred") -> int:
        """What a tap of this card asks for."""
        if self.office.consent_wanted() and policy.decide(n.APPROVE, card.rights, card.state, 0, False) == n.OK:
            return n.APPROVE
        return policy.toggle(self._actuator.doors, card.rights)

    def _suspect(self, link: int, action: int, cred: "Cred") -> None:
        """A second copy was seen at work: the credential's standing sinks, if it has not yet."""
        standing = n.CRED_SUSPENDED if self._config.get("strict") else n.CRED_SUSPECT
        if cred.state < standing:
            cred.state = standing
            self._store.set_state(cred, standing)
            self._audit.note(link, action, cred.handle, n.SUSPECT)

    def _judge(self, link: int, live: "tuple[bytes, int, int] | None", token: bytes) -> "tuple[bytes, bool]":
        if live is None or older(self._clock, live[1], live[2], n.CHALLENGE_MS):
            return self._stranger()
        size = len(token)
        if size < n.TOKEN_SIZE or t.version(token) != n.PROTOCOL or self._veil is None:
            return self._stranger()
        action = t.action(token)
        own = self._own.get(action)
        bodied = n.INTRODUCE <= action <= n.CLEAR and own is None
        if size > n.TOKEN_SIZE + (n.BODY_MAX if bodied else 0):
            return self._stranger()
        nonce = live[0]
        veil = bytearray(16)
        if own is None:
            self._veil.encrypt_into(nonce, veil)
        if action == n.INTRODUCE and t.handle(token, veil) == n.HANDLE_NONE:  # no stranger gets here
            return self._introduce(link, nonce, token)
        cred = self._store.find(t.handle(token, veil))
        if cred is None or (cred.kind in kinds.APART if own is None else cred.kind != own.KIND):
            return self._stranger()
        if own is not None:
            found = own.judge(link, cred, nonce, token)
            if found[1]:
                self._live.clear()
            return found
        claim = rolling.examine(cred, nonce, token, veil)
        if claim.fresh:
            return self._accept(link, cred, claim, nonce, token)
        if claim.identity:
            self.office.report(link, cred.handle, claim.reason)
        else:
            self.office.strangers += 1
        return rolling.answer(claim.answer, nonce, token, claim.reason, _NOTHING), False

    def _accept(
        self, link: int, cred: "Cred", claim: rolling.Claim, nonce: bytes, token: bytes
    ) -> "tuple[bytes, bool]":
        """The token is the holder's and fresh: asks the policy, keeps the step, moves the lock, then answers."""
        action = t.action(token)
        if claim.copied:
            self._suspect(link, action, cred)
        reason = claim.reason
        if reason == n.OK:
            reason = policy.decide(action, cred.rights, cred.state, token[5], self._config.get("passive") == 1)
        job: "Callable[[], bytes] | None" = None
        if reason == n.OK and action > n.STATUS:
            reason, job = ask.prepare(self.office, link, cred, claim.chain, nonce, token, action)
        elif reason == n.OK and action != n.STATUS and not self._actuator.has(action):
            reason = n.UNKNOWN_ACTION
        passes: "list[Pass]" = []
        if reason == n.OK and cred.kind == n.KIND_PASS and action != n.STATUS:
            reason, passes = guest.check(self._store, self._clock, cred.handle, policy.right_to_move(action))
        if reason != n.OK:
            self._audit.note(link, action, cred.handle, reason)
            return rolling.answer(claim.answer, nonce, token, reason, self._state(cred, claim)), False
        if claim.step is not None:
            epoch, chain, attempt = claim.step
            self._store.step(cred, epoch, chain, attempt)  # durable before anything moves or leaves
        if passes:
            guest.spend(self._store, self._clock, passes, policy.right_to_move(action))
        self._live.clear()  # an accepted token kills every older challenge on every link
        reply = b"" if job is None else job()
        if action < n.STATUS:
            ms = self._config.get("drive_s") * 1000 if action == n.DRIVE else self._config.get("pulse_ms")
            self._actuator.pulse(action, ms)
        self._audit.note(link, action, cred.handle, n.RECOVERED if claim.ahead else n.OK, claim.ahead)
        return rolling.answer(claim.answer, nonce, token, n.OK, self._state(cred, claim)) + reply, True

    def _introduce(self, link: int, nonce: bytes, token: bytes) -> "tuple[bytes, bool]":
        assert self._veil is not None
        found = introduce.introduce(self.office, link, self._veil, nonce, token)
        if found is None:
            return self._stranger()
        if found[1]:
            self._live.clear()
        return found

    def _state(self, cred: "Cred", claim: rolling.Claim) -> bytes:
        flags = 0
        if cred.state in (n.CRED_SUSPECT, n.CRED_SUSPENDED):
            flags |= n.STATE_SUSPECT
        if claim.retry:
            flags |= n.STATE_RETRY
        return bytes((self._actuator.doors, flags, 0))

    def _stranger(self) -> "tuple[bytes, bool]":
        self.office.strangers += 1
        return self._noise(), False

    def _noise(self) -> bytes:
        """16 bytes that say nothing, also when the random source has failed."""
        try:
            return self._random.bytes(n.ANSWER_SIZE)
        except RandomFault:
            self.faults += 1
        if self._advert is None:
            return bytes(n.ANSWER_SIZE)
        return self._advert.mac(b"noise" + self.faults.to_bytes(4, "big"))


def car_keys(agent_id: bytes, claim_key: bytes) -> "tuple[bytes, bytes, bytes]":
    """(veil key, log key, first link key) of a claimed car, from the key that the claim brings."""
    mac = Cmac(claim_key)
    return kdf.derive(mac, b"veil", agent_id), kdf.derive(mac, b"log", agent_id), kdf.derive(mac, b"link", agent_id)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .actuator import Actuator
    from .audit import Audit
    from .clock import Clock
    from .config import Config
    from .credential.guest import Pass
    from .credential.kinds import Judge
    from .crypto.rand import Random
    from .store.tables import Cred, Store
