# SPDX-License-Identifier: MIT
"""Chooses the agent and runs it. Frozen into the image with `slots` and a whole agent, for when a slot's fails.

An agent in a slot is the packages `agent` and `wire` of a ROMFS that is read in place. It is started by its
agent.preload.load(updates) and agent.app.main(wiring, boot), with the watchdog running. If it raises or returns, its
run ended badly; so does a trial that is not confirmed within a minute, and one that the watchdog ends.
"""

import gc
import sys

from slots.choice import FACTORY, Boot

_PLACE = "/slot"
_TRIAL_S = 60
_HOSTS = ("linux", "darwin")


def main(wiring: dict) -> None:
    """Runs an agent until it ends, which it should not."""
    boot = choose(wiring)
    if boot.running == FACTORY:
        _run(wiring, boot)
        return
    try:
        if boot.trial:
            _limit(wiring, boot)
        _mount(boot)
        _run(wiring, boot)
    except BaseException as error:
        if not (isinstance(error, SystemExit) and sys.platform in _HOSTS):  # there a reset is one
            boot.failed()
        raise
    boot.failed()


def choose(wiring: dict) -> Boot:
    """Which agent is to run. Whatever the slots' flash holds or refuses, the image's own can."""
    from agent.hal import slots
    from agent.version import FIRMWARE

    board = slots.name(wiring)
    try:
        major, minor, patch = [int(part) for part in FIRMWARE.split(".")]
        boot = Boot(slots.slots(wiring), board, major << 24 | minor << 16 | patch)
        if boot.slots:
            boot.choose(slots.ready(wiring))
    except Exception:
        return Boot([], board)
    return boot


def _run(wiring: dict, boot: Boot) -> None:
    from agent import preload

    preload.load(bool(boot.slots))
    from agent import app

    app.main(wiring, boot)


def _limit(wiring: dict, boot: Boot) -> None:
    """A trial has so long to prove itself, by a timer that is none of its own."""
    from agent.hal import slots

    def late(timer: object) -> None:
        if boot.trial:
            try:
                boot.failed()
            finally:
                slots.reset()

    boot.limit = slots.alarm(wiring.get("trial_s", _TRIAL_S) * 1000, late)


def _mount(boot: Boot) -> None:
    """Puts the slot before the image's own modules, and forgets those that were needed so far."""
    import vfs

    files: "Any" = vfs

    slot = boot.slots[boot.running]
    manifest = slot.manifest()
    assert manifest is not None
    image = memoryview(slot.map())[slot.data_at : slot.data_at + manifest["size"]]
    vfs.mount(files.VfsRom(image), _PLACE)
    sys.path.insert(0, _PLACE)
    for name in list(sys.modules):
        if name.split(".")[0] in ("agent", "wire"):
            del sys.modules[name]
    gc.collect()


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
