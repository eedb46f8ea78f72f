# SPDX-License-Identifier: MIT
"""One slot for an update in raw NOR flash: its header sector, and the marks that say how far it may be trusted.

Sector 0 holds the manifest and its CRC-32, from 256 on marks of 16 bytes, from 512 on pairs of 8 bytes: a run that
ended badly, and that it is forgiven. A mark is set by programming zeros, before what it announces takes effect; any bit
of it that reads 0 sets it, and whoever meets a mark cut short completes it: both readings of one in doubt are safe. No
mark is ever taken back but by an erase of the sector, before which the manifest is killed.
"""

from binascii import crc32

from wire import bundle
from wire.errors import WireError

READY = 0  # the agent found hash, signature, board and version right
TRY = 1  # and up, TRIES of them: a trial begins
TRIES = 3
CONFIRMED = 4  # the agent in the slot says that it works
BAD = 5  # given up for good
TOLD = 6  # and the log says so

_MARKS_AT = 256
_MARK = 16
_PAIRS_AT = 512
_PAIR = 8
CRASHES = 3  # so many runs that ended badly, none of them forgiven, and the slot is passed over
_CHUNK = 512  # the heap of an agent in a slot has no larger piece to count on


class Slot:
    """`nor`: the region by the contract of store/flash/nor.py; `map`: returns it as one object, read in place."""

    def __init__(self, nor: "Nor", map: "Callable[[], Any]") -> None:
        self.nor = nor
        self.map = map
        self.data_at = nor.sector_size
        self._manifest: "dict | None" = None
        self._raw = b""
        self.load()

    def load(self) -> None:
        """Reads the manifest that is in flash."""
        raw = bytearray(bundle.MANIFEST_SIZE + 4)
        self.nor.read(0, raw)
        self._manifest, self._raw = None, b""
        body = bytes(raw[: bundle.MANIFEST_SIZE])
        if crc32(body) & 0xFFFFFFFF != int.from_bytes(raw[bundle.MANIFEST_SIZE :], "big"):
            return
        try:
            values = bundle.read(body)
        except WireError:
            return
        if values["size"] <= self.room():
            self._manifest, self._raw = values, body

    def room(self) -> int:
        """The largest image that fits, bytes."""
        return (self.nor.sectors - 1) * self.nor.sector_size - bundle.TRAILER_SIZE

    def manifest(self) -> "dict | None":
        """Its values, None when there is none."""
        return self._manifest

    def raw(self) -> bytes:
        """The manifest as it was signed; nothing when there is none."""
        return self._raw

    def version(self) -> int:
        """Of the update in it, 0 when there is none."""
        return self._manifest["version"] if self._manifest else 0

    def blank(self) -> bool:
        """Whether sector 0 is erased: a mark that stayed there would be one of what comes next."""
        part = bytearray(self.nor.page_size)
        for at in range(0, self.nor.sector_size, len(part)):
            self.nor.read(at, part)
            if min(part) < 0xFF:
                return False
        return True

    def write_manifest(self, raw: bytes) -> None:
        """The slot's erase is done, and this is what it will hold."""
        body = raw + (crc32(raw) & 0xFFFFFFFF).to_bytes(4, "big")
        self.nor.program(0, body)
        self.load()

    def kill(self) -> None:
        """Whatever is in the slot is nothing any more: durable before the first sector is erased."""
        self._manifest, self._raw = None, b""
        self.nor.program(0, bytes(bundle.MANIFEST_SIZE + 4))

    def program(self, at: int, data: "bytes | memoryview", again: bool) -> bool:
        """Programs data behind the header, page by page, and reads it back; False when it is not there then.

        Unless it is told `again`, what reads right is programmed all the same: a cut may have left half of it.
        """
        page = self.nor.page_size
        view = memoryview(data)
        back = bytearray(page)
        while len(view):
            addr = self.data_at + at
            size = min(len(view), page - addr % page)
            got = memoryview(back)[:size]
            want = view[:size]
            self.nor.read(addr, got)
            if got != want or not again:
                if int.from_bytes(want, "big") & ~int.from_bytes(got, "big"):
                    return False  # a program sets no bit
                self.nor.program(addr, want)
                self.nor.read(addr, got)
                if got != want:
                    return False
            at += size
            view = view[size:]
        return True

    # --- marks

    def marked(self, mark: int) -> bool:
        """Whether a mark is set; one that was cut short is completed."""
        return self._set(_MARKS_AT + _MARK * mark, _MARK, False)

    def mark(self, mark: int) -> None:
        """Sets a mark, durably."""
        self._set(_MARKS_AT + _MARK * mark, _MARK, True)

    def _set(self, at: int, size: int, want: bool) -> bool:
        have = bytearray(size)
        self.nor.read(at, have)
        found = min(have) < 0xFF
        if (want or found) and max(have):
            self.nor.program(at, bytes(size))
        return want or found

    def tries(self) -> int:
        """Trials that were begun."""
        return sum([self.marked(TRY + i) for i in range(TRIES)])

    def begin_trial(self) -> None:
        """One more trial begins."""
        for i in range(TRIES):
            if not self.marked(TRY + i):
                self.mark(TRY + i)
                return

    def _pairs(self) -> "Iterator[tuple[int, bool, bool]]":
        """(address, ended badly, forgiven) of each pair up to the first blank one, that one included."""
        have = bytearray(2 * _PAIR)
        for at in range(_PAIRS_AT, self.nor.sector_size, 2 * _PAIR):
            self.nor.read(at, have)
            bad = min(have[:_PAIR]) < 0xFF
            yield at, bad, min(have[_PAIR:]) < 0xFF
            if not bad:
                return

    def crashes(self) -> int:
        """Runs that ended badly since the last good one."""
        return sum([bad and not forgiven for _, bad, forgiven in self._pairs()])

    def note_crash(self) -> None:
        """A run of the agent in this slot ended badly."""
        for at, bad, _ in self._pairs():
            if not bad:
                self._set(at, _PAIR, True)
                return
        self.mark(BAD)  # a whole sector of them

    def forgive(self) -> None:
        """The agent in this slot works: what was before is forgotten."""
        for at, bad, forgiven in self._pairs():
            if bad and not forgiven:
                self._set(at + _PAIR, _PAIR, True)

    # --- state

    def bootable(self, board: str) -> bool:
        """Whether the marks allow a start of what is in it."""
        manifest = self._manifest
        if manifest is None or manifest["board"] != board or not self.marked(READY) or self.marked(BAD):
            return False
        if self.marked(CONFIRMED):
            return self.crashes() < CRASHES
        return self.tries() < TRIES

    def partial(self) -> bool:
        """Whether an update is on its way into it."""
        return self._manifest is not None and not self.marked(READY) and not self.marked(BAD)

    def whole(self) -> bool:
        """Whether the image has its CRC-32: what rotted in flash is not started."""
        assert self._manifest is not None
        total, left = 0, self._manifest["size"]
        at = self.data_at
        part = bytearray(min(_CHUNK, left))
        while left:
            view = memoryview(part)[: min(len(part), left)]
            self.nor.read(at, view)
            total = crc32(view, total)
            at += len(view)
            left -= len(view)
        return total & 0xFFFFFFFF == self._manifest["crc"]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Nor = Any
