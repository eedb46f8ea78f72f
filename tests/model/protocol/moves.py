# SPDX-License-Identifier: MIT
"""Everything that may happen next, in any state: on the air, at the car, in R's hand, and in a copy's.

A private exchange (one that nobody else hears) is atomic: what happens elsewhere meanwhile commutes with it. Its
losses, and the cuts of both sides between any two durable writes, are its outcomes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.model.protocol.holder import sync, take, token
from tests.model.protocol.rules import KEEP, LEND, Car, Key, State, Token, Version2

_ANSWERED = 3  # challenges that R answers at one epoch, whatever its cap

Move = tuple[str, State]


@dataclass
class Bounds:
    """How far a search goes: epochs of a chain, public links (1 or 2), and which matters are in it at all."""

    epochs: int
    links: int = 2
    passes: bool = False
    copies: bool = True
    rot: bool = False


def knows(s: State, key: Key) -> bool:
    """Whether the copy can make this key."""
    if s.copy is None:
        return False
    have = s.copy[0]
    return key[: len(have)] == have and all(one == 0 or one in s.heard for one in key[len(have) :])


class Moves:
    """The successors of a state, under one set of rules. judged: called with each token that the air delivers."""

    def __init__(self, p: Version2, bounds: Bounds) -> None:
        self.p, self.bounds = p, bounds

    def judged(self, s: State, one: Token, forged: bool, status: str) -> None:
        """A token was delivered. forged: by the copy."""

    def after(self, s: State) -> Iterator[Move]:
        """(what happens, the state afterwards), of all that may."""
        top = max([0, *s.car.key, *s.r.key, *s.r.asked, *s.heard, s.a, s.b, s.sent]) + 1
        yield from self._power(s)
        # a challenge that the air hears
        if self.bounds.links == 2:
            yield "challenge on a", s._replace(a=top, heard=s.heard | {top})
        yield "challenge on b", s._replace(b=top, heard=s.heard | {top})
        if len(s.r.asked) < self.p.cap and len(s.car.key) < self.bounds.epochs > len(s.r.key):
            if len(s.r.asked) < _ANSWERED:
                yield from self._answers(s, top)
            yield from self._private(s, top)
        yield from self._status(s)
        for link in ("a", "b"):
            yield from self._delivered(s, link)
        yield from self._heard(s)
        yield from self._copied(s)
        yield from self._lends(s)

    def _power(self, s: State) -> Iterator[Move]:
        """The car forgets its challenges, the phone what it awaits."""
        yield "car cut", s._replace(a=0, b=0)
        r = s.r._replace(asked=(), attempt="") if self.p.unsaved else s.r
        yield "phone cut", s._replace(sent=0, reply=None, r=r)
        if self.bounds.rot and s.car.key and not s.told:
            car = s.car._replace(key=s.car.key[:-1], attempt="?")
            yield "the car's last write rots", s._replace(car=car, a=0, b=0, told=True)

    def _answers(self, s: State, top: int) -> Iterator[Move]:
        """R answers the car or whoever plays it: any challenge that was ever heard, or one made up."""
        for one in sorted(s.heard | {top}):
            if one not in s.r.asked:
                after, sent = token(s.r, one)
                known = s.copy and (s.copy[0], s.copy[1], s.copy[2] | {s.r.key})
                tokens, heard = s.tokens | {sent}, s.heard | {one}
                yield f"R answers {one}", s._replace(
                    r=after, sent=one, reply=None, tokens=tokens, heard=heard, copy=known
                )

    def _private(self, s: State, top: int) -> Iterator[Move]:
        """Token lost; accepted and cut, or its answer lost; whole."""
        p, car = self.p, s.car
        r, sent = token(s.r, top)
        yield "private, token lost", s._replace(r=r, sent=0, reply=None)
        status, now = p.judge(car, *sent)
        missed = s.missed or (s.copy is not None and status == "ok" and len(now.key) > len(car.key))
        if status == "ok" and now.mint != car.mint:
            half = _between(car, now)
            lost = missed if half.key == now.key else s.missed
            cut = s._replace(r=r, car=half, a=0, b=0, sent=0, reply=None, missed=lost)
            yield "private, cut between the two writes", cut
        quiet = s._replace(r=r, car=now, sent=0, reply=None, missed=missed)
        if p.old:
            quiet = quiet._replace(a=0, b=0)
        yield f"private, {status}, answer lost", quiet
        taken = take(p, r, now.key)
        if status in ("ok", "repeat") and taken:
            yield f"private, {status}", quiet._replace(r=taken)

    def _status(self, s: State) -> Iterator[Move]:
        """R asks where the car stands."""
        if s.r.asked:
            car, r = sync(self.p, s.car, s.r, (s.a, s.b))
            yield "status", s._replace(car=car, r=r, sent=0, reply=None)
            yield "status, answer lost", s._replace(car=car, sent=0, reply=None)

    def _delivered(self, s: State, link: str) -> Iterator[Move]:
        """The air delivers: R's tokens, or the copy's own."""
        p, car = self.p, s.car
        live = s.a if link == "a" else s.b
        for one, forged in self._offers(s, live) if live else ():
            status, now = p.judge(car, *one)
            if status == "no" or len(now.key) > self.bounds.epochs:
                continue
            self.judged(s, one, forged, status)
            who = "copy" if forged else "R"
            base = s._replace(car=now, used=s.used or (forged and status in ("ok", "fork")))
            base = base._replace(a=0) if link == "a" else base._replace(b=0)
            if p.old:
                base = base._replace(a=0, b=0)
            if status == "ok":
                yield f"{who} accepted on {link}, cut before the pulse", base._replace(a=0, b=0)
                if now.mint != car.mint:
                    yield f"{who} on {link}, cut between two writes", base._replace(car=_between(car, now), a=0, b=0)
            answer = (now.key, status) if not forged and s.sent == live else base.reply
            yield f"{who}: {status} on {link}", base._replace(reply=answer)

    def _offers(self, s: State, live: int) -> list[tuple[Token, bool]]:
        """Tokens for a live challenge; whether the copy makes them."""
        offers = [(one, False) for one in s.tokens if one[1] == live]
        if s.copy is None:
            return offers
        for key in {s.car.key, s.car.key[:-1], self.p.step(s.car.key, live)}:
            if knows(s, key):
                own = {"C"} | ({"R"} if key in s.copy[2] else set())
                flags = ("", KEEP, LEND) if self.bounds.passes else ("",)
                made = [(key, live, attempt, flag) for attempt in own for flag in flags]
                offers += [(one, True) for one in made if one not in s.tokens]
        return offers

    def _heard(self, s: State) -> Iterator[Move]:
        """R hears an answer: the car's, or one that the copy can make."""
        if not s.sent:
            return
        p, r = self.p, s.r
        real = s.reply[0] if s.reply and s.reply[1] in ("ok", "repeat") else None
        keys = ({real} if real is not None else set()) | {
            p.step(r.key, one) for one in r.asked if knows(s, p.step(r.key, one))
        }
        for key in keys:
            taken = take(p, r, key)
            if taken:
                forged = not (s.reply and s.reply[0] == key)
                heard = s._replace(r=taken, sent=0, reply=None, played=s.played or forged)
                yield "the copy plays the car to R" if forged else "R hears", heard

    def _copied(self, s: State) -> Iterator[Move]:
        """A copy of all that R keeps, once, at any moment."""
        if self.bounds.copies and s.copy is None:
            r = s.r
            known = frozenset({self.p.minted(r.key)} | ({r.lent} if r.lent is not None else set()))
            copy = (r.key, known, frozenset({r.key} if r.attempt else ()))
            yield "COPY TAKEN", s._replace(copy=copy, heard=s.heard | set(r.asked))

    def _lends(self, s: State) -> Iterator[Move]:
        """R lends, without a word to the car, and never while an answer is owed; and says that its passes are over."""
        p, r = self.p, s.r
        if self.bounds.passes and r.lent is None and (not r.asked or p.doubting or p.old) and r.key:
            yield "R lends", s._replace(r=r._replace(lent=p.minted(r.key)))
        if self.bounds.passes and r.lent is not None and not r.asked:
            yield "R's passes are over", s._replace(r=r._replace(lent=None))


def _between(car: Car, now: Car) -> Car:
    """After the first of two writes: what is lent is kept before the step, and forgotten after it."""
    return car._replace(mint=now.mint) if now.mint is not None else now._replace(mint=car.mint)
