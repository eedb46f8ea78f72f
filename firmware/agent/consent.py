# SPDX-License-Identifier: MIT
"""An owner at the car says yes to one named request of a session, and to no other.

The first request that lacks it becomes the pending one, for half a minute: no other takes its place. A phone shows it
and answers with the beginning of its digest; the session then repeats the request, byte for byte, once.
"""

import hashlib

from wire import bodies, record
from wire import numbers as n

from .store import tables

_OFTEN = 3  # requests in _WHILE_S that nobody consented to, over all sessions and starts
_WHILE_S = 600


class Consent:
    """One for each agent."""

    def __init__(self, store: "tables.Store", clock: "Clock", audit: "Audit") -> None:
        self._store = store
        self._clock = clock
        self._audit = audit
        self._pending: "Pending | None" = None
        self._given: "Pending | None" = None
        self._asked: "list[int]" = []  # uptimes, seconds
        self._loaded = False

    def want(self, request: int, body: "bytes | memoryview", shown: "dict[str, object]") -> int:
        """OK when an owner consented to this very request (that is used up now), else C_…: why it must wait.

        request: R_… with its body; shown: what of it an owner sees, fields of bodies.WANTED_ANSWER.
        """
        digest = hashlib.sha256(bytes((request,)) + bytes(body)).digest()
        given = self._given
        if given is not None and given.digest == digest:
            self._given = None
            if not given.over(self._clock):
                return n.C_OK
        pending = self.pending()
        if pending is not None:
            return n.C_NEEDS_APPROVAL
        if not self._may_ask():
            return n.C_TOO_OFTEN
        self._pending = Pending(request, digest, shown, self._clock)
        self._audit.note(n.LINK_SERIAL, n.EVENT_WANTED, self._pending.handle(), n.OK, request)
        return n.C_NEEDS_APPROVAL

    def pending(self) -> "Pending | None":
        """What an owner may say yes to now."""
        pending = self._pending
        if pending is not None and pending.over(self._clock):
            pending = self._pending = None
        return pending

    def approve(self, link: int, by: int) -> None:
        """The owner of key `by` says yes to what is pending."""
        pending, self._pending = self.pending(), None
        if pending is not None:
            self._given = pending
            pending.begin(self._clock)
            self._audit.note(link, n.EVENT_APPROVAL, by, n.OK, pending.request)
            self._count(self._asked[:-1])

    def _may_ask(self) -> bool:
        """Counts a request for consent; False when there were too many. The count outlives a start."""
        now = self._clock.uptime()
        if not self._loaded:
            self._loaded = True
            self._asked = [0] * self._store.counter(tables.ASKED)
        self._asked = [when for when in self._asked if now - when < _WHILE_S]
        if len(self._asked) >= _OFTEN:
            return False
        self._count(self._asked + [now])
        return True

    def _count(self, asked: "list[int]") -> None:
        self._asked = asked
        self._store.put(tables.ASKED, bytes((len(asked),)))


class Pending:
    """One request that waits for consent."""

    def __init__(self, request: int, digest: bytes, shown: "dict[str, object]", clock: "Clock") -> None:
        self.request = request
        self.digest = digest
        self._shown = shown
        self.begin(clock)

    def begin(self, clock: "Clock") -> None:
        """Its time begins (anew)."""
        self._since = clock.moment()

    def over(self, clock: "Clock") -> bool:
        """Whether its time is over."""
        return clock.older(self._since, n.APPROVAL_MS)

    def handle(self) -> int:
        """The key that it is about, HANDLE_NONE when about none."""
        handle = self._shown.get("handle", n.HANDLE_NONE)
        assert isinstance(handle, int)
        return handle

    def told(self) -> bytes:
        """What a phone shows of it: bodies.WANTED_ANSWER."""
        fields: "dict[str, object]" = {
            "request": self.request, "handle": n.HANDLE_NONE, "kind": 0, "role": 0, "rights": 0, "text": "", "value": 0,
            "key": b"", "digest": self.digest[: n.CONSENT_SIZE],
        }  # fmt: skip
        fields.update(self._shown)
        return record.pack(bodies.WANTED_ANSWER, fields)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .audit import Audit
    from .clock import Clock
