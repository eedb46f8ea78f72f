# SPDX-License-Identifier: MIT
"""What the agent keeps, by name: credentials by handle, the log ring, settings and secrets. One journal underneath.

RAM per credential: 8 bytes (the addresses of its fixed and of its rolling record). Nothing is searched on a lookup.
"""

from array import array

from wire import numbers as n
from wire import record

from ..errors import StoreError, StoreFull
from .journal import BODY_MAX

_FIXED = 1  # a credential as enrolled
_ROLL = 2  # where its chain stands
_LOG = 3
_VALUE = 4

_FIXED_LAYOUT = (
    record.u16("handle"),
    record.u8("kind"),
    record.u8("role"),
    record.u16("rights"),
    record.fixed("identity", n.KEY_SIZE),
    record.text("label", n.LABEL_MAX),
)
_ROLL_LAYOUT = (
    record.u16("handle"),
    record.u32("epoch"),
    record.u16("attempt"),
    record.u8("state"),
    record.u8("accepted", 0, 1),
    record.fixed("chain", n.KEY_SIZE),
)
_ROLL_SECRET = 10  # where the chain key stands in the body
_VALUE_SECRET = 1
LOG_KEEP = 256
LOG_SIZE = 24
_SLACK = 5  # sectors that are never counted on: head, reserve, and what is on its way to be collected
_KEY_COST = 96  # bytes of flash, both records with the longest label
_LOG_COST = 32

# identifiers of values
AGENT = 1  # agent id, veil key, log key: present means claimed
LINK = 2  # link epoch, link key
BOOTS = 3
TIME = 4  # the floor of the time
GENERATIONS = 5  # of passes, for issuers who ended theirs
CONFIG = 16  # and up: settings, one each
PASSES = 64  # to 127: one for each pass that was introduced


class Cred:
    """One credential as it stands in flash."""

    def __init__(self, fixed: dict, roll: dict) -> None:
        self.handle: int = fixed["handle"]
        self.kind: int = fixed["kind"]
        self.role: int = fixed["role"]
        self.rights: int = fixed["rights"]
        self.label: str = fixed["label"]
        self.identity: bytes = fixed["identity"]
        self.epoch: int = roll["epoch"]
        self.attempt: int = roll["attempt"]
        self.state: int = roll["state"]
        self.accepted: int = roll["accepted"]
        self.chain: bytes = roll["chain"]


class Store:
    """Tables over a journal. Every method that changes something returns when the change is durable."""

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal
        self._fixed = array("I")
        self._roll = array("I")
        self._values: "dict[int, int]" = {}
        self._log = array("I", [0] * LOG_KEEP)
        self.log_next = 0
        self.log_tail = b""  # chain value of the newest entry
        self.lost = 0  # log entries that found no room

    # --- start

    def mount(self) -> None:
        """Reads the journal and programs over what a cut left of superseded secrets. StoreError: nothing is usable."""
        stale: "list[tuple[int, int]]" = []
        journal = self._journal

        def visit(kind: int, body: bytes, addr: int) -> None:
            if kind == _FIXED or kind == _ROLL:
                table = self._fixed if kind == _FIXED else self._roll
                handle = body[0] << 8 | body[1]
                self._grow(handle)
                if table[handle]:
                    stale.append((kind, table[handle]))
                table[handle] = addr
            elif kind == _LOG:
                sequence = int.from_bytes(body[0:4], "big")
                if sequence >= self.log_next:
                    self.log_next = sequence + 1
                    self.log_tail = bytes(body[16:LOG_SIZE])
                if sequence + LOG_KEEP >= self.log_next:
                    self._log[sequence % LOG_KEEP] = addr
            elif kind == _VALUE:
                if body[0] in self._values:
                    stale.append((kind, self._values[body[0]]))
                self._values[body[0]] = addr

        journal.mount(visit, lambda kind, addr: stale.append((kind, addr)))
        for kind, addr in stale:
            self._scrub(kind, addr)

    def _grow(self, handle: int) -> None:
        while len(self._fixed) <= handle:
            self._fixed.append(0)
            self._roll.append(0)

    def _scrub(self, kind: int, addr: int) -> None:
        """Programs the secret of a superseded record over, then kills it."""
        if kind == _ROLL:
            self._journal.kill(addr, _ROLL_SECRET, n.KEY_SIZE)
        elif kind == _VALUE:
            self._journal.kill(addr, _VALUE_SECRET, self._journal.length(addr) - _VALUE_SECRET)
        else:
            self._journal.kill(addr, 0, 0)

    # --- credentials

    def next_handle(self) -> int:
        """The handle that the next enrolment takes; handles are never used twice."""
        last = len(self._fixed) - 1
        return last if last >= 0 and not self._roll[last] else last + 1

    def capacity(self) -> int:
        """How many handles fit, revoked ones included, with room left for the journal to turn in."""
        flash = self._journal.flash
        free = (flash.sectors - _SLACK) * (flash.sector_size - 2 * BODY_MAX) - LOG_KEEP * _LOG_COST
        return max(0, min(free // _KEY_COST, n.HANDLE_LAST + 1))

    def find(self, handle: int) -> "Cred | None":
        """The credential of a handle, revoked ones too; None when there is none. StoreError when it is damaged."""
        if handle >= len(self._fixed) or not self._fixed[handle] or not self._roll[handle]:
            return None
        return Cred(
            record.unpack(_FIXED_LAYOUT, self._journal.read(self._fixed[handle])),
            record.unpack(_ROLL_LAYOUT, self._journal.read(self._roll[handle])),
        )

    def enrol(
        self, handle: int, kind: int, role: int, rights: int, label: str, identity: bytes, chain: bytes
    ) -> None:
        """Keeps a new credential. It exists from the moment its second record is whole. StoreFull without room."""
        if handle != self.next_handle():
            raise StoreError("handle is taken or out of turn")
        if handle >= self.capacity():
            raise StoreFull("no room for another key")
        fixed = record.pack(
            _FIXED_LAYOUT,
            {
                "handle": handle,
                "kind": kind,
                "role": role,
                "rights": rights,
                "identity": identity,
                "label": label,
            },
        )
        addr = self._append(_FIXED, fixed)
        self._grow(handle)
        if self._fixed[handle]:
            self._scrub(_FIXED, self._fixed[handle])
        self._fixed[handle] = addr
        self._write_roll(handle, 0, 0, n.CRED_ACTIVE, 0, chain)

    def step(self, cred: Cred, epoch: int, chain: bytes, attempt: int) -> None:
        """Keeps an accepted epoch; the chain key before it is programmed over."""
        self._write_roll(cred.handle, epoch, attempt, cred.state, 1, chain)

    def set_state(self, cred: Cred, state: int) -> None:
        """Keeps a new standing. Revoking erases the chain key: the credential can never open again."""
        chain = bytes(n.KEY_SIZE) if state == n.CRED_REVOKED else cred.chain
        self._write_roll(cred.handle, cred.epoch, cred.attempt, state, cred.accepted, chain)

    def rename(self, cred: Cred, label: str) -> None:
        """Keeps a new label of up to LABEL_MAX bytes."""
        values = {name: getattr(cred, name) for name in ("handle", "kind", "role", "rights", "identity")}
        values["label"] = label
        addr = self._append(_FIXED, record.pack(_FIXED_LAYOUT, values))
        old = self._fixed[cred.handle]
        self._fixed[cred.handle] = addr
        self._scrub(_FIXED, old)

    def _write_roll(
        self, handle: int, epoch: int, attempt: int, state: int, accepted: int, chain: bytes
    ) -> None:
        body = record.pack(
            _ROLL_LAYOUT,
            {
                "handle": handle,
                "epoch": epoch,
                "attempt": attempt,
                "state": state,
                "accepted": accepted,
                "chain": chain,
            },
        )
        addr = self._append(_ROLL, body)
        old = self._roll[handle]
        self._roll[handle] = addr
        if old:
            self._scrub(_ROLL, old)

    # --- log

    def log_first(self) -> int:
        """Sequence of the oldest entry that is still kept."""
        first = max(0, self.log_next - LOG_KEEP)
        while first < self.log_next and not self._log[first % LOG_KEEP]:
            first += 1
        return first

    def log_append(self, entry: bytes) -> None:
        """Keeps a log entry of LOG_SIZE bytes whose first four are its sequence."""
        addr = self._append(_LOG, entry)
        sequence = int.from_bytes(entry[0:4], "big")
        self._log[sequence % LOG_KEEP] = addr
        self.log_next = sequence + 1
        self.log_tail = bytes(entry[16:LOG_SIZE])

    def log_read(self, sequence: int) -> "bytes | None":
        """A kept log entry, or None."""
        if not self.log_first() <= sequence < self.log_next:
            return None
        body = self._journal.read(self._log[sequence % LOG_KEEP])
        return body if int.from_bytes(body[0:4], "big") == sequence else None

    # --- values

    def get(self, ident: int) -> "bytes | None":
        """A value by its identifier, None when it was never set. StoreError when it is damaged."""
        addr = self._values.get(ident)
        return None if addr is None else self._journal.read(addr)[1:]

    def put(self, ident: int, value: bytes) -> None:
        """Keeps a value of up to 64 bytes; the one before is programmed over."""
        addr = self._append(_VALUE, bytes((ident,)) + value)
        old = self._values.get(ident)
        self._values[ident] = addr
        if old is not None:
            self._scrub(_VALUE, old)

    # --- upkeep

    def _append(self, kind: int, body: bytes) -> int:
        """Appends; when no clean sector waits (idle time never came), collects here and now."""
        for _ in range(self._journal.flash.sectors):
            try:
                return self._journal.append(kind, body)
            except StoreFull:
                self._journal.collect(self._keep)
        return self._journal.append(kind, body)

    def maintain(self) -> bool:
        """One slice of idle work: erase ahead, or collect the oldest sector. True when there may be more."""
        journal = self._journal
        if journal.prepare():
            return True
        if journal.clean() >= _SLACK - 1:
            return False
        return journal.collect(self._keep)

    def _keep(self, kind: int, body: bytes, addr: int) -> "Callable[[int], None] | None":
        """For a collection: who must be told where a live record went; None when nobody needs it."""
        if kind == _VALUE:
            table, place = self._values, body[0]
            known = self._values.get(place)
        elif kind == _LOG:
            table, place = self._log, int.from_bytes(body[0:4], "big") % LOG_KEEP
            known = table[place]
        else:
            table, place = (self._fixed if kind == _FIXED else self._roll), body[0] << 8 | body[1]
            known = table[place]

        def moved(new: int) -> None:
            table[place] = new

        return moved if known == addr else None

    def room(self) -> int:
        """Bytes free before a collection is due."""
        return self._journal.room()

    def damage(self) -> int:
        """Records and sectors found broken since the start."""
        return self._journal.damage


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .journal import Journal
