# SPDX-License-Identifier: MIT
"""The rolling credential as rules on states: version 2, what it would be without one of its defences, and version 1.

A chain key is the tuple of what was mixed into it since enrolment: version 2 mixes the accepted challenge, version 1
mixes nothing (0). So a key of length n is that of epoch n, and what somebody can know is decidable: a copy of key k
makes k + t exactly when every element of t was heard (or is 0). MACs are perfect: a token verifies when its key is the
car's.
A challenge is a number; those that no longer matter to anybody are forgotten and the rest renumbered (search.py).
"""

from typing import NamedTuple

Key = tuple[int, ...]
Mint = Key | str  # what passes hang on: a chain key, or a name of what never changes
Token = tuple[Key, int, str, str]  # key, challenge, whose attempt, flag
Copied = tuple[Key, frozenset[Mint], frozenset[Key]]
KEEP, LEND = "keep", "lend"


class Car(NamedTuple):
    """In flash. attempt: of the last accepted token ("" none, "R", "C", "?" nobody's); mint: the kept pass secret."""

    key: Key
    attempt: str
    suspect: bool
    mint: Mint | None


class Holder(NamedTuple):
    """Saved. asked: the challenges that it answered at this epoch; lent: the key that its passes hang on."""

    key: Key
    attempt: str
    asked: tuple[int, ...]
    lent: Mint | None


class State(NamedTuple):
    """Everything. a, b: live challenges of two public links; sent: what R awaits an answer to; tokens: R's, on the air.

    copy: (key, pass secrets that it knows, keys at which it knows R's attempt); heard: challenges known to the air;
    missed: the copy missed an accepted exchange; used: one of its tokens was accepted; told: a write of the car rotted;
    played: a copy in R's own state once played the car to R.
    """

    car: Car
    r: Holder
    a: int = 0
    b: int = 0
    sent: int = 0
    tokens: frozenset[Token] = frozenset()
    reply: tuple[Key, str] | None = None
    copy: Copied | None = None
    heard: frozenset[int] = frozenset()
    missed: bool = False
    used: bool = False
    told: bool = False
    played: bool = False


START = State(Car((), "", False, None), Holder((), "", (), None))


class Version2:
    """What car and holder do. Each of the switches takes one defence away."""

    cap = 2  # challenges that R answers at one epoch before it asks where the car stands
    old = False  # version 1
    fork = False  # a second branch may lock and unlock
    restir = False  # a retry replaces the challenge that was mixed in
    eager = False  # at the answer to STATUS R forgets challenges that may still live
    unsaved = False  # R sends before it saves
    unmarked = False  # the attempt is not compared
    doubting = False  # R lends while an answer is owed

    @staticmethod
    def step(key: Key, challenge: int) -> Key:
        """The next chain key."""
        return (*key, challenge)

    def judge(self, car: Car, key: Key, challenge: int, attempt: str, flag: str) -> tuple[str, Car]:
        """(status, car afterwards): ok opens and steps, repeat opens nothing, copied convicts, no proves nothing."""
        if key[: len(car.key)] == car.key:  # longer: the challenges in the token's body lead there
            mint = key if flag == LEND else car.mint if flag else None
            return "ok", Car(self.step(key, challenge), attempt, car.suspect, mint)
        if car.key and key == car.key[:-1]:
            if attempt == car.attempt or self.unmarked:
                return ("ok", car._replace(key=self.step(key, challenge))) if self.restir else ("repeat", car)
            return ("fork" if self.fork else "copied"), car._replace(suspect=True)
        return "no", car

    def report(self, car: Car, key: Key) -> bool:
        """Whether a report under the identity key, with this key's mark and R's last challenges, convicts a copy."""
        return not (key[: len(car.key)] == car.key or (car.key and key == car.key[:-1]))

    def mints(self, car: Car) -> set[Mint]:
        """The keys that a pass of this credential may hang on now."""
        found: set[Mint] = {car.key} if car.key else set()
        return found | ({car.mint} if car.mint is not None else set())

    def minted(self, key: Key) -> Mint:
        """What a pass that is made at this key hangs on."""
        return key


class Version1(Version2):
    """The chain computes ahead, a retry opens, passes hang on a key that never changes."""

    cap = 99
    old = True
    _AHEAD = 8

    @staticmethod
    def step(key: Key, challenge: int) -> Key:
        """The next chain key: nothing new goes in."""
        return (*key, 0)

    def judge(self, car: Car, key: Key, challenge: int, attempt: str, flag: str) -> tuple[str, Car]:
        """See Version2."""
        ahead = len(key) - len(car.key)
        if 0 <= ahead <= self._AHEAD:
            return "ok", Car(self.step(key, challenge), attempt, car.suspect, None)
        if ahead == -1:  # a retry opens; so does a second copy, as a suspect
            suspect = car.suspect or attempt != car.attempt
            return ("ok" if attempt == car.attempt else "fork"), car._replace(suspect=suspect)
        return "no", car

    def report(self, car: Car, key: Key) -> bool:
        """See Version2."""
        return False

    def mints(self, car: Car) -> set[Mint]:
        """See Version2."""
        return {"S"}

    def minted(self, key: Key) -> Mint:
        """See Version2."""
        return "S"
