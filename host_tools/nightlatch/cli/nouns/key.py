# SPDX-License-Identifier: MIT
"""enrol, list, show and revoke keys; hand a phone its key"""

from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..output import Outcome, pairs
from ..parser import add_verb, number
from . import card

if TYPE_CHECKING:
    from ..context import Context
    from ..parser import Parser, Verbs

_HANDLE_LAST = 0xFFF0  # wire.numbers.HANDLE_LAST, held to it by a test: importing it costs start-up time


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    add_parser = add_verb(verbs, "add", add, "enrol a new key at the car")
    add_parser.add_argument("kind", choices=("phone", "card", "service"))
    add_parser.add_argument(
        "--role", choices=("owner", "driver", "guest", "valet", "service"), default="driver"
    )
    add_parser.add_argument(
        "--rights", metavar="LIST", help="such as unlock,lock (default: those of the role)"
    )
    add_parser.add_argument("--label", metavar="TEXT", default="", help="whose it is, up to 24 bytes")
    card.reader_options(add_parser)
    list_parser = add_verb(verbs, "list", list_, "all keys of a car")
    show_parser = add_verb(verbs, "show", show, "one key of a car, without its secret")
    revoke_parser = add_verb(verbs, "revoke", revoke, "make the car forget a key")
    clear_parser = add_verb(verbs, "clear", clear, "give a suspect key its rights back")
    rename_parser = add_verb(verbs, "rename", rename, "give a key another label")
    qr_parser = add_verb(verbs, "qr", qr, "hand a phone its key: a QR code or its text")
    qr_parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write .svg, .png or .txt, mode 0600 (default: show on the terminal)",
    )
    for parser in (show_parser, revoke_parser, clear_parser, rename_parser, qr_parser):
        parser.add_argument("handle", metavar="HANDLE", type=number(0, _HANDLE_LAST), help="the key's number")
    clear_parser.add_argument("code", metavar="CODE", help="what the phone that keeps the key shows; EPOCH for a card")
    rename_parser.add_argument("label", metavar="TEXT", help="up to 24 bytes")
    for parser in (list_parser, show_parser):
        parser.add_argument("--offline", action="store_true", help="ask the vault alone, not the car")
    for parser in (list_parser, show_parser, qr_parser):
        _car(parser)


def _car(parser: "Parser") -> None:
    parser.add_argument("--car", metavar="SERIAL", help="which car of the vault, if it holds several")


def add(context: "Context") -> Outcome:
    """`key add`."""
    from ...device import names, types
    from ...workshop.rows import vault_row

    options = context.options
    if options.kind == "card":
        return card.issue(context)
    kind, role = names.number(types.KINDS, options.kind), names.number(types.ROLES, options.role)
    rights = types.RIGHTS_OF_ROLE[role] if options.rights is None else names.rights_number(options.rights)
    _fits(options.label)
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        key = session.enrol(kind, role, rights, options.label)
    note = f"next: hand it over with `nightlatch key qr {key.handle}`"
    data = {"serial": key.serial, "key": vault_row(key)}
    return Outcome(data, f"enrolled key {key.handle} in {key.serial}", notes=[note])


def list_(context: "Context") -> Outcome:
    """`key list`."""
    serial, rows = _known(context)
    headers = ("HANDLE", "KIND", "ROLE", "STATE", "RIGHTS", "LABEL")
    table = [[row[header.lower()] for header in headers] for row in rows]
    return Outcome({"serial": serial, "keys": rows}, table=(headers, table))


def show(context: "Context") -> Outcome:
    """`key show`."""
    serial, rows = _known(context)
    for row in rows:
        if row["handle"] == context.options.handle:
            return Outcome({"serial": serial, "key": row}, pairs({"serial": serial} | row))
    from ...errors import HostError

    raise HostError(
        f"there is no key {context.options.handle}", "see `nightlatch key list`", device=serial, code="no_key"
    )


def revoke(context: "Context") -> Outcome:
    """`key revoke`: asks for the end of the serial first."""
    context.need_consent()
    handle = context.options.handle
    vault = context.vault()
    with context.client() as client:
        serial = vault.car(client.hello().serial).serial
        label = next((key.label for key in vault.keys(serial) if key.handle == handle), "")
        what = f"key {handle} ({label})" if label else f"key {handle}"
        context.confirm(f"{what} will never open the car {serial} again.", serial)
        with client.session(vault) as session:
            session.revoke(handle)
    return Outcome({"serial": serial, "handle": handle}, f"revoked {what}")


def clear(context: "Context") -> Outcome:
    """`key clear`."""
    from ...device.names import place

    handle = context.options.handle
    epoch, mark = place(context.options.code)
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        session.clear(handle, epoch, mark)
        serial = session.car.serial
    note = "the phone with that code has its rights again; every other copy of the key is out for good"
    return Outcome({"serial": serial, "handle": handle}, f"cleared key {handle}", notes=[note])


def rename(context: "Context") -> Outcome:
    """`key rename`."""
    options = context.options
    _fits(options.label)
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        session.rename(options.handle, options.label)
        serial = session.car.serial
    data = {"serial": serial, "handle": options.handle, "label": options.label}
    return Outcome(data, f"key {options.handle} is now called {options.label}")


def _fits(label: str) -> None:
    from ...wire.numbers import LABEL_MAX

    if len(label.encode("utf-8", "surrogateescape")) > LABEL_MAX:
        raise UsageError(f"the label is longer than {LABEL_MAX} bytes", "shorten it")


def qr(context: "Context") -> Outcome:
    """`key qr`."""
    from ...workshop import handover

    options = context.options
    context.check_target()
    vault = context.vault()
    car = vault.car(options.car)
    key = vault.key(car.serial, options.handle)
    url = handover.bundle_url(car, key)
    data = {"serial": car.serial, "handle": key.handle, "file": options.output}
    if options.output:
        handover.save(url, options.output, replace=options.yes)
        note = "whoever has this file can open the car: delete it once the phone has it"
        return Outcome(data, f"wrote {options.output}", notes=[note])
    context.confirm_display("What comes next opens the car; make sure that nobody looks over your shoulder.")
    return Outcome(data, handover.terminal(url))


def _known(context: "Context") -> tuple[str, list[dict[str, Any]]]:
    """Serial, and one row a key: what the car says, or with --offline what the vault says."""
    from ...workshop.rows import car_row, vault_row

    vault = context.vault()
    options = context.options
    if options.offline:
        car = vault.car(options.car)
        return car.serial, [vault_row(key) for key in vault.keys(car.serial)]
    with context.client() as client, client.session(vault) as session:
        serial = session.car.serial
        if options.car not in (None, serial):
            hint = "leave --car out, or use --offline"
            raise UsageError(f"the car at the port is {serial}, not {options.car}", hint)
        session.settle()
        return serial, [car_row(key) for key in session.keys()]
