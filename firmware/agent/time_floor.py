# SPDX-License-Identifier: MIT
"""The floor of the time: kept in flash, and raised, so that no restart and no old message brings a day back.

An owner with a hand on the car's button may lower it, should it once have been set wrongly: that ends all passes.
"""

from wire import numbers as n

from .store import tables

_KEEP_S = 3600  # a cut of the power costs at most so much of the floor


def load(store: "tables.Store", clock: "Clock") -> None:
    """After a start: the time is at least what was kept."""
    seconds = kept(store)
    if seconds:
        clock.set_unix(seconds, False)


def raise_to(store: "tables.Store", clock: "Clock", seconds: int, far: bool = False) -> int:
    """Somebody who may says what time it is. OK and from here on trusted, or TIME_BACK or TOO_FAR and nothing changed.

    A source that is behind by no more than TIME_SLACK_S confirms the time that it is taken to be. `far` allows a step
    of more than TIME_JUMP_S: a mistake there can be undone by nobody.
    """
    reason = check(clock, seconds, far)
    if reason == n.OK:
        seconds = max(seconds, clock.unix())
        _keep(store, seconds)
        clock.set_unix(seconds, True)
    return reason


def lower_to(store: "tables.Store", clock: "Clock", seconds: int) -> None:
    """Puts a time right that was too far ahead. No pass of any issuer from before opens or comes in again."""
    for handle in range(store.next_handle()):
        cred = store.find(handle)
        if cred is not None and cred.rights & n.RIGHT_PASS and cred.state != n.CRED_REVOKED:
            cred.generation = min(cred.generation + 1, n.GENERATION_LAST)
            cred.lent = b""
            cred.withheld = True
            store.amend(cred)
    store.put(tables.TIME, seconds.to_bytes(4, "big"))
    clock.set_unix(seconds, True)


def check(clock: "Clock", seconds: int, far: bool) -> int:
    """What raise_to would say."""
    now = clock.unix()
    if seconds < n.TIME_FIRST or seconds + n.TIME_SLACK_S < now:
        return n.TIME_BACK
    if seconds > n.TIME_LAST or now and seconds - now > n.TIME_JUMP_S and not far:
        return n.TOO_FAR
    return n.OK


def keep(store: "tables.Store", clock: "Clock") -> None:
    """Raises the floor by what has gone by since; from time to time, in idle time."""
    now = clock.unix()
    if now and now - kept(store) >= _KEEP_S:
        _keep(store, now)


def kept(store: "tables.Store") -> int:
    """The floor as it is in flash, Unix seconds; 0 when there is none."""
    raw = store.get(tables.TIME)
    return 0 if raw is None else int.from_bytes(raw, "big")


def _keep(store: "tables.Store", seconds: int) -> None:
    if seconds > kept(store):
        store.put(tables.TIME, seconds.to_bytes(4, "big"))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clock import Clock
