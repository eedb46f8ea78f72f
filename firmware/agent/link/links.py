# SPDX-License-Identifier: MIT
"""The Bluetooth links that are up: whose they are, which live too long, who makes room. Pure but for the clock."""

from wire import numbers as n

GRACE_MS = 300  # a newcomer has so long to show a token before it may be put out to make room
HOLDER_GRACE_MS = 2000  # and a holder so long after its last one
_HANG_UP_MS = 2000  # a stack that never reported the end of a link is told again
_REMEMBERED = 16


class Link:
    """One connection. The table makes all of them at the start and uses them over again."""

    def __init__(self, place: int) -> None:
        self.key = n.LINK_BLE << 8 | place
        self.answer = bytearray(n.ANSWER_SIZE)
        self.begin(0, b"", 0)
        self.up = False

    def begin(self, conn: int, peer: bytes, now: int) -> None:
        """A connection came up."""
        self.up = True
        self.conn = conn
        self.peer = peer
        self.born = self.pushed = self.accepted = self.written = self.closed = now
        self.live = False  # holds a challenge that was not used yet
        self.holder = False  # showed an accepted token
        self.token: "bytes | None" = None  # waits for its verdict
        self.pending = False  # a refusal waits for its time
        self.closing = False
        self.refusals = 0
        self.hang_ups = 0  # how often the stack was told to end it


class Links:
    """At most `size` links. Strangers go first, those that were put out before first of all, then the oldest."""

    def __init__(self, size: int, clock: "Clock") -> None:
        self._clock = clock
        self._all = [Link(place) for place in range(size)]
        self._put_out: "list[bytes]" = []

    def __iter__(self) -> "Iterator[Link]":
        return iter(self._all)

    def __len__(self) -> int:
        count = 0
        for link in self._all:
            count += link.up
        return count

    def full(self) -> bool:
        """Whether no further central can connect."""
        return len(self) == len(self._all)

    def find(self, conn: int) -> "Link | None":
        """The link with this connection handle."""
        for link in self._all:
            if link.up and link.conn == conn:
                return link
        return None

    def add(self, conn: int, peer: bytes) -> "Link | None":
        """A link for a new connection, None where there is no place (a stack may know more links than we serve)."""
        link = self.find(conn)
        for other in self._all:
            if link is None and not other.up:
                link = other
        if link is not None:
            link.begin(conn, peer, self._clock.ms())
        return link

    def overdue(self, link: Link) -> bool:
        """Whether the link lived its time."""
        since = self._clock.since
        if link.closing:
            return since(link.closed) >= _HANG_UP_MS
        if link.holder:
            return since(link.accepted) >= n.LINK_HOLDER_MS
        return since(link.born) >= n.LINK_STRANGER_MS

    def surplus(self) -> "Link | None":
        """Who makes room when nobody new can come in. None: there is room, or soon will be, or all are too young."""
        if not self.full():
            return None
        best = None
        best_rank = -1
        for link in self._all:
            if link.closing:
                return None
            if link.holder:
                rank = age = self._clock.since(link.accepted)
                young = age < HOLDER_GRACE_MS
            else:
                age = self._clock.since(link.born)
                known = link.peer in self._put_out
                young = age < GRACE_MS and not known
                rank = age + (0x80000 if known else 0x40000)  # no link lives as long as 0x40000 ms
            if not young and rank > best_rank:
                best, best_rank = link, rank
        if best is not None and not best.holder:
            self.remember(best.peer)
        return best

    def remember(self, peer: bytes) -> None:
        """This address was put out as a stranger: should it crowd in again, it goes first."""
        if peer not in self._put_out:
            self._put_out.append(peer)
            if len(self._put_out) > _REMEMBERED:
                self._put_out.pop(0)

    def forgive(self, peer: bytes) -> None:
        """This address showed a good token."""
        if peer in self._put_out:
            self._put_out.remove(peer)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..clock import Clock
