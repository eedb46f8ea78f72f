# SPDX-License-Identifier: MIT
"""One tap, one transaction: decides which card in the field may be served. Pure but for the clock.

After a verdict the field must be seen empty before anybody is served again, and the same UID must stay away longer, so
that a card at the edge of the field is not taken for a second tap. A UID is a hint here, never an identity.
"""

_EMPTY_POLLS = 2
_ABSENT_MS = 1000
_RETRIES = 2  # after a refusal, without leaving: a holder may ask why, or a challenge came too late
_FOREIGN_MS = 1000  # a phone that is being unlocked becomes ours while it lies there
_FOREIGN_MAX = 4


class Presence:
    """Told of every look at the field and of every outcome; remembers what that means for the next look."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self._closed = False
        self._refusals = 0
        self._empty = _EMPTY_POLLS
        self._uid = b""
        self._seen = 0
        self._foreign: "list[tuple[bytes, int]]" = []

    def choose(self, targets: "list[Target]") -> "Target | None":
        """The target to serve now, or None. To be told of every look at the field, also of an empty one."""
        if not targets:
            self._foreign.clear()
        ours = [target for target in targets if not self._is_foreign(target.uid)]
        if not ours:
            self._empty = min(self._empty + 1, _EMPTY_POLLS)
            return None
        known = any(target.uid == self._uid for target in ours)
        too_soon = known and self._clock.since(self._seen) < _ABSENT_MS
        if self._empty >= _EMPTY_POLLS and not (self._closed and too_soon):
            self._closed = False
            self._refusals = 0
        self._empty = 0
        if known or not self._closed:
            self._seen = self._clock.ms()
        if self._closed:
            return None
        self._uid = ours[0].uid
        return ours[0]

    def accepted(self) -> None:
        """The chosen one was let in."""
        self._closed = True

    def refused(self) -> None:
        """The chosen one was turned away by the gate."""
        self._refusals += 1
        self._closed = self._refusals > _RETRIES

    def foreign(self, uid: bytes) -> None:
        """The chosen one is not ours: it shall not stand in anybody's way."""
        self._foreign = [entry for entry in self._foreign if entry[0] != uid][1 - _FOREIGN_MAX :]
        self._foreign.append((uid, self._clock.ms()))

    def _is_foreign(self, uid: bytes) -> bool:
        for known, since in self._foreign:
            if known == uid:
                return self._closed or self._clock.since(since) < _FOREIGN_MS
        return False


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..clock import Clock
    from ..reader.pn532 import Target
