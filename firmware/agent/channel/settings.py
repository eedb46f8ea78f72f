# SPDX-License-Identifier: MIT
"""Requests of a session about settings, time, and the end of all of them."""

from wire import messages as m
from wire import numbers as n
from wire import record

from .. import floor
from .consent import Refused, must_be_ok, need_consent


def _config_get(car: "Car", config: "Config", body: bytes) -> bytes:
    name = record.unpack(m.CONFIG_GET, body)["name"]
    if name not in config.names():
        raise Refused(n.C_NO_SUCH_SETTING)
    return record.pack(m.CONFIG_ANSWER, {"value": config.get(name)})


def _config_set(car: "Car", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.CONFIG_SET, body)
    if ask["name"] not in config.names():
        raise Refused(n.C_NO_SUCH_SETTING)
    if ask["name"] == "handed_over" and not ask["value"]:
        need_consent(car, config, n.R_CONFIG_SET)  # or whoever needs it could switch it off first
    if not config.set(ask["name"], ask["value"]):
        raise Refused(n.C_BAD_VALUE)
    car.audit.note(n.LINK_SERIAL, n.EVENT_CONFIG, n.HANDLE_NONE, n.OK)
    return b""


def _time(car: "Car", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.TIME, body)
    clock = car.clock
    if ask["what"] != m.TIME_SHOW:
        reason = floor.raise_to(car.store, clock, ask["seconds"], ask["what"] == m.TIME_JUMP)
        car.audit.note(n.LINK_SERIAL, n.EVENT_TIME, n.HANDLE_NONE, reason)
        must_be_ok(reason)
    kept = floor.kept(car.store)
    values = {"now": clock.unix(), "floor": kept, "trusted": int(clock.trusted), "uptime": clock.uptime()}
    return record.pack(m.TIME_ANSWER, values)


def _reset(car: "Car", config: "Config", body: bytes) -> bytes:
    record.unpack((), body)
    need_consent(car, config, n.R_RESET)
    car.reset()
    return b""


HANDLERS = {n.R_CONFIG_GET: _config_get, n.R_CONFIG_SET: _config_set, n.R_TIME: _time, n.R_RESET: _reset}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..config import Config
    from .channel import Car
