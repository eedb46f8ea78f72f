# SPDX-License-Identifier: MIT
"""`nightlatch sim phone`: a holder in the terminal, near a simulated car or with a real Bluetooth controller."""

import asyncio
import socket
import sys
import time
from pathlib import Path
from typing import Any

from ..device.types import DOORS
from ..errors import HostError, NoDevice, UsageError
from ..link.running import running_car
from ..phone.act import act, told
from ..phone.holder import Holder, Result
from ..phone.nfc import NfcPhone
from ..phone.wallet import open_key
from ..wire import numbers as n
from . import tap

_ACTIONS = {"unlock": n.UNLOCK, "lock": n.LOCK, "trunk": n.TRUNK, "drive": n.DRIVE, "status": n.STATUS}
_KEY_MAX = 400
_TAP_S = 4.0
_PROMPT = "unlock, lock, trunk, drive, status or quit> "


def main(options: Any) -> int | dict[str, Any]:
    """Does the actions of the command line, or asks for them one by one. Returns {"ok", "acts"} or an exit code."""
    from platformdirs import user_data_path

    holder = open_key(_key(options.key_file), user_data_path("nightlatch") / "phones")
    wanted = [_number(word) for word in options.actions]
    if not wanted and options.json:
        raise UsageError("with --json the actions belong on the command line", "such as: unlock")
    try:
        if options.nfc:
            return _over_nfc(holder, wanted, options)
        return asyncio.run(_over_ble(holder, wanted, options))
    except ConnectionError:
        raise NoDevice("the simulated car is gone", "start it with `nightlatch sim start`") from None


def _key(name: str) -> str:
    try:
        text = sys.stdin.read(_KEY_MAX) if name == "-" else Path(name).read_text()[:_KEY_MAX]
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise UsageError(f"{name}: {reason}", "make one with `nightlatch key qr HANDLE -o FILE.txt`") from None
    return text.strip()


def _number(word: str) -> int:
    if word not in _ACTIONS:
        raise UsageError(f"{word!r} is no action", f"actions are {', '.join(_ACTIONS)}")
    return _ACTIONS[word]


async def _over_ble(holder: Holder, wanted: list[int], options: Any) -> int | dict[str, Any]:
    from ..phone.ble import BlePhone, open_hci

    spec = options.hci or running_car(options.car).hci
    if spec is None:
        raise NoDevice("this simulated car has no air", "start it again")
    async with open_hci(spec) as device:
        phone = BlePhone(device, holder.state.veil)

        async def one(action: int) -> Result:
            return await act(phone, holder, action, timeout=options.timeout)

        try:
            if wanted:
                return _sum([_show(word, await one(word), options.json) for word in wanted])
            while (word := await asyncio.to_thread(_ask)) is not None:
                try:
                    _show(word, await one(word), False)
                except HostError as error:
                    print(f"{error.message}; {error.hint}", file=sys.stderr)
            return 0
        finally:
            await phone.disconnect()


def _over_nfc(holder: Holder, wanted: list[int], options: Any) -> int | dict[str, Any]:
    path = running_car(options.car).nfc
    if path is None:
        raise NoDevice("this simulated car has no reader", "start it again")
    if wanted:
        return _sum([_show(action, _tap(holder, action, path), options.json) for action in wanted])
    while (word := _ask()) is not None:
        _show(word, _tap(holder, word, path), False)
    return 0


def _tap(holder: Holder, action: int, path: str) -> Result:
    """Holds the phone to the reader until the car has answered or nothing happens for a while."""
    phone = NfcPhone(holder, action)
    end = time.monotonic() + _TAP_S
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        while time.monotonic() < end:
            link.settimeout(max(0.05, end - time.monotonic()))
            try:
                apdu = tap.receive(link)
            except TimeoutError:
                break
            if not apdu:
                break
            tap.send(link, phone.transceive(apdu))
            if phone.results and not phone.results[-1].report:
                return _as_result(phone.results[-1])
    return _as_result(phone.results[-1]) if phone.results else Result(None)


def _as_result(value: object) -> Result:
    return value if isinstance(value, Result) else Result(None)


def _ask() -> int | None:
    while True:
        try:
            word = input(_PROMPT).strip()
        except EOFError:
            return None
        if word in ("quit", "q", "exit"):
            return None
        if word in _ACTIONS:
            return _ACTIONS[word]


def _show(action: int, result: Result, as_json: bool) -> dict[str, Any]:
    word = next(name for name, number in _ACTIONS.items() if number == action)
    doors = DOORS.get(result.doors, "unknown")
    if not as_json:
        print(f"{word}: {told(result)}" + (f" (doors {doors})" if result.ok else ""))
    return {
        "action": word,
        "ok": result.ok,
        "verdict": result.verdict,
        "told": told(result),
        "doors": doors,
        "suspect": result.suspect,
    }


def _sum(acts: list[dict[str, Any]]) -> dict[str, Any]:
    if all(one["ok"] for one in acts):
        return {"ok": True, "acts": acts}
    failed = next(one for one in acts if not one["ok"])
    raise HostError(
        f"{failed['action']}: {failed['told']}", "", code="refused", data={"acts": acts}
    )


