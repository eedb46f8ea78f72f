# SPDX-License-Identifier: MIT
"""`nightlatch sim phone`: a holder in the terminal, near a simulated car or with a real Bluetooth controller."""

import asyncio
import shlex
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...device import names
from ...device.types import DOORS, KEY_STATES, KINDS, ROLES
from ...errors import HostError, NoDevice, UsageError
from ...link.running import running_car
from ...phone import requests
from ...phone.ble import BlePhone, open_hci
from ...phone.exchange import act, told
from ...phone.holder import Holder
from ...phone.passes import Introduction, introduce
from ...phone.state import Result
from ...phone.wallet import open_any
from ...wire import numbers as n
from .typed import KNOWN, Wanted, parse
from .visit import tap

_URL_MAX = 700

One = Callable[[Wanted], Awaitable[Result]]


def main(options: Any) -> int | dict[str, Any]:
    """Does the actions of the command line, or asks for them one by one. Returns {"ok", "acts"} or an exit code."""
    holder = open_any(read_url(options.key_file), folder())
    wanted = parse(options.actions)
    if not wanted and options.json:
        raise UsageError("with --json the actions belong on the command line", "such as: unlock")
    try:
        return asyncio.run(_run(holder, wanted, options))
    except ConnectionError:
        raise NoDevice("the simulated car is gone", "start it with `nightlatch sim start`") from None


def folder() -> Path:
    """Where this user's phones remember their keys."""
    from platformdirs import user_data_path

    return user_data_path("nightlatch") / "phones"


def read_url(name: str) -> str:
    """The URL in a file; - is stdin. UsageError where there is none."""
    try:
        text = sys.stdin.read(_URL_MAX) if name == "-" else Path(name).read_text()[:_URL_MAX]
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise UsageError(f"{name}: {reason}", "make one with `nightlatch key qr HANDLE -o FILE.txt`") from None
    return text.strip()


async def _run(holder: Holder | Introduction, wanted: list[Wanted], options: Any) -> int | dict[str, Any]:
    if options.nfc:
        path = running_car(options.car).nfc
        if path is None:
            raise NoDevice("this simulated car has no reader", "start it again")

        async def by_tap(what: Wanted) -> Result:
            if not what.action:
                return _code(here)
            return await asyncio.to_thread(tap, here, what.action, path, what.body)

        if isinstance(holder, Introduction):
            result = await asyncio.to_thread(tap, holder, n.INTRODUCE, path)
            holder = _let_in(holder, result)
        here = holder
        return await _serve(by_tap, wanted, options)
    veil = holder.one.veil if isinstance(holder, Introduction) else holder.state.veil
    async with near(options, veil) as phone:
        if isinstance(holder, Introduction):
            holder = _let_in(holder, await introduce(phone, holder, options.timeout))
        there = holder

        async def by_radio(what: Wanted) -> Result:
            if not what.action:
                return _code(there)
            return await act(phone, there, what.action, timeout=options.timeout, body=what.body)

        return await _serve(by_radio, wanted, options)


@asynccontextmanager
async def near(options: Any, veil: bytes | None) -> AsyncIterator[BlePhone]:
    """A phone near the car that --car names, or with the controller of --hci."""
    spec = options.hci or running_car(options.car).hci
    if spec is None:
        raise NoDevice("this simulated car has no air", "start it again")
    async with open_hci(spec) as device:
        phone = BlePhone(device, veil)
        try:
            yield phone
        finally:
            await phone.disconnect()


def _code(holder: Holder | Introduction) -> Result:
    """Where this phone stands, for whoever clears its key. The car is not asked."""
    if isinstance(holder, Holder):
        print(f"this phone stands at {holder.state.code}")
    return Result(n.OK)


def _let_in(shown: Introduction, result: Result) -> Holder:
    if shown.holder is None:
        raise HostError(f"the pass: {told(result)}", "", code="refused")
    return shown.holder


async def _serve(one: One, wanted: list[Wanted], options: Any) -> int | dict[str, Any]:
    if wanted:
        return _sum([await _done(one, what, options.json) for what in wanted])
    while (line := await asyncio.to_thread(_ask)) is not None:
        try:
            for what in parse(line):
                await _done(one, what, False)
        except HostError as error:
            print(f"{error.message}; {error.hint}", file=sys.stderr)
    return 0


async def _done(one: One, what: Wanted, as_json: bool) -> dict[str, Any]:
    if what.word in ("wanted", "approve"):
        return await _consent(one, what, as_json)
    if what.word != "list":
        return _show(what, await one(what), as_json)
    keys: list[requests.HeldKey] = []
    first: int | None = 0
    while first is not None:
        result = await one(replace(what, body=requests.listing(first)[1]))
        if not result.ok:
            return _show(what, result, as_json)
        more, first = requests.page(result.reply)
        keys += more
    rows = [_row(key) for key in keys]
    for row in [] if as_json else rows:
        print("  ".join(str(value) for value in row.values()))
    return _show(what, result, as_json) | {"keys": rows}


async def _consent(one: One, what: Wanted, as_json: bool) -> dict[str, Any]:
    """What waits for an owner's consent; and the consent, to what a person named by its code."""
    result = await one(what)
    if not result.ok:
        return _show(what, result, as_json)
    asked = requests.read_wanted(result.reply)
    code = asked.digest[:4].hex()
    fields = asked.request, asked.handle, asked.kind, asked.role, asked.rights, asked.text, asked.value, asked.key
    line = names.asked(*fields)
    if what.code and what.code != code:
        raise UsageError(f"what waits for consent has the code {code}", f"it is: {line}")
    if what.code:
        action, body = requests.approve(asked)
        result = await one(replace(what, action=action, body=body))
    if not as_json:
        print(line + ("" if what.code else f": `approve {code}` says yes to this, and to nothing else"))
    return _show(what, result, as_json) | {"asked": line, "code": code}


def _row(key: requests.HeldKey) -> dict[str, Any]:
    words = {"kind": KINDS.get(key.kind), "role": ROLES.get(key.role), "state": KEY_STATES.get(key.state)}
    return {"handle": key.handle, **words, "label": key.label}


def _ask() -> list[str] | None:
    while True:
        try:
            words = shlex.split(input(", ".join(KNOWN) + " or quit> "))
        except EOFError:
            return None
        except ValueError:
            continue
        if words[:1] in (["quit"], ["q"], ["exit"]):
            return None
        if words:
            return words


def _show(what: Wanted, result: Result, as_json: bool) -> dict[str, Any]:
    doors = DOORS.get(result.doors, "unknown")
    if not as_json:
        print(f"{what.word}: {told(result)}" + (f" (doors {doors})" if result.ok else ""))
    return {
        "action": what.word,
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
    raise HostError(f"{failed['action']}: {failed['told']}", "", code="refused", data={"acts": acts})
