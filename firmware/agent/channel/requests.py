# SPDX-License-Identifier: MIT
"""What a technician may ask inside a session: one small handler per request."""

import gc

from wire import messages as m
from wire import numbers as n
from wire import record
from wire.errors import WireError

from ..credential import rolling
from ..crypto import ct
from ..errors import NightlatchError, StoreFull

_BATCH = 360  # bytes of keys or log in one answer: a heap that is well used has no larger piece to spare


class Refused(NightlatchError):
    """A request that is understood and can't be done; carries the result code."""

    def __init__(self, code: int) -> None:
        super().__init__("request refused, code %d" % code)
        self.code = code


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
        self._desk = desk
        self._handlers = {
            n.R_STATUS: self._status,
            n.R_ENROL: self._enrol,
            n.R_LIST: self._list,
            n.R_REVOKE: self._revoke,
            n.R_LOG: self._log,
            n.R_CONFIG_GET: self._config_get,
            n.R_CONFIG_SET: self._config_set,
            n.R_REBOOT: self._restart,
            n.R_CLOSE: self._nothing,
            n.R_CARD: self._card,
        }

    def answer(self, number: int, body: bytes) -> bytes:
        """The answer to a request; never raises."""
        handler = self._handlers.get(number)
        if handler is None:
            return bytes((n.C_UNKNOWN_REQUEST,))
        try:
            return bytes((n.C_OK,)) + handler(body)
        except WireError:
            return bytes((n.C_BAD_REQUEST,))
        except Refused as refused:
            return bytes((refused.code,))
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

    def _enrol(self, body: bytes) -> bytes:
        ask = record.unpack(m.ENROL, body)
        handle = ask["handle"]
        identity, chain = rolling.first_keys(ask["root"], self._car.agent_id, handle)
        known = self._store.find(handle)
        if known is not None:  # a repeated request, whose answer was lost, is done already
            if known.state != n.CRED_ACTIVE or not ct.equal(known.identity, identity):
                raise Refused(n.C_HANDLE_TAKEN)
            return b""
        if handle != self._store.next_handle():
            raise Refused(n.C_HANDLE_TAKEN)
        self._store.enrol(handle, ask["kind"], ask["role"], ask["rights"], ask["label"], identity, chain)
        self._audit.note(n.LINK_SERIAL, n.EVENT_ENROL, handle, n.OK)
        return b""

    def _list(self, body: bytes) -> bytes:
        handle = record.unpack(m.LIST, body)["first"]
        end = self._store.next_handle()
        out = b""
        while handle < end and len(out) < _BATCH:
            try:
                cred = self._store.find(handle)
            except NightlatchError:
                cred = None  # damaged: reported by the count in the status, not by a list that fails
            if cred is not None:
                info = {name: getattr(cred, name) for name in ("handle", "kind", "role", "rights", "state", "label")}
                info["epoch"] = cred.epoch + cred.accepted
                out += record.pack(m.KEY_INFO, info)
            handle += 1
        return record.pack(m.LIST_ANSWER, {"next": handle if handle < end else n.HANDLE_NONE}) + out

    def _revoke(self, body: bytes) -> bytes:
        handle = record.unpack(m.HANDLE, body)["handle"]
        cred = self._store.find(handle)
        if cred is None:
            raise Refused(n.C_NO_SUCH_KEY)
        if cred.state != n.CRED_REVOKED:
            if cred.role == n.ROLE_OWNER and not self._other_owner(handle):
                raise Refused(n.C_LAST_OWNER)
            self._store.set_state(cred, n.CRED_REVOKED)
            self._audit.note(n.LINK_SERIAL, n.EVENT_REVOKE, handle, n.OK)
        return b""

    def _other_owner(self, handle: int) -> bool:
        for other in range(self._store.next_handle()):
            if other == handle:
                continue
            try:
                cred = self._store.find(other)
            except NightlatchError:
                continue
            if cred is not None and cred.role == n.ROLE_OWNER and cred.state in (n.CRED_ACTIVE, n.CRED_SUSPECT):
                return True
        return False

    def _log(self, body: bytes) -> bytes:
        self._audit.flush()
        first = record.unpack(m.LOG, body)["first"]
        kept = self._store.log_first()
        sequence = max(first, kept)
        out = b""
        while sequence < self._store.log_next and len(out) < _BATCH:
            try:
                entry = self._store.log_read(sequence)
            except NightlatchError:
                entry = None  # damaged: the chain shows where, and the entries behind it can still be read
            if entry is not None:
                out += entry
            sequence += 1
        return record.pack(m.LOG_ANSWER, {"kept_from": kept, "next": sequence}) + out

    def _config_get(self, body: bytes) -> bytes:
        name = record.unpack(m.CONFIG_GET, body)["name"]
        if name not in self._config.names():
            raise Refused(n.C_NO_SUCH_SETTING)
        return record.pack(m.CONFIG_ANSWER, {"value": self._config.get(name)})

    def _config_set(self, body: bytes) -> bytes:
        ask = record.unpack(m.CONFIG_SET, body)
        if ask["name"] not in self._config.names():
            raise Refused(n.C_NO_SUCH_SETTING)
        if not self._config.set(ask["name"], ask["value"]):
            raise Refused(n.C_BAD_VALUE)
        self._audit.note(n.LINK_SERIAL, n.EVENT_CONFIG, n.HANDLE_NONE, n.OK)
        return b""

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

    from ..config import Config
    from ..reader.desk import Desk
    from .channel import Car

    Health = Callable[[], dict]
