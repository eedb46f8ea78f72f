# SPDX-License-Identifier: MIT
"""What the store lost, for the technician: page by page, as it can be more than an answer holds."""

from wire import messages as m
from wire import numbers as n
from wire import record

from .refusals import BATCH

_SIZE = 9  # of a LOSS


def _losses(car: "Car", config: "Config", body: bytes) -> bytes:
    first = record.unpack(m.LOSSES, body)["first"]
    car.audit.flush()
    lost = car.store.losses
    gaps = lost.log()
    keys, values = len(lost.handles), len(lost.values)
    total = keys + values + len(gaps) + (lost.unknown > 0)
    out = b""
    at = min(first, total)
    while at < total and len(out) + _SIZE <= BATCH:
        if at < keys:
            what, low, high = n.LOST_KEY, lost.handles[at], lost.handles[at]
        elif at < keys + values:
            what, low, high = n.LOST_VALUE, lost.values[at - keys], lost.values[at - keys]
        elif at < keys + values + len(gaps):
            what = n.LOST_LOG
            low, high = gaps[at - keys - values]
        else:
            what, low, high = n.LOST_NAMELESS, lost.unknown, lost.unknown
        out += record.pack(m.LOSS, {"what": what, "first": low, "last": high})
        at += 1
    return record.pack(m.LOSSES_ANSWER, {"total": total, "next": at}) + out


HANDLERS = {n.R_LOSSES: _losses}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..config import Config
    from .car import Car
