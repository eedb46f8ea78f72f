# SPDX-License-Identifier: MIT
"""What a technician may ask inside a session. Keys are in keys.py, settings and time in settings.py."""

import gc

from wire import messages as m
from wire import numbers as n
from wire import record
from wire.errors import WireError

from ..errors import NightlatchError, StoreFull
from . import keys, losses, settings
from .refusals import BATCH, Refused


class Requests:
    """Answers requests that the session has authenticated: result code, then the body of the answer."""

    def __init__(
        self, car: "Car", config: "Config", health: "Health", reboot: "Callable[[], None]", desk: "Desk | None" = None
    ) -> None:
        self._car = car
        self._store = car.store
        self._audit = car.audit
        self._config = config
        self._health = health
        self._reboot = reboot
        self.more: "More | None" = None  # requests that a higher layer answers
        self._desk = desk
        self._handlers = {
            n.R_STATUS: self._status,
            n.R_LOG: self._log,
            n.R_REBOOT: self._restart,
            n.R_CLOSE: self._nothing,
            n.R_CARD: self._card,
        }

    def answer(self, number: int, body: bytes) -> bytes:
        """The answer to a request; never raises."""
        try:
            handler = self._handlers.get(number)
            if handler is not None:
                return bytes((n.C_OK,)) + handler(body)
            rarer: "Handler | None" = keys.HANDLERS.get(number) or settings.HANDLERS.get(number)
            rarer = rarer or losses.HANDLERS.get(number)
            if rarer is None and self.more is not None:
                rarer = self.more.get(number)
            if rarer is None:
                return bytes((n.C_UNKNOWN_REQUEST,))
            return bytes((n.C_OK,)) + rarer(self._car, self._config, body)
        except Refused as refused:
            return bytes((refused.code,))
        except WireError:
            return bytes((n.C_BAD_REQUEST,))
        except StoreFull:
            return bytes((n.C_FULL,))
        except (NightlatchError, OSError, MemoryError):
            return bytes((n.C_FAULT,))

    def _nothing(self, body: bytes) -> bytes:
        record.unpack((), body)
        return b""

    def _status(self, body: bytes) -> bytes:
        record.unpack((), body)
        self._audit.flush()
        gc.collect()
        values = {
            "uptime": self._car.clock.uptime(),
            "next_handle": self._store.next_handle(),
            "capacity": self._store.capacity(),
            "log_first": self._store.log_first(),
            "log_next": self._store.log_next,
            "free_heap": gc.mem_free(),
            "store_free": min(self._store.room() // 1024, 0xFFFF),
            "damage": min(self._store.damage(), 0xFFFF),
        }
        values.update(self._health())
        return record.pack(m.STATUS_ANSWER, values)

    def _log(self, body: bytes) -> bytes:
        self._audit.flush()
        first = record.unpack(m.LOG, body)["first"]
        kept = self._store.log_first()
        sequence = max(first, kept)
        out = b""
        while sequence < self._store.log_next and len(out) < BATCH:
            try:
                entry = self._store.log_read(sequence)
            except NightlatchError:
                entry = None  # damaged: the chain shows where, and the entries behind it can still be read
            if entry is not None:
                out += entry
            sequence += 1
        return record.pack(m.LOG_ANSWER, {"kept_from": kept, "next": sequence}) + out

    def _card(self, body: bytes) -> bytes:
        ask = record.unpack(m.CARD, body)
        if self._desk is None:
            raise Refused(n.C_NO_READER)
        state, uid, response = self._desk.ask(ask["number"], ask["apdu"])
        return record.pack(m.CARD_ANSWER, {"state": state, "uid": uid, "response": response})

    def _restart(self, body: bytes) -> bytes:
        record.unpack((), body)
        self._audit.note(n.LINK_SERIAL, n.EVENT_REBOOT, n.HANDLE_NONE, n.OK)
        self._audit.flush()
        self._reboot()
        return b""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from ..config import Config
    from ..reader.desk import Desk
    from .car import Car

    Health = Callable[[], dict]
    Handler = Callable[[Car, Config, bytes], bytes]

    class More(Protocol):
        """Handlers by number."""

        def get(self, number: int) -> "Handler | None":
            """None for a number that is not its own."""
