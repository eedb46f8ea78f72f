# SPDX-License-Identifier: MIT
"""Writes and verifies a plan over the ROM loader; cut anywhere, it goes on there, and nothing starts meanwhile."""

from collections.abc import Callable, Sequence

from ..errors import Mismatch
from .board import SECTOR
from .plan import Plan, Step
from .rom import Rom
from .state import Pending, State

Tell = Callable[[str, int, int], None]
_SEAL = Step("seal", 0, b"\xff" * SECTOR)


def write(rom: Rom, plan: Plan, state: State, tell: Tell) -> int:
    """Write what differs, the bootloader last; returns how many bytes were written. `tell` hears what, done, of all.

    Every step is verified by the chip's own digest. Raises Interrupted (run it again) or Mismatch.
    """
    differ = _differing(rom, plan.steps, tell)
    if not differ:
        state.finish(rom.serial)
        return 0
    last = plan.steps[-1]
    wanted = [step for step in differ if step is not last]
    done = len(plan.steps) - len(wanted) - 1
    pending = Pending(rom.serial, plan.board.name, plan.image, plan.digest, len(plan.steps), done)
    state.save(pending)
    rom.speed_up()
    if rom.md5(_SEAL.offset, SECTOR) != _SEAL.md5:
        rom.write(_SEAL)  # first of all: what is half written must not start
    total = sum(len(step.data) for step in wanted) + len(last.data)
    written = 0
    for step in [*wanted, last]:
        tell(f"writing {step.name}", written, total)
        rom.write(step)
        written += len(step.data)
        done += 1
        state.save(Pending(rom.serial, plan.board.name, plan.image, plan.digest, len(plan.steps), done))
    tell("writing", written, total)
    verify(rom, plan, state, tell)
    return written


def verify(rom: Rom, plan: Plan, state: State, tell: Tell) -> None:
    """Raises Mismatch, which names what differs, unless the flash holds the plan."""
    differ = _differing(rom, plan.steps, tell)
    if differ:
        names = list(dict.fromkeys(step.name for step in differ))
        begun = state.pending(rom.serial) is not None
        text = "an interrupted flash: " * begun + f"{', '.join(names)} differ from the image"
        hint = "run `nightlatch flash write`: it writes what differs"
        raise Mismatch(text, hint, code="verify", device=rom.serial, data={"differ": names, "unfinished": begun})
    state.finish(rom.serial)


def _differing(rom: Rom, steps: Sequence[Step], tell: Tell) -> list[Step]:
    total, seen, differ = sum(len(step.data) for step in steps), 0, []
    for step in steps:
        tell("verifying", seen, total)
        if rom.md5(step.offset, len(step.data)) != step.md5:
            differ.append(step)
        seen += len(step.data)
    tell("verifying", seen, total)
    return differ
