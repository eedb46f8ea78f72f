# SPDX-License-Identifier: MIT
"""What R, the rightful holder, does with a key; and one act of it that nobody disturbs."""

from tests.model.protocol.rules import KEEP, LEND, Car, Holder, Key, Token, Version2

_TRIES = 4


def token(r: Holder, challenge: int) -> tuple[Holder, Token]:
    """R saves, then sends."""
    r = r._replace(attempt="R", asked=(*r.asked, challenge))
    flag = LEND if r.lent is not None and r.lent == r.key else KEEP if r.lent is not None else ""
    return r, (r.key, challenge, "R", flag)


def take(p: Version2, r: Holder, key: Key) -> Holder | None:
    """R reads an answer made under this key: its next one, or one that an earlier challenge of its led to."""
    return Holder(key, "", (), r.lent) if any(p.step(r.key, one) == key for one in r.asked) else None


def sync(p: Version2, car: Car, r: Holder, live: tuple[int, ...] = ()) -> tuple[Car, Holder]:
    """STATUS, which steps nothing: (car, R) afterwards. R forgets what it answered long enough before to be dead.

    Its token is under the chain with R's attempt, and so is its answer. R ahead: its body brings the car along.
    """
    if r.key[: len(car.key)] == car.key:
        left = () if p.eager else tuple(one for one in r.asked if one in live)
        moved = car if car.key == r.key else car._replace(key=r.key, attempt="?")
        return moved, r._replace(asked=left)
    if car.key and r.key == car.key[:-1] and r.attempt != car.attempt:
        return car._replace(suspect=True), r
    return car, take(p, r, car.key) or r


def undisturbed(p: Version2, car: Car, r: Holder, noise: bool = False) -> tuple[bool, Car]:
    """One act of R with nobody in between: (opened, car afterwards). noise: another credential is used meanwhile."""
    fresh = 1000
    for _ in range(_TRIES):
        if len(r.asked) >= p.cap:
            before, (car, r) = r, sync(p, car, r)
            if r != before:
                continue
            return False, car._replace(suspect=car.suspect or p.report(car, r.key))
        fresh += 1
        r, (key, challenge, attempt, flag) = token(r, fresh)
        if noise and p.old:
            continue  # another credential's token was accepted meanwhile: that killed every challenge
        status, car = p.judge(car, key, challenge, attempt, flag)
        if status in ("ok", "fork"):
            return True, car
        taken = take(p, r, car.key)
        if status == "repeat" and taken is not None:
            r = taken
            continue
        if p.report(car, r.key):  # whatever it can't read makes R ask why
            car = car._replace(suspect=True)
        return False, car
    return False, car
