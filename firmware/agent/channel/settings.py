# SPDX-License-Identifier: MIT
"""Requests of a session about settings, time, and the end of all of them."""

from wire import messages as m
from wire import numbers as n
from wire import record

from .. import time_floor
from .refusals import Refused, must_be_ok, need_consent

_WEEK_S = 7 * 86400  # a step of the time beyond it wants consent


def _config_get(car: "Car", config: "Config", body: bytes) -> bytes:
    name = record.unpack(m.CONFIG_GET, body)["name"]
    if name not in config.names():
        raise Refused(n.C_NO_SUCH_SETTING)
    return record.pack(m.CONFIG_ANSWER, {"value": config.get(name)})


def _config_set(car: "Car", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.CONFIG_SET, body)
    if ask["name"] not in config.names():
        raise Refused(n.C_NO_SUCH_SETTING)
    if _weakens(config, ask["name"], ask["value"]):
        need_consent(car, config, n.R_CONFIG_SET, body, text=ask["name"], value=ask["value"])
    if not config.set(ask["name"], ask["value"]):
        raise Refused(n.C_BAD_VALUE)
    car.audit.note(n.LINK_SERIAL, n.EVENT_CONFIG, n.HANDLE_NONE, n.OK)
    return b""


def _weakens(config: "Config", name: str, value: int) -> bool:
    """Whether a setting would protect the car less than it does; handed_over first of all, or whoever needs consent
    could switch it off."""
    if name in ("handed_over", "strict"):
        return value < config.get(name)
    return name in ("passive", "drive_s") and value > config.get(name)


def _time(car: "Car", config: "Config", body: bytes) -> bytes:
    ask = record.unpack(m.TIME, body)
    clock = car.clock
    if ask["what"] != m.TIME_SHOW:
        if ask["seconds"] - clock.unix() > _WEEK_S:  # also where the time was never set
            need_consent(car, config, n.R_TIME, body, value=ask["seconds"])
        reason = time_floor.raise_to(car.store, clock, ask["seconds"], ask["what"] == m.TIME_JUMP)
        car.audit.note(n.LINK_SERIAL, n.EVENT_TIME, n.HANDLE_NONE, reason)
        must_be_ok(reason)
    kept = time_floor.kept(car.store)
    values = {"now": clock.unix(), "floor": kept, "trusted": int(clock.trusted), "uptime": clock.uptime()}
    return record.pack(m.TIME_ANSWER, values)


def _reset(car: "Car", config: "Config", body: bytes) -> bytes:
    record.unpack((), body)
    need_consent(car, config, n.R_RESET, body)
    car.reset()
    return b""


HANDLERS = {n.R_CONFIG_GET: _config_get, n.R_CONFIG_SET: _config_set, n.R_TIME: _time, n.R_RESET: _reset}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..config import Config
    from .car import Car
