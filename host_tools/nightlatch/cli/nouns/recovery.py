# SPDX-License-Identifier: MIT
"""recovery codes: print a sheet, open a car with one"""

from typing import TYPE_CHECKING

from ...errors import UsageError
from ..output import Outcome
from ..parser import add_verb, number

if TYPE_CHECKING:
    from ...phone.recovery import Code
    from ...phone.state import Result
    from ..context import Context
    from ..parser import Verbs


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    sheet_parser = add_verb(verbs, "sheet", sheet, "enrol codes that open once, and print them")
    sheet_parser.add_argument("--count", metavar="N", type=number(1, 12), default=6, help="how many (6)")
    sheet_parser.add_argument("-o", "--output", metavar="FILE", required=True, help="an .svg to print, mode 0600")
    use_parser = add_verb(verbs, "use", use, "open a car with a code: by cable, or over Bluetooth; no vault is needed")
    use_parser.add_argument("--code-file", metavar="FILE", help="read the code from FILE; - is stdin (default: ask)")
    where = use_parser.add_mutually_exclusive_group()
    where.add_argument("--car", metavar="NAME", help="over Bluetooth, near this simulated car")
    where.add_argument("--hci", metavar="SPEC", help="over Bluetooth, with this controller")


def sheet(context: "Context") -> Outcome:
    """`recovery sheet`: the codes are nowhere but on it."""
    from pathlib import Path

    from ...phone import recovery
    from ...wire import numbers as n
    from ...workshop import recovery_sheet

    options = context.options
    target = Path(options.output)
    if target.suffix.lower() != ".svg":
        raise UsageError("-o wants a file that ends in .svg", "such as -o recovery.svg; any browser prints it")
    if target.exists() and not options.yes:
        raise UsageError(f"{target} exists already", "name another file, or replace it with --yes")
    vault = context.vault()
    codes: list[Code] = []
    with context.client() as client, client.session(vault) as session:
        serial = session.car.serial
        session.settle()
        session.need_room(options.count)  # half a sheet would be none
        try:
            for place in range(options.count):
                code = recovery.new(session.status().next_handle)
                label = f"recovery {place + 1} of {options.count}"
                session.enrol(n.KIND_RECOVERY, n.ROLE_GUEST, n.RIGHT_UNLOCK, label, code.root)
                codes.append(code)
        finally:
            if codes:  # what the car took is printed, whatever came after
                recovery_sheet.save(target, serial, codes, options.yes)
                for code in codes:
                    vault.forget_root(serial, code.handle)
    data = {"serial": serial, "file": options.output, "handles": [code.handle for code in codes]}
    notes = ["print it, then delete the file: whoever reads it can open the car", "an old sheet stays valid until"]
    notes[1] += " its keys are revoked: `nightlatch key list` shows them as kind recovery"
    return Outcome(data, f"{len(codes)} codes for {serial} in {options.output}", notes=notes)


def use(context: "Context") -> Outcome:
    """`recovery use`."""
    from ...device.types import DOORS
    from ...errors import HostError
    from ...phone import recovery
    from ...phone.exchange import told
    from ...wire import numbers as n

    code = recovery.parse(_read(context.options.code_file))
    result = _over_ble(context, code) if context.options.car or context.options.hci else _by_cable(context, code)
    if result.verdict == n.REVOKED:
        raise HostError("this code was used before, or was revoked", "take another one", code="code_used")
    if not result.ok:
        what = told(result) if result.verdict is not None else "this car does not know the code"
        raise HostError(what, "check the number before the first hyphen", code="code_refused")
    doors = DOORS.get(result.doors, "unknown")
    return Outcome({"handle": code.handle, "doors": doors}, f"opened; cross out code {code.handle}: it is used up")


def _by_cable(context: "Context", code: "Code") -> "Result":
    with context.client() as client:
        return client.recover(code)


def _over_ble(context: "Context", code: "Code") -> "Result":
    import asyncio

    from ...phone.recovery import recover
    from ...sim.terminal.phone import near

    async def there() -> "Result":
        async with near(context.options, None) as phone:
            return await recover(phone, code, context.options.timeout)

    return asyncio.run(there())


def _read(name: str | None) -> str:
    import getpass
    import sys
    from pathlib import Path

    if name is None:
        if not sys.stdin.isatty():
            raise UsageError("there is no terminal to ask for the code at", "--code-file FILE, or - for stdin")
        return getpass.getpass("Recovery code, with its number: ")
    try:
        return sys.stdin.readline(200) if name == "-" else Path(name).read_text()[:200].strip()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{name}: {getattr(error, 'strerror', None) or 'not a text'}", "") from None
