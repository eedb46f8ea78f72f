# SPDX-License-Identifier: MIT
"""put the agent on a board: plan, write, verify"""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..output import Outcome
from ..parser import add_verb, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ...device.types import Hello
    from ...flash import Order, Plan
    from ..context import Context
    from ..parser import Parser, Verbs
    from ..progress import Bar


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    plan_parser = add_verb(verbs, "plan", plan, "say what a write would do, and what would be lost")
    _image(plan_parser)
    plan_parser.set_defaults(firmware=None)
    plan_parser.add_argument("--offline", action="store_true", help="from the files alone, no device is asked")
    write_parser = add_verb(verbs, "write", write, "write it, verify it; goes on where an earlier one was cut short")
    _image(write_parser)
    verify_parser = add_verb(verbs, "verify", verify, "compare what a device holds with the image")
    _image(verify_parser, erases=False)
    for parser in (write_parser, verify_parser):
        parser.add_argument("--firmware", metavar="VERSION", help="what the agent must say it is (UF2 boards)")
    write_parser.add_argument(
        "--wait", metavar="SECONDS", type=seconds, default=30.0, help="for the agent to start (30; UF2 boards)"
    )


def _image(parser: "Parser", erases: bool = True) -> None:
    parser.add_argument("image", metavar="IMAGE", help="UF2; for an ESP32 what was built, or MicroPython's stock image")
    parser.add_argument("--board", metavar="NAME", required=True, help="its folder in boards/")
    parser.add_argument(
        "--agent", metavar="FILE", help="an update to lay beside a stock image (default: the agent of this release)"
    )
    parser.add_argument("--sha256", metavar="FILE", help="the image's checksum (default: IMAGE.sha256, if there)")
    parser.add_argument("--drive", metavar="PATH", help="the boot ROM's drive (default: the only one)")
    parser.set_defaults(erase_store=False)
    if erases:
        parser.add_argument("--erase-store", action="store_true", help="also erase claim, keys and log")


def plan(context: "Context") -> Outcome:
    """`flash plan`: reads, never writes."""
    job = _order(context)
    if context.options.offline:
        return _shown(job.plan(), None)
    with job.device(context.options.port, _drive(context)) as device:
        return _shown(device.plan(), device.unfinished())


def write(context: "Context") -> Outcome:
    """`flash write`: asks for the end of the serial first if anything is lost."""
    options = context.options
    if options.erase_store:
        context.need_consent()
    job = _order(context)
    with job.device(options.port, _drive(context)) as device:
        made = device.plan()
        unfinished = device.unfinished()
        if unfinished:
            context.note(unfinished)
        if made.lost:
            context.confirm(f"Will be lost: {'; '.join(made.lost)}.", device.name)
        with _bar(context, device.name) as bar:
            written = device.write(made, bar)
            hello = device.started(options.port, options.wait, bar)
    data = made.data() | {"written": written} | _hello(hello)
    if hello is None and made.board.method == "uf2":
        from ...errors import ManualStep

        hint = "plug it in without BOOTSEL, then run `nightlatch flash verify`"
        raise ManualStep("the boot ROM took all of it; no agent has answered yet", hint, data=data | {"by": None})
    text = f"{device.name}: {written} bytes written, " if written else f"{device.name}: it is there already, "
    text += "verified" if hello is None else f"{hello.firmware} answers"
    return Outcome(data | {"verified": True}, text, notes=[*_stock(made), "next: `nightlatch device info`"])


def verify(context: "Context") -> Outcome:
    """`flash verify`: an ESP32's own digests; what the agent says where the boot ROM shows nothing of the flash."""
    from ..progress import Bar

    job = _order(context)
    with Bar(context.options.quiet) as bar:
        device, hello = job.verify(context.options.port, bar, context.options.timeout)
    data = job.plan().data() | {"device": device, "verified": True} | _hello(hello)
    return Outcome(data, f"{device}: it holds this image" if hello is None else f"{device}: {hello.firmware} answers")


def _order(context: "Context") -> "Order":
    from pathlib import Path

    from ...errors import UsageError
    from ...flash import Order

    options = context.options
    sidecar = Path(options.sha256) if options.sha256 else None
    order = Order.read(options.board, Path(options.image), sidecar, options.erase_store, options.firmware)
    if not order.stock():
        if options.agent:
            raise UsageError(f"the image for {options.board} holds the agent already", "leave --agent out")
        return order
    from ...update import bundle, stock

    return order.with_agent(stock.agent(order.board, bundle.load(Path(options.agent)) if options.agent else None))


def _drive(context: "Context") -> "Path | None":
    from pathlib import Path

    return Path(context.options.drive) if context.options.drive else None


@contextmanager
def _bar(context: "Context", device: str) -> "Iterator[Bar]":
    from ...flash.errors import cut_short
    from ..progress import Bar

    with Bar(context.options.quiet) as bar:
        try:
            yield bar
        except KeyboardInterrupt:
            raise cut_short("interrupted", device) from None


def _shown(made: "Plan", unfinished: str | None) -> Outcome:
    headers = ("REGION", "OFFSET", "SIZE", "ACTION", "NOTE")
    rows = [(row.name, f"{row.offset:#08x}", f"{row.size:#x}", row.action, row.note) for row in made.rows]
    notes = [f"will be lost: {loss}" for loss in made.lost] or ["nothing will be lost"]
    if made.device is None:
        notes.append("no device was asked: what it holds now is not known")
    if made.board.method == "uf2" and not made.lost:
        notes.append("a boot ROM's drive does not show the store: where something else ran before, add --erase-store")
    if unfinished:
        notes.append(unfinished)
    notes += _stock(made)
    return Outcome(made.data() | {"unfinished": unfinished}, table=(headers, rows), notes=notes)


def _stock(made: "Plan") -> list[str]:
    where = f"see boards/{made.board.name}/deploy.md"
    return [f"a stock image is for trials on a bench; a car that is locked takes the built one: {where}"] * made.stock


def _hello(hello: "Hello | None") -> dict[str, Any]:
    from ...device.survey import hello_data

    return {"hello": hello_data(hello) if hello else None, "by": "hello" if hello else "digest"}
