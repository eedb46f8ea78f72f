# SPDX-License-Identifier: MIT
"""Every state that can be reached, breadth first, and what must hold in each.

    python -m tests.model.protocol.search v2 4 cap=1 links=1        version 2, four epochs
    python -m tests.model.protocol.search restir 3                  without one defence: a switch of rules.Version2

P1 nothing opens twice · P2 the holder alone is never out of step · P3 a copy that missed an exchange opens nothing ·
P4 a used copy shows · P5 no cheap denial · P8 passes.
"""

import ast
import sys
from collections import Counter, deque

from tests.model.protocol.holder import take, undisturbed
from tests.model.protocol.moves import Bounds, Moves, knows
from tests.model.protocol.rules import START, Car, Holder, Mint, State, Token, Version1, Version2

SHARED = "a copy shares the secret of a pass that R has out"
OUT = "R's phone is refused after a copy in R's own state was used"
LATE = "copied between R's save and its answer: seen at the second use only"


class Search(Moves):
    """`bad`: what failed, with how to get there. `residue`: what the protocol does not claim, in how many states."""

    def __init__(self, p: Version2, bounds: Bounds) -> None:
        super().__init__(p, bounds)
        self.bad: dict[str, list[str]] = {}
        self.residue: Counter[str] = Counter()
        self.states = 0
        self.complete = False
        self._parent: dict[State, tuple[State, str] | None] = {}

    def run(self, limit: int = 1 << 60, until: str = "") -> "Search":
        """Searches until nothing is left, so many states are known, or this has failed."""
        first = small(START)
        self._parent, queue = {first: None}, deque([first])
        while queue and len(self._parent) < limit and until not in self.bad:
            s = queue.popleft()
            self._check(s)
            for label, after in self.after(s):
                after = small(after)
                if after not in self._parent:
                    self._parent[after] = (s, label)
                    queue.append(after)
        self.states, self.complete = len(self._parent), not queue
        return self

    def judged(self, s: State, one: Token, forged: bool, status: str) -> None:
        """P3, and P1: a token of an epoch that is over opens nothing."""
        if forged and s.missed and status in ("ok", "fork"):
            self._fail("P3 a copy that missed an exchange opens", s)
        if not forged and status == "ok" and len(one[0]) < len(s.car.key) and not self.p.old:
            self._fail("P1 a token opens after another one of its epoch did", s)

    def _fail(self, what: str, s: State) -> None:
        if what in self.bad:
            return
        trace: list[str] = []
        at = self._parent[s]
        while at:
            trace.append(at[1])
            at = self._parent[at[0]]
        self.bad[what] = trace[::-1]

    def _check(self, s: State) -> None:
        if not s.used:
            self._alone(s)
        if s.missed and s.copy is not None:
            self._missed(s)
        if s.used and s.r.key != s.car.key:
            self._used(s)

    def _alone(self, s: State) -> None:
        """R alone, or with a copy that never got anything from the car."""
        p, car, r = self.p, s.car, s.r
        opened, after = undisturbed(p, car, r)
        fooled = r.key[: len(car.key)] != car.key and not take(p, r, car.key)
        if not opened and not fooled:
            self._fail("P2 R does not open at an undisturbed try", s)
        if fooled and s.copy is None:
            self._fail("P2 R alone is out of step", s)
        if s.copy is None and (car.suspect or after.suspect):
            self._fail("P5 suspect without a copy", s)
        if not undisturbed(p, car, r, noise=True)[0] and not fooled:
            self._fail("P5 another credential's traffic keeps R out", s)
        ahead = len(r.key) > len(car.key)  # the car's last write rotted
        if r.lent is not None and not s.played and r.lent not in p.mints(after if ahead else car):
            self._fail("P8 a pass that R made is refused", s)

    def _missed(self, s: State) -> None:
        """There is a copy that did not hear an accepted exchange."""
        assert s.copy is not None
        if knows(s, s.car.key):
            self._fail("P3 a copy that missed an exchange knows the car's key", s)
        for mint in self.p.mints(s.car):
            if mint in s.copy[1] or (not isinstance(mint, str) and knows(s, mint)):
                if isinstance(mint, str) or mint != s.car.mint:
                    self._fail("P8 a copy that missed an exchange mints a pass", s)
                else:
                    self.residue[SHARED] += 1

    def _used(self, s: State) -> None:
        """A copy was accepted, and R is not where the car is."""
        car, r = s.car, s.r
        opened, after = undisturbed(self.p, car, r)
        if not opened:
            self.residue[OUT] += 1
        if car.suspect or after.suspect:
            return
        if car.key and r.key == car.key[:-1] and car.attempt == "R":
            self.residue[LATE] += 1
        elif r.key[: len(car.key)] != car.key:  # else the copy played the car to R: the two are still in one state
            self._fail("P4 the copy was used and R's next act does not show it", s)

    def account(self) -> str:
        """All there is to tell."""
        ended = "complete" if self.complete else "CUT OFF"
        lines = [f"{self.states:,} states, {ended}, {self.bounds}, {self.p.cap} answers owed at most"]
        for what, trace in self.bad.items():
            lines += [f"  FAILS {what}", "    " + " | ".join(trace)]
        lines += [f"  not claimed, in {times:,} states: {what}" for what, times in self.residue.items()]
        return "\n".join(lines if self.bad else [*lines, "  holds: P1 P2 P3 P4 P5 P8"])


def small(s: State) -> State:
    """Forgets the challenges that can't matter any more, and renumbers the others."""
    live = {s.a, s.b} - {0}
    tokens = frozenset(token for token in s.tokens if token[1] in live)
    matter = live | {*s.car.key, *s.r.key, *s.r.asked, s.sent} | {c for token in tokens for c in (*token[0], token[1])}
    matter |= set(s.reply[0]) if s.reply else set()
    copy = s.copy
    if copy:
        attempts = frozenset(key for key in copy[2] if key in (s.car.key, s.car.key[:-1], s.r.key))
        copy = copy[0], copy[1], attempts
    for one in (s.car.mint, s.r.lent, *((copy[0], *copy[1]) if copy else ())):
        matter |= set(one) if isinstance(one, tuple) else set()
    number = {challenge: at for at, challenge in enumerate(sorted(matter - {0}), 1)}
    number[0] = 0

    def key(one: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(number[c] for c in one)

    def known(one: Mint) -> Mint:
        return key(one) if isinstance(one, tuple) else one

    def mint(one: Mint | None) -> Mint | None:
        return None if one is None else known(one)

    a, b = sorted((number[s.a], number[s.b]))
    return s._replace(
        car=Car(key(s.car.key), s.car.attempt, s.car.suspect, mint(s.car.mint)),
        r=Holder(key(s.r.key), s.r.attempt, tuple(sorted(number[c] for c in s.r.asked)), mint(s.r.lent)),
        a=a,
        b=b,
        sent=number[s.sent],
        tokens=frozenset((key(token[0]), number[token[1]], token[2], token[3]) for token in tokens),
        reply=s.reply and (key(s.reply[0]), s.reply[1]),
        copy=copy and (key(copy[0]), frozenset(map(known, copy[1])), frozenset(map(key, copy[2]))),
        heard=frozenset(number[c] for c in s.heard if c in matter and c),
    )


def rules(kind: str, cap: int | None = None) -> Version2:
    """v1, v2, or version 2 without one of its defences, by the name of its switch."""
    p = Version1() if kind == "v1" else Version2()
    if kind not in ("v1", "v2"):
        assert hasattr(Version2, kind), kind
        setattr(p, kind, True)
    if cap is not None:
        p.cap = cap
    return p


def main(kind: str, epochs: str, *more: str) -> int:
    """See above. 1 when something does not hold."""
    options = {name: ast.literal_eval(value) for name, value in (one.split("=") for one in more)}
    cap, limit = options.pop("cap", None), options.pop("limit", 1 << 60)
    found = Search(rules(kind, cap), Bounds(int(epochs), **options)).run(limit)
    print(found.account())
    return 1 if found.bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
