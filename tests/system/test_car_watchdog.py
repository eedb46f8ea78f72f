# SPDX-License-Identifier: MIT
"""An agent that hangs is killed by its watchdog and started again, with every output off."""

import asyncio
import os
import signal
import time
from pathlib import Path

from nightlatch.wire import numbers as n
from tests.system.car_bench import Bench, play, until

ROUNDS = 20
LENGTH_S = 3.5  # longer than the watchdog below waits

# The board's own watchdog waits 8 s. The rest is the agent as it is.
MAIN = """
import asyncio
from agent import app, hal
hal.base._WATCHDOG_MS = 2500
asyncio.run(app.App(hal.Hal(hal.wiring())).run())
"""


def test_a_hanging_agent_is_restarted(tmp_path: Path) -> None:
    """Stopped in the middle of a pulse, which nobody but the watchdog can end then."""
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    (firmware / "main.py").write_text(MAIN)

    async def story(bench: Bench) -> None:
        await bench.session(lambda session: session.config_set("pulse_ms", 2000))
        phone = await bench.phone()
        reasons: list[str] = []
        bench.car.on_restart = reasons.append
        await phone.opens()
        assert bench.car.lock.levels["unlock"] == 1
        pid = bench.car.pid
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        await until(lambda: bench.car.pid != pid and bench.car.radio.advertising, 8.0)
        assert 1.0 < time.monotonic() - began < 6.0
        assert not any(bench.car.lock.levels.values()) and len(reasons) == 1
        await phone.opens()
        assert await bench.session(lambda session: session.status().boots) == 3
        await asyncio.sleep(2.1)

    play(tmp_path, story, firmware)


def test_a_healthy_agent_is_left_alone(tmp_path: Path) -> None:
    """A watchdog of the same length never bites while the agent serves two phones and a technician."""
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    (firmware / "main.py").write_text(MAIN)

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        for _ in range(ROUNDS):
            assert (await phone.act(n.LOCK)).ok
            await bench.session(lambda session: session.status())
            await asyncio.sleep(LENGTH_S / ROUNDS)
        assert bench.car.starts == 1

    play(tmp_path, story, firmware)
