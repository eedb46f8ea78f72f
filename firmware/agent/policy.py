# SPDX-License-Identifier: MIT
"""May they, now? A pure function from facts to a verdict; whatever is not allowed by name is refused."""

from wire import numbers as n

_RIGHT = {
    n.UNLOCK: n.RIGHT_UNLOCK,
    n.LOCK: n.RIGHT_LOCK,
    n.TRUNK: n.RIGHT_TRUNK,
    n.DRIVE: n.RIGHT_DRIVE,
    n.STATUS: 0,
    n.REVOKE: n.RIGHT_ENROL | n.RIGHT_PASS,  # of keys, or of passes that one issued: told apart by the request
    n.LIST: n.RIGHT_ENROL,
    n.WANTED: n.RIGHT_ENROL,
    n.APPROVE: n.RIGHT_ENROL,
    n.SET_TIME: n.RIGHT_ENROL,
    n.RENAME: n.RIGHT_ENROL,
    n.CLEAR: n.RIGHT_ENROL,  # which a suspect key has lost: neither copy clears itself
}
_WHEN_SUSPECT = n.RIGHT_UNLOCK | n.RIGHT_LOCK


def toggle(doors: int, rights: int) -> int:
    """What a tap of a card asks for, which has no buttons: lock when the doors are unlocked, else unlock; a card that
    may do only one of the two asks for that."""
    if rights & n.RIGHT_LOCK and (doors == n.DOORS_UNLOCKED or not rights & n.RIGHT_UNLOCK):
        return n.LOCK
    return n.UNLOCK


def right_to_move(action: int) -> int:
    """The right that an act of the lock needs; 0 for what moves nothing."""
    return _RIGHT[action] if n.UNLOCK <= action <= n.DRIVE else 0


def decide(action: int, rights: int, state: int, flags: int, passive_on: bool) -> int:
    """OK, or the reason of the refusal, for a holder who is known and fresh.

    action, rights, state and flags are wire.numbers; rights of a suspect credential shrink to lock and unlock.
    """
    if state == n.CRED_SUSPENDED:
        return n.SUSPENDED
    if state == n.CRED_SUSPECT:
        rights &= _WHEN_SUSPECT
    elif state != n.CRED_ACTIVE:
        return n.REVOKED
    if flags & ~n.FLAGS_KNOWN:
        return n.MALFORMED
    if action not in _RIGHT:
        return n.UNKNOWN_ACTION
    if flags & n.FLAG_PASSIVE and not (passive_on and rights & n.RIGHT_PASSIVE and action == n.UNLOCK):
        return n.PASSIVE_OFF
    need = _RIGHT[action]
    if need and not rights & need:
        return n.NO_RIGHT
    return n.OK
