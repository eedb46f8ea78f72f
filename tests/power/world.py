# SPDX-License-Identifier: MIT
"""What the store should hold, in plain dicts; the phone that takes part; a look at a store to compare with it."""

from agent.store import tables
from agent.store.journal import Journal
from wire import numbers as n

KNOWN = (tables.AGENT, tables.LINK, tables.TIME, tables.UPDATE, tables.CONFIG, tables.CONFIG + 1)

_MARK = b"\xa5\x3c\x99"  # each half of a secret begins so: a raw image is searched for all of them at once
_HALF = 8
NO_KEY = b"\xff" * 16
_chains: "dict[tuple[int, int], bytes]" = {}  # made already: a run asks for the same ones again and again


def _noise(handle: int, epoch: int) -> bytes:
    seed = (handle * 7919 + epoch * 104729 + 12345) & 0x3FFFFFFF
    out = bytearray()
    for _ in range(16):
        seed = (seed * 69069 + 1) & 0x3FFFFFFF
        out.append(seed >> 16 & 0xFF)
    return bytes(out)


def _kept(handle: int, epoch: int, make: "Callable[[bytes], bytes]") -> bytes:
    made = _chains.get((handle, epoch))
    if made is None:
        if len(_chains) > 4000:
            _chains.clear()
        made = _chains[handle, epoch] = make(_noise(handle, epoch))
    return made


def chain(handle: int, epoch: int) -> bytes:
    """The chain key of a handle at an epoch: bytes that look like nothing else, and can be found in a raw image."""
    return _kept(handle, epoch, lambda noise: _MARK + noise[:5] + _MARK + noise[5:10])


def told(handle: int, epoch: int) -> bytes:
    """The token key of a handle at an epoch, of which the store keeps the last one that was accepted."""
    return chain(handle + 20000, epoch)


def attempt(epoch: int) -> int:
    """What the phone drew at an epoch."""
    return epoch * 7 & 0xFFFF


def entry(sequence: int) -> bytes:
    """A log entry."""
    number = sequence.to_bytes(4, "big")
    return _kept(9999, sequence, lambda noise: number + noise + number)


def readable(image: bytes, dead: "set[bytes]") -> bool:
    """Whether half of a secret that is superseded, or all of it, stands in a raw image."""
    at = image.find(_MARK)
    while at >= 0:
        if image[at : at + _HALF] in dead:
            return True
        at = image.find(_MARK, at + 1)
    return False


class World:
    """The truth, changed step by step beside a store. `creds`: handle to (epoch, attempt, state).

    `labels`: of keys that have another one than their first.
    """

    def __init__(self) -> None:
        self.creds: dict[int, tuple] = {}
        self.labels: dict[int, str] = {}
        self.values: dict[int, bytes] = {}
        self.log_next = 0
        self._mark = b""
        self._seen: tuple | None = None
        self.dead: set[bytes] = set()  # both halves of all secrets that are superseded

    def copy(self) -> "World":
        """A picture of now."""
        other = World()
        other.creds = dict(self.creds)
        other.labels = dict(self.labels)
        other.values = dict(self.values)
        other.log_next = self.log_next
        other.dead = set(self.dead)
        return other

    def bury(self, secret: bytes) -> None:
        """A secret is superseded."""
        self.dead.add(secret[:_HALF])
        self.dead.add(secret[_HALF:])

    def mark(self) -> bytes:
        """Tells apart worlds that are not changed any more."""
        if not self._mark:
            tables = [sorted(table.items()) for table in (self.creds, self.labels, self.values)]
            self._mark = repr((tables, self.log_next)).encode()
        return self._mark

    def seen(self) -> tuple:
        """view(), of worlds that are not changed any more."""
        if self._seen is None:
            self._seen = self.view()
        return self._seen

    def view(self, handles: "Iterable[int] | None" = None) -> tuple:
        """What look() should see."""
        creds = {}
        for handle in self.creds if handles is None else handles:
            if handle not in self.creds:
                continue
            epoch, drawn, state = self.creds[handle]
            keys = self.keys(handle)
            label = self.labels.get(handle, "key %d" % handle)
            creds[handle] = (epoch, drawn, state) + keys + (chain(handle, 1 << 20), label)
        return creds, dict(self.values), self.log_next, self.log_next

    def keys(self, handle: int) -> "tuple[bytes, bytes]":
        """Chain key, and the token key before it, as the store keeps them."""
        epoch, _, state = self.creds[handle]
        if state == n.CRED_REVOKED:
            return NO_KEY, NO_KEY
        return chain(handle, epoch), told(handle, epoch - 1) if epoch else NO_KEY

    def _forget(self, handle: int) -> None:
        """The keys that a handle has now are superseded."""
        epoch = self.creds[handle][0]
        self.bury(chain(handle, epoch))
        if epoch:
            self.bury(told(handle, epoch - 1))

    # --- steps: each changes store and world, and tells what it supersedes

    def enrol(self, store: "tables.Store") -> None:
        """One more key."""
        handle = store.next_handle()
        self.creds[handle] = (0, None, n.CRED_ACTIVE)
        store.enrol(handle, 1, 1, 255, "key %d" % handle, chain(handle, 1 << 20), chain(handle, 0))

    def step(self, store: "tables.Store", handle: int, ahead: int = 1) -> None:
        """The phone is accepted, so many epochs further."""
        epoch, _, state = self.creds[handle]
        self._forget(handle)
        new = epoch + ahead
        self.creds[handle] = (new, attempt(new - 1), state)
        store.step(store.find(handle), new, chain(handle, new), attempt(new - 1), told(handle, new - 1))

    def open(self, before: "World", after: "World", handle: int) -> None:
        """What opens() does, in the truth."""
        epoch, _, state = self.creds[handle]
        ours = phone(before, after, handle)
        if ours >= epoch:
            self._forget(handle)
            self.creds[handle] = (ours + 1, attempt(ours), state)

    def standing(self, store: "tables.Store", handle: int, state: int) -> None:
        """A key is revoked, or suspect."""
        epoch, drawn, _ = self.creds[handle]
        if state == n.CRED_REVOKED:
            self._forget(handle)
        self.creds[handle] = (epoch, drawn, state)
        store.set_state(store.find(handle), state)

    def rename(self, store: "tables.Store", handle: int, label: str) -> None:
        """A key gets another label."""
        self.labels[handle] = label
        cred = store.find(handle)
        assert cred is not None
        cred.label = label
        store.amend(cred)

    def put(self, store: "tables.Store", ident: int, seed: int, size: int) -> None:
        """A value; of those with 16 bytes and more the one before is a secret."""
        old = self.values.get(ident)
        if old is not None and len(old) >= 16:
            self.bury(old[:16])
        self.values[ident] = (chain(ident + 5000, seed) * 4)[:size]
        store.put(ident, self.values[ident])

    def advance(self, store: "tables.Store", ident: int, value: int) -> None:
        """A counter rises, once."""
        self.values[ident] = value.to_bytes(4, "big")
        assert store.advance(ident, value) and not store.advance(ident, value), "a counter only rises"

    def log(self, store: "tables.Store") -> None:
        """One more entry."""
        self.log_next += 1
        store.log_append(entry(self.log_next - 1))


def open_store(nor: "Nor", mood: int = 0) -> "tables.Store":
    """Power comes up, the store is mounted."""
    nor.power_up(mood)
    store = tables.Store(Journal(nor))
    store.mount()
    return store


def look(
    store: "tables.Store", lost: "list[int] | tuple" = (), handles: "Iterable[int] | None" = None
) -> tuple:
    """Everything that a store holds, but lost values: see World.view. Last: the first log entry that is wrong.

    Of the keys it may be asked for some only.
    """
    creds = {}
    for handle in range(store.next_handle() + 1) if handles is None else handles:
        c = store.find(handle)
        if c is not None:
            keys = bytes(c.chain), bytes(c.before), bytes(c.handout)
            creds[handle] = (c.epoch, c.attempt, c.state) + keys + (c.label,)
    values = {}
    for ident in KNOWN:
        value = None if ident in lost else store.get(ident)
        if value is not None:
            values[ident] = bytes(value)
    right = store.log_next
    for sequence in range(max(0, store.log_next - 6), store.log_next):
        if store.log_read(sequence) != entry(sequence):
            right = sequence
            break
    return creds, values, store.log_next, right


def phone(before: World, after: World, handle: int) -> int:
    """The epoch that a phone presents after a cut: the one that it had no answer for, or the one that it stands at."""
    epoch = after.creds[handle][0]
    return epoch if handle not in before.creds or before.creds[handle][0] == epoch else epoch - 1


def opens(store: "tables.Store", before: World, after: World, handle: int) -> str:
    """The phone of a key presents its token; "" when the car opens or says that it did, or what went wrong.

    The phone stands where its last answer put it; when the cut fell into its unlock, at the epoch that it has not had
    an answer for: the car is there, or one further with this phone's attempt, or behind by what it lost.
    """
    ours = phone(before, after, handle)
    cred = store.find(handle)
    if cred is None or cred.state in (n.CRED_REVOKED, n.CRED_SUSPENDED):
        return "key %d does not open" % handle
    behind = ours - cred.epoch
    if bytes(cred.chain) != chain(handle, cred.epoch) or not -1 <= behind <= n.EPOCH_AHEAD:
        return "key %d is out of step: phone at %d, car at %d" % (handle, ours, cred.epoch)
    if behind == -1:
        return "" if (cred.attempt, bytes(cred.before)) == (attempt(ours), told(handle, ours)) else (
            "key %d shows as copied" % handle
        )
    store.step(cred, ours + 1, chain(handle, ours + 1), attempt(ours), told(handle, ours))
    cred = store.find(handle)
    return "" if cred is not None and cred.epoch == ours + 1 else "key %d was not kept" % handle


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.model.nor import Nor
