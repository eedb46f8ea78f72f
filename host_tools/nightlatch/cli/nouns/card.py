# SPDX-License-Identifier: MIT
"""key cards: make one, check one, give one back"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..output import Outcome
from ..parser import add_verb, seconds

if TYPE_CHECKING:
    from ...card import Report
    from ...vault import Key, Vault
    from ...workshop.cards import Reader, Workshop
    from ...workshop.session import Session
    from ..context import Context
    from ..parser import Parser, Verbs

_ROLES = ("owner", "driver", "guest", "valet", "service")


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    issue_parser = add_verb(verbs, "issue", issue, "make a factory-fresh NTAG 424 DNA a key of the car")
    issue_parser.add_argument("--role", choices=_ROLES, default="driver")
    issue_parser.add_argument("--rights", metavar="LIST", help="such as unlock,lock (default: those of the role)")
    issue_parser.add_argument("--label", metavar="TEXT", default="", help="whose it is, up to 24 bytes")
    check_parser = add_verb(verbs, "check", check, "try a card's keys and read where its tickets stand")
    check_parser.add_argument("--car", metavar="SERIAL", help="which car of the vault, with a PC/SC reader")
    wipe_parser = add_verb(verbs, "wipe", wipe, "revoke a card and give it back as it came from the factory")
    wipe_parser.add_argument("--card-only", action="store_true", help="do not ask the car; revoke the key later")
    wipe_parser.add_argument("--car", metavar="SERIAL", help="which car of the vault, with --card-only")
    for parser in (issue_parser, check_parser, wipe_parser):
        reader_options(parser)


def reader_options(parser: "Parser") -> None:
    """Where the card is, and how long to wait for it."""
    parser.add_argument("--reader", metavar="WHERE", type=_place, default="car", help="car (its own), or pcsc[:NAME]")
    parser.add_argument("--wait", metavar="SECONDS", type=seconds, default=30.0, help="for the card (30)")


def _place(text: str) -> str:
    if text != "car" and text.partition(":")[0] != "pcsc":
        raise argparse.ArgumentTypeError("car, pcsc or pcsc:NAME")
    return text


def issue(context: "Context") -> Outcome:
    """`card issue`, and `key add card`."""
    from ...device import names, types
    from ...wire.numbers import LABEL_MAX
    from ...workshop.cards import Job

    options = context.options
    role = names.number(types.ROLES, options.role)
    rights = types.RIGHTS_OF_ROLE[role] if options.rights is None else names.rights_number(options.rights)
    if len(options.label.encode("utf-8", "surrogateescape")) > LABEL_MAX:
        raise UsageError(f"the label is longer than {LABEL_MAX} bytes", "shorten it")
    with _pcsc(context) as reader, _at_car(context, context.vault(), reader) as (shop, session):
        key, report = shop.issue(session, Job(role, rights, options.label))
    return Outcome(_data(key, report), f"the card is key {key.handle} of {key.serial}")


def check(context: "Context") -> Outcome:
    """`card check`."""
    vault = context.vault()
    with _pcsc(context) as reader:
        if reader is not None:
            key, report = _offline(context, vault, reader).check()
        else:
            with _at_car(context, vault, None) as (shop, _):
                key, report = shop.check()
    text = f"key {key.handle} of {key.serial} ({key.state}): the keys are ours, the newest ticket is {report.epoch}"
    return Outcome(_data(key, report), text)


def wipe(context: "Context") -> Outcome:
    """`card wipe`: asks for the end of the serial first."""
    context.need_consent()
    vault = context.vault()
    options = context.options
    with _pcsc(context) as reader:
        if options.card_only:
            if reader is None:
                raise UsageError("--card-only needs a PC/SC reader", "add --reader pcsc")
            context.confirm("The card at the reader will open nothing any more.", vault.car(options.car).serial)
            key, report = _offline(context, vault, reader).wipe(None)
        else:
            loss = "The card at the reader will be revoked and erased."
            with _at_car(context, vault, reader, loss) as (shop, session):
                key, report = shop.wipe(session)
    done = "the card is as it came from the factory"
    if key is None:
        return Outcome({"uid": report.uid, "card": report.state, "key": None}, done)
    notes = [] if key.state == "revoked" else [f"revoke it at the car: `nightlatch key revoke {key.handle}`"]
    return Outcome(_data(key, report), f"{done}; it was key {key.handle} of {key.serial}", notes=notes)


@contextmanager
def _pcsc(context: "Context") -> "Iterator[Reader | None]":
    """The PC/SC reader that the options name; None for the car's own."""
    kind, _, name = context.options.reader.partition(":")
    if kind == "car":
        yield None
        return
    from ...card.pcsc import PcscReader

    reader = PcscReader(name)
    try:
        yield reader
    finally:
        reader.close()


def _offline(context: "Context", vault: "Vault", reader: "Reader") -> "Workshop":
    from ...workshop.cards import Workshop

    return Workshop(vault, vault.car(context.options.car), reader, _told(context), context.options.wait)


@contextmanager
def _at_car(
    context: "Context", vault: "Vault", reader: "Reader | None", loss: str = ""
) -> "Iterator[tuple[Workshop, Session]]":
    """A workshop with a session, over the given reader or the car's own; `loss` is confirmed first."""
    from ...card.reader import CarReader
    from ...workshop.cards import Workshop

    with context.client() as client:
        if loss:
            context.confirm(loss, client.hello().serial)
        with client.session(vault) as session:
            car = vault.car(session.car.serial)
            place = reader or CarReader(session)
            yield Workshop(vault, car, place, _told(context), context.options.wait), session


def _told(context: "Context") -> Callable[[str], None]:
    return context.note


def _data(key: "Key", report: "Report") -> dict[str, Any]:
    from ...workshop.rows import vault_row

    return {"uid": report.uid, "card": report.state, "epoch": report.epoch, "key": vault_row(key)}
