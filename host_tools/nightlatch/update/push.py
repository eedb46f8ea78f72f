# SPDX-License-Identifier: MIT
"""Sends an update to a car, from where it stopped, and tells what the car makes of it."""

from __future__ import annotations

import struct
import time
from binascii import crc32
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..device.frames import refusal
from ..device.session import Session
from ..errors import LinkLost, Mismatch, Refused
from ..wire import messages as m
from ..wire import numbers as n
from ..wire import record
from ..wire.errors import WireError
from .bundle import Bundle

WINDOW = 4  # blocks on their way at a time
_POLL_S = 0.1
_ERASE_S = 120.0
_CHECK_S = 120.0
PHASES = ("idle", "erasing", "receiving", "checking", "ready", "refused")
SLOTS = ("empty", "partial", "ready", "trial", "confirmed", "given up")
Progress = Callable[[str, int, int], None]  # phase, so many, of so many


@dataclass(frozen=True)
class UpdateStatus:
    """Numbers as in nightlatch.wire.messages, versions as in versions.py; key: the fingerprint, zeros for none."""

    running: int
    trial: int
    a: int
    a_state: int
    b: int
    b_state: int
    floor: int
    key: bytes
    phase: int
    code: int
    done: int
    total: int
    room: int

    @property
    def version(self) -> int:
        """Of the slot that runs, 0 when the image's own agent does."""
        return (0, self.a, self.b)[self.running]


def status(session: Session) -> UpdateStatus:
    """Where updates stand."""
    try:
        return UpdateStatus(**record.unpack(m.UPDATE_STATUS_ANSWER, _ask(session, n.R_UPDATE_STATUS)))
    except WireError as error:
        raise Mismatch(f"its answer is not what we expect ({error})", "check both versions") from None


def trust(session: Session, fingerprint: bytes) -> None:
    """From now on the car takes updates of this key. A car that was handed over wants its owner's approval."""
    _ask(session, n.R_UPDATE_TRUST, m.UPDATE_TRUST, key=fingerprint)


def push(session: Session, bundle: Bundle, progress: Progress, fresh: bool = False) -> UpdateStatus:
    """Brings a signed update into the car's free slot and has it judged there; blocks that arrived before stay.

    Raises Mismatch with the car's reason. A cable that comes loose raises LinkLost: another push goes on from there.
    """
    if not bundle.signature:
        raise Refused("the update is not signed", "`nightlatch update sign`", code="not_signed")
    try:
        return _push(session, bundle, progress, fresh)
    except Refused as refused:
        if fresh or session.over or refused.code != "device_fault":
            raise
    return _push(session, bundle, progress, True)  # what is in the slot can't be made good without an erase


def _push(session: Session, bundle: Bundle, progress: Progress, fresh: bool) -> UpdateStatus:
    _ask(session, n.R_UPDATE_BEGIN, m.UPDATE_BEGIN, fresh=int(fresh), manifest=bundle.manifest)
    now = _wait(session, m.UPDATE_ERASING, _ERASE_S, progress)
    if now.phase == m.UPDATE_READY:
        return now
    blocks = bundle.blocks()
    missing = _missing(session, blocks)
    done = len(blocks) - len(missing)
    many = ({"number": number, "data": blocks[number]} for number in missing)
    progress("sending", done, len(blocks))
    for _ in session.stream(n.R_UPDATE_BLOCK, m.UPDATE_BLOCK, many, WINDOW):
        done += 1
        progress("sending", done, len(blocks))
    _ask(session, n.R_UPDATE_FINISH)
    return _wait(session, m.UPDATE_CHECKING, _CHECK_S, progress)


def _missing(session: Session, blocks: list[bytes]) -> list[int]:
    """Blocks that are not in flash; with them the last one that is, of which a cut may have left a part in doubt."""
    found: list[int] = []
    while len(found) < len(blocks):
        body = _ask(session, n.R_UPDATE_CRCS, m.UPDATE_CRCS, first=len(found))
        following, words = int.from_bytes(body[:4], "big"), body[4:]
        if len(words) % 4 or not words or following != len(found) + len(words) // 4 or following > len(blocks):
            raise Mismatch("the list of blocks does not go on", "check both versions")
        found += struct.unpack(f">{len(words) // 4}I", words)
    missing = [number for number, data in enumerate(blocks) if found[number] != crc32(data)]
    first = missing[0] if missing else len(blocks)
    return ([first - 1] if first else []) + missing


def _wait(session: Session, phase: int, limit: float, progress: Progress) -> UpdateStatus:
    """Waits until a phase is over. Raises what the car refuses with."""
    end = time.monotonic() + limit
    while (now := status(session)).phase == phase:
        progress(PHASES[phase], now.done, now.total)
        if time.monotonic() > end:
            raise LinkLost("the car does not get on with it", device=session.serial)
        time.sleep(_POLL_S)
    if now.phase == m.UPDATE_REFUSED:
        raise refusal(now.code, session.serial)
    return now


def start(session: Session) -> None:
    """Restarts the car into the update that it found right. The session is over."""
    _ask(session, n.R_UPDATE_TRY)


def roll_back(session: Session) -> None:
    """Gives up the update that runs; the car restarts with what ran before."""
    _ask(session, n.R_UPDATE_ROLLBACK)


def _ask(session: Session, number: int, layout: record.Layout = (), **values: object) -> bytes:
    answers: Iterator[bytes] = session.stream(number, layout, [values], 1)
    return next(answers)
