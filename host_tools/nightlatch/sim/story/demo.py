# SPDX-License-Identifier: MIT
"""`nightlatch sim demo`: plays the story on a simulated car and gives an account of each step."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from ...errors import HostError
from ..car.car import Car
from . import lending, owner
from .step import Broken, Step
from .story import Story

_TICK, _CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"


def run(as_json: bool) -> dict[str, Any]:
    """Plays the story; returns {"ok", "steps": [{"name", "ok", "detail", "ms"}]}. Prints the account unless as_json."""
    return asyncio.run(_run(as_json))


async def _run(as_json: bool) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    account = None if as_json else Account()
    with tempfile.TemporaryDirectory(prefix="nightlatch-demo-") as folder:
        async with Car() as car:
            story = Story(car, Path(folder) / "vault.sqlite")
            lending.join(story)
            owner.join(story)
            try:
                for step in story.steps:
                    steps.append(await _play(step, account))
                    if not steps[-1]["ok"]:
                        break
            finally:
                story.close()
            if account is not None and not all(step["ok"] for step in steps):
                account.last_words(car.output[-20:])
    ok = len(steps) == len(story.steps) and all(step["ok"] for step in steps)
    if account is not None:
        account.end(ok, steps)
    return {"ok": ok, "steps": steps}


async def _play(step: Step, account: "Account | None") -> dict[str, Any]:
    if account is not None:
        account.begin(step)
    began = time.monotonic()
    try:
        detail, ok = await step.play(), True
    except (Broken, HostError) as error:
        detail, ok = str(error), False
    ms = round((time.monotonic() - began) * 1000)
    if account is not None:
        account.finish(ok, detail, ms)
    return {"name": step.name, "ok": ok, "detail": detail, "ms": ms}


class Account:
    """The story as people read it."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, soft_wrap=True)
        self._console.print("\n[bold]Nightlatch[/]: a car that opens without a server\n")

    def begin(self, step: Step) -> None:
        """What happens now."""
        self._console.print(f"  [bold]{step.title}[/]")

    def finish(self, ok: bool, detail: str, ms: int) -> None:
        """What was seen."""
        from rich.markup import escape

        mark = f"[green]{_TICK}[/]" if ok else f"[red]{_CROSS}[/]"
        self._console.print(f"    {mark} {escape(detail)} [dim]{ms} ms[/]")

    def last_words(self, lines: list[str]) -> None:
        """What the agent printed, when a step did not hold."""
        for line in lines:
            self._console.print(f"      {line}", markup=False)

    def end(self, ok: bool, steps: list[dict[str, Any]]) -> None:
        """The sum of it."""
        seconds = sum(step["ms"] for step in steps) / 1000
        verdict = "[green]every step held[/]" if ok else "[red]a step did not hold[/]"
        self._console.print(f"\n  {len(steps)} steps in {seconds:.1f} s: {verdict}\n")
