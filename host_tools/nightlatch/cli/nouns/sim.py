# SPDX-License-Identifier: MIT
"""simulated cars: start one, run the story, be a phone or a card, hold the button"""

from typing import TYPE_CHECKING

from ...errors import EXIT_FAILED, EXIT_OK, HostError, UsageError
from ..output import Outcome
from ..parser import add_verb, seconds

if TYPE_CHECKING:
    from ..context import Context
    from ..parser import Verbs

_CAR = "car"


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    start_parser = add_verb(verbs, "start", start, "run a simulated car and show it live")
    start_parser.add_argument(
        "--name", metavar="NAME", default=_CAR, help="what its URL sim:NAME will say (car)"
    )
    start_parser.add_argument(
        "--hci", metavar="SPEC", help="hand out a controller, such as tcp-server:127.0.0.1:9000"
    )
    start_parser.add_argument("--plain", action="store_true", help="lines of text instead of a live picture")
    start_parser.add_argument("--fresh", action="store_true", help="forget what this car learned before")
    add_verb(verbs, "demo", demo, "the whole story, from a blank car to a verified log")
    phone_parser = add_verb(verbs, "phone", phone, "a phone in the terminal")
    phone_parser.add_argument(
        "--key",
        metavar="FILE",
        dest="key_file",
        required=True,
        help="a file with the URL of the key or pass; - is stdin",
    )
    where = phone_parser.add_mutually_exclusive_group()
    where.add_argument("--car", metavar="NAME", default=_CAR, help="the simulated car to be near (car)")
    where.add_argument("--hci", metavar="SPEC", help="a Bluetooth controller, as bumble names it")
    phone_parser.add_argument("--nfc", action="store_true", help="tap the reader instead of using Bluetooth")
    acts = "unlock, lock, trunk, drive, status; list, revoke HANDLE, clear HANDLE CODE, rename HANDLE NAME, "
    acts += "wanted, approve CODE, time, code"
    phone_parser.add_argument("actions", metavar="ACTION", nargs="*", help=acts)
    card_parser = add_verb(verbs, "card", card, "hold a virtual key card to the reader")
    card_parser.add_argument("card_file", metavar="FILE", help="where the card's memory is kept; a new one is made")
    card_parser.add_argument("--car", metavar="NAME", default=_CAR, help="the simulated car to be near (car)")
    card_parser.add_argument("--hold", metavar="SECONDS", type=seconds, default=2.0, help="how long (2)")
    button_parser = add_verb(verbs, "button", button, "hold the claim button of a simulated car")
    button_parser.add_argument("--car", metavar="NAME", default=_CAR, help="which one (car)")
    button_parser.add_argument("--hold", metavar="SECONDS", type=seconds, default=10.0, help="how long (10)")


def start(context: "Context") -> Outcome:
    """`sim start`: runs until it is stopped."""
    from ...link.url import car_name

    car_name(context.options.name)
    import nightlatch.sim.terminal.start as library

    return _ended(library.main(context.options))


def demo(context: "Context") -> Outcome:
    """`sim demo`."""
    from ...sim.story import demo as library

    return _ended(library.run(context.options.json))


def phone(context: "Context") -> Outcome:
    """`sim phone`."""
    from ...link.url import car_name

    options = context.options
    if options.key_file.strip().lower().startswith("nightlatch:"):
        # never repeated in the message: it may be the key
        raise UsageError(
            "--key takes a file, not the key itself: others can read a command line", "write it to a file"
        )
    car_name(options.car)
    import nightlatch.sim.terminal.phone as library

    return _ended(library.main(options))


def card(context: "Context") -> Outcome:
    """`sim card`."""
    from ...link.url import car_name
    from ...sim.terminal import hold

    car_name(context.options.car)
    done = hold.main(context.options)
    wrote = "the car wrote to it" if done["written"] else "nothing was written to it"
    return Outcome(done, f"card {done['uid']}: {done['apdus']} APDUs, {wrote}")


def button(context: "Context") -> Outcome:
    """`sim button`."""
    from ...link.url import car_name
    from ...sim.terminal import press

    options = context.options
    car_name(options.car)
    press.main(options.car, options.hold)
    return Outcome({"seconds": options.hold}, "let go")


def _ended(result: object) -> Outcome:
    """A library's own account of how it ended: an object with `ok`, an exit code, or nothing."""
    if isinstance(result, dict):
        if not result.get("ok", True):
            failed = [step.get("name", "?") for step in result.get("steps", []) if not step.get("ok")]
            raise HostError(
                "a step did not hold: " + ", ".join(failed) if failed else "it failed",
                "the account above says why",
                code="step_failed",
                data=result,
            )
        return Outcome(result)
    code = result if isinstance(result, int) else EXIT_OK
    if code == EXIT_FAILED:
        raise HostError("it failed", "the account above says why")
    return Outcome({}, exit_code=code)
