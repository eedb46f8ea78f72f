# SPDX-License-Identifier: MIT
"""show and set the car's time"""

from typing import TYPE_CHECKING, Any

from ..output import Outcome, pairs
from ..parser import add_verb

if TYPE_CHECKING:
    from ...device.types import CarTime
    from ..context import Context
    from ..parser import Verbs


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    add_verb(verbs, "show", show, "what time the car takes it to be")
    set_parser = add_verb(verbs, "set", set_, "raise the car's time to the computer's")
    set_parser.add_argument("--to", metavar="TIME", help="ISO 8601, in place of the computer's clock")
    set_parser.add_argument("--far", action="store_true", help="insist on a step of more than 400 days")


def show(context: "Context") -> Outcome:
    """`time show`."""
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        return _outcome(session.car.serial, session.time())


def set_(context: "Context") -> Outcome:
    """`time set`: it never falls, so a step far ahead is asked for twice."""
    import time

    from ...device.names import moment, unix

    options = context.options
    seconds = int(time.time()) if options.to is None else unix(options.to)
    if options.far:
        context.need_consent()
    vault = context.vault()
    with context.client() as client:
        serial = vault.car(client.hello().serial).serial
        if options.far:
            context.confirm(f"{serial} will never again take it to be before {moment(seconds)}.", serial)
        with client.session(vault) as session:
            return _outcome(serial, session.set_time(seconds, options.far))


def _outcome(serial: str, found: "CarTime") -> Outcome:
    import time

    from ...device.names import moment

    data: dict[str, Any] = {"serial": serial, "now": found.now or None, "floor": found.floor or None}
    data |= {"trusted": found.trusted, "uptime": found.uptime}
    data["behind"] = int(time.time()) - found.now if found.trusted else None
    shown = data | {name: moment(data[name]) for name in ("now", "floor") if data[name]}
    notes = [] if found.trusted else ["after a power loss the time is a lower bound: guests wait until it is set"]
    return Outcome(data, pairs({name: "-" if value is None else value for name, value in shown.items()}), notes=notes)
