# SPDX-License-Identifier: MIT
"""read and change the car's settings"""

from typing import TYPE_CHECKING

from ..output import Outcome, pairs
from ..parser import add_verb, number

if TYPE_CHECKING:
    from ..context import Context
    from ..parser import Verbs


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    get_parser = add_verb(verbs, "get", get, "one setting, or all")
    get_parser.add_argument("name", metavar="NAME", nargs="?")
    set_parser = add_verb(verbs, "set", set_, "change one setting")
    set_parser.add_argument("name", metavar="NAME")
    set_parser.add_argument("value", metavar="VALUE", type=number(0, 0xFFFFFFFF))


def get(context: "Context") -> Outcome:
    """`config get`."""
    from ...device.losses import SETTINGS

    name = context.options.name
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        values = {each: session.config_get(each) for each in ([name] if name else SETTINGS)}
        return Outcome({"serial": session.car.serial, "settings": values}, pairs(values))


def set_(context: "Context") -> Outcome:
    """`config set`: done when it is durable in the car."""
    options = context.options
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        session.config_set(options.name, options.value)
        serial = session.car.serial
    return Outcome(
        {"serial": serial, "settings": {options.name: options.value}}, f"{options.name} of {serial} is {options.value}"
    )
