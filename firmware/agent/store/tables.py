# SPDX-License-Identifier: MIT
"""What the agent keeps, by name: credentials by handle, the log ring, settings, counters, secrets. One journal below.

Values below CONFIG are kept twice: they are what nothing else could make up for.
"""

from wire import numbers as n

from ..errors import Damaged, StoreError, StoreFull
from .losses import Losses
from .mount.index import LOG_KEEP, LOG_SIZE, Index
from .ring import cred as c
from .ring.cred import Cred
from .ring.layout import FIXED, LOG, MARKS_AT, MARKS_END, PLACES, REACH, ROLL, TALLY, VALUE
from .ring.marks import FIRST

VALUE_MAX = 64
MIRROR = 0x80  # the place of a value's other copy
_GOAL = 4  # clean sectors that idle time sees to
_SLACK = 7  # sectors that are never counted on: those, the head, what is being emptied, a spare
_KEY_COST = 140  # bytes of flash, both records with the longest label
_LOG_COST = 32
_VALUES_COST = 4096
_SKIPPED = 16  # handles that nobody gets when it is lost how many were given

AGENT = 1  # the identifiers of values begin: agent id, veil key, log key; present means claimed
LINK = 2  # link epoch, link key
BOOTS = 3  # retired as a value, and the name of a tally that is lost
TIME = 4  # the floor of the time
HANDLES = 5  # handles that were ever enrolled
UPDATE = 6  # where an update stands
ASKED = 7  # how often consent was asked for lately
# 8 is retired: it was the last start that lasted a minute
WIPE = 9  # all that is here is to be forgotten
CONFIG = 16  # and up: settings, one each
PASSES = 64  # to 127: one for each pass that was introduced


class Store(Index):
    """Tables over a journal. Every method that changes something returns when the change is durable."""

    def __init__(self, journal: "Journal") -> None:
        super().__init__(journal)
        self._journal: "Journal" = journal
        self._owed = 0  # address of a superseded record that could not be programmed over yet
        self.losses = Losses(self)

    # --- start

    def mount(self) -> None:
        """Reads the journal, settles its end, and programs over what a cut left of superseded secrets.

        StoreError: nothing is usable, and nothing was written (another layout, not a store) or the flash refuses.
        """
        journal = self._journal
        stale: "list[int]" = []

        def clear(done: "list[int]", whole: bool) -> None:
            for addr in stale if whole else ():
                if addr not in done:
                    journal.kill(addr)
            self.losses.settle(journal)

        journal.mount(self, stale, self.losses.broken)
        journal.settle(self, clear)
        for ident in range(1, CONFIG):
            self._mend(ident)
        self._count_handles()
        self.losses.count()

    def _mend(self, ident: int) -> None:
        """Makes the two copies of a value one again, after a cut between them or the loss of one."""
        kept = [self._read_value(ident), self._read_value(ident | MIRROR)]
        best = kept[0] if kept[0] is not None else kept[1]
        if best is None:
            return
        for place, have in ((ident, kept[0]), (ident | MIRROR, kept[1])):
            if have != best:
                try:
                    self._put(place, best)
                except StoreError:
                    return  # there is one copy: the next start tries again

    def _count_handles(self) -> None:
        """How many handles were given. Where that is lost, some are skipped: none is ever given twice."""
        try:
            self._handles = self.counter(HANDLES)
        except StoreError:
            self._handles = 0
        if self._handles:
            self._keys.grow(self._handles - 1)
        elif self.known() > 1 or self.losses.unknown or HANDLES in self.losses.values:
            self.losses.value(HANDLES)
            self._handles = self.known() + _SKIPPED

    # --- credentials

    def capacity(self) -> int:
        """How many handles fit, revoked ones included, with room left for the journal to turn in."""
        journal = self._journal
        usable = journal.flash.sectors - journal.retired() - _SLACK
        free = usable * (journal.flash.sector_size - FIRST - REACH) - LOG_KEEP * _LOG_COST - _VALUES_COST
        return max(0, min(free // _KEY_COST, PLACES))

    def find(self, handle: int) -> "Cred | None":
        """The credential of a handle, revoked ones too; None when there is none. StoreError when damaged."""
        fixed, roll = self._keys.get(FIXED, handle), self._keys.get(ROLL, handle)
        if not fixed or not roll:
            return None
        try:
            return Cred(self._journal.read(fixed), self._journal.read(roll))
        except Damaged:
            self.losses.handle(handle)
            raise

    def enrol(self, handle: int, kind: int, role: int, rights: int, label: str, handout: bytes, chain: bytes) -> None:
        """Keeps a new credential. It exists from the moment its second record is whole. StoreFull without room."""
        if handle != self.next_handle():
            raise StoreError("handle is taken or out of turn")
        if handle >= self.capacity():
            raise StoreFull("no room for another key")
        cred = c.new(handle, kind, role, rights, label, handout, chain)
        fixed = cred.fixed()
        for skipped in range(self.known(), handle):
            self.bury(skipped)
        if handle and not self._handles:  # a cut left the first key uncounted; two would be a count that is lost
            self.put(HANDLES, handle.to_bytes(4, "big"))
        self._keys.grow(handle)
        self._supersede(FIXED, handle, self._append(FIXED, fixed))
        self._keep_roll(handle, cred.roll())
        self.put(HANDLES, (handle + 1).to_bytes(4, "big"))
        self._handles = handle + 1

    def step(self, cred: Cred, epoch: int, chain: bytes, attempt: "int | None", before: bytes) -> None:
        """Keeps an accepted token's step in `cred` and in flash; the keys before are programmed over."""
        if epoch <= cred.epoch:
            raise StoreError("an epoch only rises")
        cred.epoch, cred.chain, cred.attempt, cred.before = epoch, chain, attempt, before
        self._keep_roll(cred.handle, cred.roll())

    def set_state(self, cred: Cred, state: int) -> None:
        """Keeps a new standing. Revoking erases the chain's keys: the credential can never open again."""
        if state == n.CRED_REVOKED:
            cred.chain = cred.before = c.NO_KEY
        cred.state = state
        self._keep_roll(cred.handle, cred.roll())

    def amend(self, cred: Cred) -> None:
        """Keeps what was changed in `cred` of its fixed record: label, identity, lent, generation, marks."""
        self._supersede(FIXED, cred.handle, self._append(FIXED, cred.fixed()))

    def bury(self, handle: int) -> None:
        """Revokes a credential that is damaged, so that it stays revoked should it read well again."""
        self._keys.grow(handle)
        try:
            self._journal.read(self._keys.get(FIXED, handle))
        except Damaged:
            self.forget(FIXED, handle)  # nor does it show as damaged any more
        self._keep_roll(handle, c.revoked(handle))

    def _keep_roll(self, handle: int, body: bytes) -> None:
        self._supersede(ROLL, handle, self._append(ROLL, body))

    # --- log

    def log_append(self, entry: bytes) -> None:
        """Keeps a log entry of LOG_SIZE bytes whose first four are its sequence."""
        sequence = int.from_bytes(entry[0:4], "big")
        if len(entry) != LOG_SIZE or sequence != self.log_next:
            raise StoreError("a log entry out of turn")
        tail = bytes(entry[16:LOG_SIZE])
        self._log[sequence % LOG_KEEP] = self._append(LOG, entry)
        self.log_next = sequence + 1
        self.log_tail = tail

    def log_read(self, sequence: int) -> "bytes | None":
        """A kept log entry, or None."""
        if not self.log_first() <= sequence < self.log_next or not self._log[sequence % LOG_KEEP]:
            return None
        body = self._journal.read(self._log[sequence % LOG_KEEP])
        return body if int.from_bytes(body[0:4], "big") == sequence else None

    # --- values

    def get(self, ident: int) -> "bytes | None":
        """A value by its identifier, None when it was never set. StoreError when it is lost."""
        value = self._read_value(ident)
        if value is None and ident < CONFIG:
            value = self._read_value(ident | MIRROR)
        if value is None and ident in self.losses.values:
            raise StoreError("a value is lost")
        return value

    def _read_value(self, place: int) -> "bytes | None":
        addr = self._values.get(place, 0)
        try:
            return self._journal.read(addr)[:-2] if addr else None
        except Damaged:
            self.losses.value(place)
            return None

    def put(self, ident: int, value: bytes) -> None:
        """Keeps a value of up to VALUE_MAX bytes under an identifier of 1 to 127; the one before is programmed over."""
        if not 0 < ident < MIRROR or len(value) > VALUE_MAX:
            raise StoreError("a value too long, or no such identifier")
        self._put(ident, value)
        if ident < CONFIG:
            self._put(ident | MIRROR, value)

    def _put(self, place: int, value: bytes) -> None:
        self._values[place] = self._values.get(place, 0)  # its place is made before anything is durable
        self._supersede(VALUE, place, self._append(VALUE, bytes(value) + (PLACES | place).to_bytes(2, "big")))

    def claim_lost(self) -> bool:
        """Whether this car was claimed and can't tell by whom: it must not pass for a blank one."""
        if AGENT in self.losses.values:
            return True
        return self.get(AGENT) is None and (self.next_handle() > 0 or self.log_next > 0)

    def counter(self, ident: int) -> int:
        """A number that only rises (boots, the floor of time), 0 when it was never set. StoreError when it is lost."""
        raw = self.get(ident)
        return int.from_bytes(raw, "big") if raw else 0

    def advance(self, ident: int, value: int) -> bool:
        """Raises a counter to a value of four bytes; False, and nothing done, when that would not raise it."""
        if value <= self.counter(ident):
            return False
        self.put(ident, value.to_bytes(4, "big"))
        return True

    def keep_tally(self, body: bytes) -> None:
        """Keeps a tally: see tally.py."""
        before, self._tally = self._tally, self._append(TALLY, body)
        self._journal.mark(self._tally, body[MARKS_AT:MARKS_END])
        if before:
            self._journal.kill(before)

    # --- upkeep

    def _append(self, kind: int, body: bytes) -> int:
        """Appends; when no clean sector waits (idle time never came), collects here and now."""
        self._pay()
        journal = self._journal
        for _ in range(2 * journal.flash.sectors):
            try:
                return journal.append(kind, body)
            except StoreFull:
                if not journal.compact(self):
                    raise
        return journal.append(kind, body)

    def _supersede(self, kind: int, place: int, addr: int) -> None:
        """Lets a new record count, and programs the one before over: now, or before anything else is written."""
        old = self.at(kind, place)
        self.point(kind, place, addr)
        self._owed = old
        self._pay()

    def _pay(self) -> None:
        if self._owed:
            self._journal.kill(self._owed)
            self._owed = 0

    def maintain(self) -> bool:
        """One slice of idle work: erase ahead, or empty a sector. True when there may be more."""
        self._pay()
        return self._journal.maintain(self, _GOAL)

    def room(self) -> int:
        """Bytes free before a collection is due."""
        return self._journal.room()

    def damage(self) -> int:
        """Credentials, values and log entries that are lost."""
        return self.losses.total()


TYPE_CHECKING = False
if TYPE_CHECKING:

    from .journal import Journal
