# SPDX-License-Identifier: MIT
"""lend a key: make, read and end passes"""

from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..output import Outcome, pairs
from ..parser import add_verb, number

if TYPE_CHECKING:
    from ...phone.passes import Pass
    from ..context import Context
    from ..parser import Verbs


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    create_parser = add_verb(verbs, "create", create, "make a pass offline, or narrow one that you were given")
    source = create_parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--key", metavar="FILE", dest="key_file", help="a file with your key's URL; - is stdin")
    source.add_argument("--pass", metavar="FILE", dest="pass_file", help="a file with the pass to narrow")
    create_parser.add_argument("--actions", metavar="LIST", help="such as unlock,lock")
    create_parser.add_argument("--from", metavar="TIME", dest="start", help="not before; ISO 8601, local time")
    create_parser.add_argument("--until", metavar="TIME", help="not after; ISO 8601, local time")
    create_parser.add_argument("--uses", metavar="N", type=number(1, 65534), help="so many times")
    create_parser.add_argument(
        "--hours", metavar="HOURS", action="append", default=[], help="such as mon-fri,08:00-18:00, in UTC"
    )
    create_parser.add_argument("--lasts", metavar="SPAN", help="so long from the first use: 90m, 12h, 3d")
    create_parser.add_argument("--depth", metavar="N", type=number(0, 3), help="may be lent on so many times (0)")
    create_parser.add_argument("--label", metavar="TEXT", default="", help="what the guest's phone calls it")
    create_parser.add_argument("-o", "--output", metavar="FILE", help="write .svg, .png or .txt, mode 0600")
    inspect_parser = add_verb(verbs, "inspect", inspect, "what a pass allows")
    inspect_parser.add_argument("file", metavar="FILE", help="a file with the pass's URL; - is stdin")
    revoke_parser = add_verb(verbs, "revoke", revoke, "end passes, at the car, with the key that made them")
    revoke_parser.add_argument("--key", metavar="FILE", dest="key_file", required=True, help="who made them")
    what = revoke_parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--pass", metavar="FILE", dest="pass_file", help="this pass, shown to the car or not")
    what.add_argument("--all", action="store_true", help="all that this key ever made")
    where = revoke_parser.add_mutually_exclusive_group()
    where.add_argument("--car", metavar="NAME", default="car", help="the simulated car to be near (car)")
    where.add_argument("--hci", metavar="SPEC", help="a Bluetooth controller, as bumble names it")


def create(context: "Context") -> Outcome:
    """`pass create`."""
    from ...phone import passes
    from ...phone.wallet import open_key
    from ...sim.terminal.phone import folder, read_url
    from ...workshop import handover

    options = context.options
    context.check_target()
    wanted = _caveats(options)
    if options.key_file:
        holder = open_key(read_url(options.key_file), folder())
        made = passes.issue(holder, wanted, options.label)
    else:
        if not wanted:
            raise UsageError("nothing to narrow it by", "such as --uses 1 or --until 2026-06-01")
        made = passes.narrow(passes.decode(read_url(options.pass_file)), wanted)
    url = passes.encode(made)
    data = _describe(made) | {"file": options.output}
    if options.output:
        handover.save(url, options.output, replace=options.yes)
        notes = ["whoever has this file can use the pass; the first phone to show it at the car has it"]
        return Outcome(data, pairs(data), notes=notes)
    context.confirm_display("What comes next lets its reader into the car, within the limits of the pass.")
    return Outcome(data, handover.terminal(url))


def inspect(context: "Context") -> Outcome:
    """`pass inspect`: what its caveats leave. Only the car can say whether it is genuine."""
    from ...phone import passes
    from ...sim.terminal.phone import read_url

    data = _describe(passes.decode(read_url(context.options.file)))
    return Outcome(data, pairs(data))


def revoke(context: "Context") -> Outcome:
    """`pass revoke`: asks the car over Bluetooth; no workshop is needed."""
    import asyncio

    from ...errors import HostError
    from ...phone import passes, requests
    from ...phone.exchange import told
    from ...phone.wallet import open_key
    from ...sim.terminal.phone import folder, near, read_url

    options = context.options
    holder = open_key(read_url(options.key_file), folder())
    wanted = requests.end_passes()
    ident = None
    if not options.all:
        one = passes.decode(read_url(options.pass_file))
        if one.issuer != holder.state.handle:
            raise UsageError(f"the pass was made by key {one.issuer}, not {holder.state.handle}", "ask its issuer")
        ident, wanted = one.ident, requests.end_pass(one.ident)

    async def at_the_car() -> None:
        async with near(options, holder.state.veil) as phone:
            result = await requests.ask(phone, holder, wanted, options.timeout)
            if not result.ok:
                raise HostError(told(result), "", code="refused")

    asyncio.run(at_the_car())
    if options.all:
        holder.ended_passes()
    return Outcome({"ended": "all" if ident is None else ident.hex()}, "ended at the car, for ever")


def _caveats(options: Any) -> list[bytes]:
    from ...device import names
    from ...phone import spans
    from ...wire import caveats as c
    from ...wire.errors import WireError

    made = []
    try:
        if options.depth is not None:
            made.append(c.caveat(c.DEPTH, options.depth))
        if options.actions is not None:
            made.append(c.caveat(c.ACTIONS, names.rights_number(options.actions)))
        if options.start is not None:
            made.append(c.caveat(c.NOT_BEFORE, names.unix(options.start)))
        if options.until is not None:
            made.append(c.caveat(c.NOT_AFTER, names.unix(options.until)))
        if options.uses is not None:
            made.append(c.caveat(c.USES, options.uses))
        if options.lasts is not None:
            made.append(c.caveat(c.LIFETIME, spans.span(options.lasts)))
        made += [c.weekly(*spans.hours(text)) for text in options.hours]
    except WireError as error:
        raise UsageError(str(error), "see `nightlatch pass create --help`") from None
    return made


def _describe(one: "Pass") -> dict[str, Any]:
    from ...device import names
    from ...phone import spans
    from ...wire import caveats as c

    limits = one.limits
    return {
        "id": one.ident.hex(),
        "issuer": one.issuer,
        "label": one.label,
        "actions": names.rights_text(limits.mask),
        "from": names.moment(limits.not_before) if limits.not_before else None,
        "until": names.moment(limits.not_after) if limits.not_after != c.NEVER else None,
        "uses": limits.uses if limits.uses != c.UNCOUNTED else None,
        "hours": spans.text(limits.hours) or None,
        "lasts": limits.lifetime if limits.lifetime != c.NEVER else None,
        "depth": limits.depth,
        "caveats": len(one.caveats),
    }
