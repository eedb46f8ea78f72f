# SPDX-License-Identifier: MIT
"""Requests of a session about updates."""

from wire import messages as m
from wire import numbers as n
from wire import record

from ..channel.refusals import need_consent


def _status(updates: "Updates", config: "Config", body: bytes) -> bytes:
    record.unpack((), body)
    boot, trusted = updates.boot, updates.trust.read()
    values = {
        "running": boot.running + 1,
        "trial": int(boot.trial),
        "floor": updates.floor(),
        "key": trusted["key"],
        "phase": updates.phase,
        "code": updates.code,
        "done": updates.done,
        "total": updates.total,
        "room": updates.slot().room(),
        "a": 0,
        "a_state": m.SLOT_EMPTY,
        "b": 0,
        "b_state": m.SLOT_EMPTY,
    }
    for index, slot in enumerate(boot.slots):
        name = "ab"[index]
        values[name], values[name + "_state"] = slot.version(), updates.state(index)
    return record.pack(m.UPDATE_STATUS_ANSWER, values)


def _trust(updates: "Updates", config: "Config", body: bytes) -> bytes:
    key = record.unpack(m.UPDATE_TRUST, body)["key"]
    if updates.trust.read()["key"] != key:
        need_consent(updates.car, config, n.R_UPDATE_TRUST, body, key=key)
        updates.rely_on(key)
        updates.car.audit.note(n.LINK_SERIAL, n.EVENT_TRUST, n.HANDLE_NONE, n.OK, int.from_bytes(key[:2], "big"))
    return b""


def _begin(updates: "Updates", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.UPDATE_BEGIN, body)
    updates.begin(ask["manifest"], bool(ask["fresh"]))
    return b""


def _block(updates: "Updates", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.UPDATE_BLOCK, body)
    updates.block(ask["number"], ask["data"])
    return b""


def _crcs(updates: "Updates", config: "Config", body: bytes) -> bytes:
    first = record.unpack(m.UPDATE_CRCS, body)["first"]
    following, found = updates.crcs(first)
    return record.pack(m.UPDATE_CRCS_ANSWER, {"next": following}) + found


def _finish(updates: "Updates", config: "Config", body: bytes) -> bytes:
    record.unpack((), body)
    updates.finish()
    return b""


def _try(updates: "Updates", config: "Config", body: bytes) -> bytes:
    record.unpack((), body)
    updates.begin_trial()
    updates.restart()
    return b""


def _rollback(updates: "Updates", config: "Config", body: bytes) -> bytes:
    record.unpack((), body)
    updates.roll_back()
    updates.restart()
    return b""


_HANDLERS = {
    n.R_UPDATE_STATUS: _status,
    n.R_UPDATE_TRUST: _trust,
    n.R_UPDATE_BEGIN: _begin,
    n.R_UPDATE_BLOCK: _block,
    n.R_UPDATE_CRCS: _crcs,
    n.R_UPDATE_FINISH: _finish,
    n.R_UPDATE_TRY: _try,
    n.R_UPDATE_ROLLBACK: _rollback,
}


class Answers:
    """Answers for the updates of one agent; see channel/requests.py."""

    def __init__(self, updates: "Updates") -> None:
        self._updates = updates

    def get(self, number: int) -> "Handler | None":
        """The handler of a request, None when it is not about updates."""
        found = _HANDLERS.get(number)
        return None if found is None else lambda car, config, body: found(self._updates, config, body)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..channel.car import Car
    from ..config import Config
    from .updates import Updates

    Handler = Callable[[Car, Config, bytes], bytes]
