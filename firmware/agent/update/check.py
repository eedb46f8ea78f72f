# SPDX-License-Identifier: MIT
"""Judges what is in a slot by nothing but what is read back from flash, in slices: hash, signature, board, version."""

import hashlib

from wire import bundle
from wire import numbers as n

from ..crypto import ct
from ..crypto.ecdsa import verify
from ..store.ring import marks

_CHUNK = 512
_AT_ONCE = 8  # chunks between two yields


def first_look(manifest: "dict | None", board: str, floor: int) -> int:
    """C_OK, or why an update of this manifest can't be taken."""
    if manifest is None or manifest["layout"] != marks.LAYOUT:
        return n.C_BAD_IMAGE
    if manifest["board"] != board:
        return n.C_WRONG_BOARD
    return n.C_OLD_VERSION if manifest["version"] < floor else n.C_OK


def judge(slot: "Slot", board: str, floor: int, trusted: bytes) -> "Iterator[int | None]":
    """Yields None after each slice, then C_OK or the reason. trusted: SHA-256 of the key's table."""
    slot.load()
    manifest, raw = slot.manifest(), slot.raw()
    if manifest is None:
        yield n.C_BAD_IMAGE
        return
    key, signature = bytearray(bundle.KEY_SIZE), bytearray(bundle.SIGNATURE_SIZE)  # while the heap is in one piece
    chunk = bytearray(_CHUNK)
    total = hashlib.sha256()
    at, end = slot.data_at, slot.data_at + manifest["size"]
    turns = 0
    while at < end:
        view = memoryview(chunk)[: min(_CHUNK, end - at)]
        slot.nor.read(at, view)
        total.update(view)
        at += len(view)
        turns += 1
        if not turns % _AT_ONCE:
            yield None
    if not ct.equal(total.digest(), manifest["sha256"]) or not slot.whole():
        yield n.C_BAD_HASH
        return
    slot.nor.read(end, key)
    slot.nor.read(end + bundle.KEY_SIZE, signature)
    good: "bool | None" = None
    if ct.equal(hashlib.sha256(key).digest(), trusted):
        for good in verify.check(key, hashlib.sha256(raw).digest(), bytes(signature)):
            if good is None:
                yield None
    yield first_look(manifest, board, floor) if good else n.C_BAD_SIGNATURE


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from slots.slot import Slot
