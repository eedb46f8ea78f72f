# SPDX-License-Identifier: MIT
"""Chooses the agent and starts it. Frozen into the image with `slots` and a whole agent, which any failure falls back to.

An agent in a slot is the packages `agent` and `wire` of a ROMFS that is read in place; it is started by its
agent.app.main(boot), with the board's watchdog running. What it raises ends the run badly. A trial that is not confirmed
within a minute does too.
"""

import gc
import sys

import vfs

from agent import hal
from slots.choice import FACTORY, Boot

_PLACE = "/slot"
_TRIAL_S = 60


def main() -> None:
    """Runs an agent for ever; resets the board when it ends."""
    wiring = hal.wiring()
    boot = Boot(hal.slots(wiring), hal.board(wiring))
    if boot.slots:
        boot.choose(hal.ready(wiring))
    if boot.running == FACTORY:
        from agent import app

        app.main(boot)
        return
    reset = hal.machine.reset
    try:
        if boot.trial:
            timer = hal.Timer()
            timer.arm(wiring.get("trial_s", _TRIAL_S) * 1000, lambda _: _overdue(boot, reset))
        _mount(boot)
        _run(boot)
    except Exception as error:
        sys.print_exception(error)
    boot.failed()
    reset()


def _overdue(boot: Boot, reset: "Callable[[], object]") -> None:
    if boot.trial:
        boot.failed()
        reset()


def _mount(boot: Boot) -> None:
    """Puts the slot before the image's own modules, and forgets those that were needed so far."""
    slot = boot.slots[boot.running]
    manifest = slot.manifest()
    assert manifest is not None
    image = memoryview(slot.map())[slot.data_at : slot.data_at + manifest["size"]]
    vfs.mount(vfs.VfsRom(image), _PLACE, readonly=True)
    sys.path.insert(0, _PLACE)
    for name in list(sys.modules):
        if name.split(".")[0] in ("agent", "wire"):
            del sys.modules[name]
    gc.collect()


def _run(boot: Boot) -> None:
    from agent import app

    app.main(boot)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
