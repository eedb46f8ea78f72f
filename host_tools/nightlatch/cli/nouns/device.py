# SPDX-License-Identifier: MIT
"""find agents, ask what they are, claim blank ones, reset them"""

from typing import TYPE_CHECKING

from ..output import Outcome, pairs
from ..parser import add_verb, seconds

if TYPE_CHECKING:
    from ...vault.vault import Vault
    from ..context import Context
    from ..parser import Verbs


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    add_verb(verbs, "list", list_, "all devices here, and what each says of itself")
    info_parser = add_verb(verbs, "info", info, "what one device says of itself")
    info_parser.add_argument(
        "--status", action="store_true", help="also open a session and ask for its status"
    )
    add_verb(verbs, "doctor", doctor, "why it did not open, and which single loss would lock somebody out")
    add_verb(verbs, "claim", claim, "take a blank agent into the vault")
    reset_parser = add_verb(verbs, "reset", reset, "make an agent forget its keys, its log and whose it is")
    reset_parser.add_argument("--button", action="store_true", help="without the vault: somebody holds its button")
    reset_parser.add_argument(
        "--wait", metavar="SECONDS", type=seconds, default=30.0, help="for the button to be held (30)"
    )


def list_(context: "Context") -> Outcome:
    """`device list`: exit code 0 also when there is none."""
    from ...device.survey import survey
    from ...link import Found, choose, find

    port = context.options.port
    found = find() if port is None else [Found(choose(port), ())]
    rows = survey(found, context.options.timeout)
    table = [
        (row["url"], row["serial"] or "-", row["state"] or "-", row["board"] or "-", row["firmware"] or "-")
        for row in rows
    ]
    notes = [row["error"]["message"] for row in rows if row["error"]]
    if not rows:
        notes.append("no device was found; plug one in, or start one with `nightlatch sim start`")
    return Outcome(
        {"devices": rows}, table=(("PORT", "SERIAL", "STATE", "BOARD", "FIRMWARE"), table), notes=notes
    )


def info(context: "Context") -> Outcome:
    """`device info`."""
    from dataclasses import asdict

    from ...device import losses
    from ...device.survey import hello_data
    from ..output import clean

    vault = context.vault() if context.options.status else None
    told: list[str] = []
    with context.client() as client:
        data = hello_data(client.hello())
        if vault is not None:
            with client.session(vault) as session:
                status = session.status()
                data |= {"status": asdict(status), "keys": status.keys()}
                lost, labels = session.losses(), _labels(vault, session.car.serial)
                data["losses"] = losses.data(lost, labels)
                for what, todo in losses.words(lost, labels):
                    told += [f"- {clean(what)}"] + ([f"    do: {clean(todo)}"] if todo else [])
    shown = {name: value for name, value in data.items() if name not in ("status", "keys", "losses")}
    if "status" in data:
        shown |= {"keys": "{given:,} given, {left:,} left of {fit:,}; revoked ones count".format_map(data["keys"])}
        shown |= {name: value for name, value in data["status"].items() if name not in ("next_handle", "capacity")}
    text = pairs(shown)
    return Outcome(data, "\n".join([text, "", "Its flash is damaged:", *told] if told else [text]))


def _labels(vault: "Vault", serial: str) -> dict[int, str]:
    return {key.handle: key.label for key in vault.keys(serial)}


def doctor(context: "Context") -> Outcome:
    """`device doctor`: exit code 0 also when there is something to do; `healthy` says so to programs."""
    from dataclasses import asdict

    from ...device import doctor as library
    from ..output import clean

    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        serial = session.car.serial
        keys, log, lost = session.keys(), list(session.log()), session.losses()  # reading finds more
        facts = library.Facts(session.status(), session.time(), keys, log, lost, _labels(vault, serial))
    report = library.examine(facts)
    lines = [f"{serial}: " + ("nothing is wrong" if report.healthy else "there is something to do"), ""]
    for finding in report.findings:
        lines += [f"- {clean(finding.what)}"] + ([f"    do: {clean(finding.todo)}"] if finding.todo else [])
    lines += ["", "If this is lost …"]
    for loss in report.losses:
        lines.append(f"- {clean(loss.what)}: {clean(loss.effect)}")
        lines += [f"    do: {clean(loss.todo)}"] if loss.todo else []
    return Outcome({"serial": serial, "healthy": report.healthy} | asdict(report), "\n".join(lines))


def claim(context: "Context") -> Outcome:
    """`device claim`. A blank agent under the serial of a car that we hold may be another agent: that is asked."""
    from ...vault.records import ACTIVE
    from ...wire.numbers import AGENT_BLANK

    vault = context.vault()
    with context.client() as client:
        hello = client.hello()
        held = any(car.serial == hello.serial and car.state == ACTIVE for car in vault.cars())
        if held and hello.state == AGENT_BLANK:
            context.confirm(
                f"The vault holds {hello.serial} already: claiming it again forgets all its keys.",
                hello.serial,
            )
        car = client.claim(vault)
    return Outcome(
        {"serial": car.serial, "board": car.board},
        f"claimed {car.serial}",
        notes=["next: enrol the owner's phone with `nightlatch key add phone --role owner`"],
    )


def reset(context: "Context") -> Outcome:
    """`device reset`: with the car's link key, or with `--button` by whoever is inside the car."""
    options = context.options
    context.need_consent()
    vault = None if options.button else context.vault()
    with context.client() as client:
        serial = client.hello().serial
        context.confirm(f"{serial} will open for nobody: all its keys, its settings and its log are erased.", serial)
        if vault is None:
            context.note("hold the button down until this is done")
            client.reset(options.wait)
        else:
            with client.session(vault) as session:
                session.reset()
    notes = ["next: `nightlatch device claim` within a minute; before, wipe its old cards: `card wipe --reader pcsc`"]
    return Outcome({"serial": serial}, f"{serial} is blank", notes=notes)
