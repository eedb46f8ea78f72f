# SPDX-License-Identifier: MIT
"""Each way in is wedged in turn: it is started again, the others serve on meanwhile, the log and the light say so.

A wedge is an await that nothing ends, put in place of a job's first run in the real agent. How long a job may make no
progress is shortened; nothing else is.
"""

import asyncio
from pathlib import Path

import pytest

from nightlatch.device.types import LIGHTS
from nightlatch.wire import numbers as n
from tests.system.car_bench import ADA, Bench, play, until

LIMIT_MS = 1500
MAIN = """
import asyncio
from agent import app, hal
from agent.link.{module} import {kind}

real, runs = {kind}.run, []
async def run(self):
    runs.append(1)
    if len(runs) <= {times}:
        {before}
        await asyncio.Event().wait()
    await real(self)
{kind}.run = run
app._JOBS["{job}"] = (app._JOBS["{job}"][0], {limit})
asyncio.run(app.App(hal.Hal(hal.wiring())).run())
"""


def wedged(folder: Path, job: str, kind: str, before: str = "pass", times: int = 1) -> Path:
    """A firmware whose job hangs the first times."""
    text = MAIN.format(module=job, kind=kind, job=job, limit=LIMIT_MS, before=before, times=times)
    (folder / "firmware").mkdir()
    (folder / "firmware" / "main.py").write_text(text)
    return folder / "firmware"


def told(bench: Bench, link: int) -> bool:
    """Whether the log says that the job of this link hung."""
    return any((e["action"], e["link"], e["verdict"]) == (n.EVENT_HUNG, link, n.FAULT) for e in bench.car.entries)


def test_a_hung_radio(tmp_path: Path) -> None:
    """The stack was started and then nobody turns it: the reader and the cable serve, then the radio is back."""

    async def story(bench: Bench) -> None:
        status = await bench.session(lambda session: session.status())
        assert status.radio != 1 and not told(bench, n.LINK_BLE)
        assert (await bench.tap(bench.holder(ADA))).verdict == n.OK
        await until(lambda: told(bench, n.LINK_BLE), 10.0)
        await until(lambda: bench.car.radio.advertising, 10.0)
        await (await bench.phone()).opens()
        status = await bench.session(lambda session: session.status())
        assert (status.radio, status.restarts) == (1, 1) and bench.car.starts == 1

    play(tmp_path, story, wedged(tmp_path, "ble", "BleLink", "self.start(); self.turn()"))


def test_a_hung_reader(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await (await bench.phone()).opens()
        await bench.session(lambda session: session.status())
        await until(lambda: told(bench, n.LINK_NFC), 10.0)
        assert (await bench.tap(bench.holder(ADA))).verdict == n.OK
        status = await bench.session(lambda session: session.status())
        assert (status.reader, status.restarts) == (1, 1) and bench.car.starts == 1

    play(tmp_path, story, wedged(tmp_path, "nfc", "NfcLink"))


def test_a_hung_serial_port(tmp_path: Path) -> None:
    """It counts as hung only once somebody waits for it."""

    async def story(bench: Bench) -> None:
        await asyncio.sleep(2 * LIMIT_MS / 1000)
        assert not told(bench, n.LINK_SERIAL)
        asked = asyncio.create_task(bench.cable(lambda client: client.hello(), 12.0))
        await (await bench.phone()).opens()
        assert (await bench.tap(bench.holder(ADA), n.LOCK)).verdict == n.OK
        await until(lambda: told(bench, n.LINK_SERIAL), 10.0)
        assert (await asked).state == n.AGENT_CLAIMED
        assert (await bench.session(lambda session: session.status())).restarts == 1

    play(tmp_path, story, wedged(tmp_path, "serial", "SerialLink"))


def test_a_radio_that_somebody_switched_off_is_switched_on(tmp_path: Path) -> None:
    """The stack itself is off; its job notices within a turn."""
    before = "self.start(); self._ble.active(False); await real(self) if self.turn() else None"

    async def story(bench: Bench) -> None:
        await until(lambda: bench.car.radio.advertising, 10.0)
        await (await bench.phone()).opens()
        assert any((e["action"], e["link"]) == (n.EVENT_FAULT, n.LINK_BLE) for e in bench.car.entries)

    play(tmp_path, story, wedged(tmp_path, "ble", "BleLink", before))


def test_a_job_that_hangs_again_and_again_does_not_fill_the_log(tmp_path: Path) -> None:
    """Doublings only, and the light shows three flashes while the radio stays away."""

    async def story(bench: Bench) -> None:
        await until(lambda: bench.car.lock.lamp.reads() == n.LIGHT_RADIO, 15.0)
        await until(lambda: sum(e["action"] == n.EVENT_HUNG for e in bench.car.entries) == 2, 20.0)
        details = [e["detail"] for e in bench.car.entries if e["action"] == n.EVENT_HUNG]
        assert details == [1, 2]
        status = await bench.session(lambda session: session.status())
        assert status.light == n.LIGHT_RADIO and status.radio == 2

    play(tmp_path, story, wedged(tmp_path, "ble", "BleLink", "self.start(); self.turn()", 99), 40.0)


STEADY = """
import asyncio
from agent import app, hal
app._STEADY_S = 3
asyncio.run(app.App(hal.Hal(hal.wiring())).run())
"""


def test_a_crash_loop_is_counted_and_shown_until_a_start_lasts(tmp_path: Path) -> None:
    """Every start ends early; every key opens all the same. A minute (here 3 s) of peace, and it is over."""
    (tmp_path / "firmware").mkdir()
    (tmp_path / "firmware" / "main.py").write_text(STEADY)

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        for crashes in range(1, 5):
            await bench.restart()
            await phone.opens()
            status = await bench.session(lambda session: session.status())
            assert status.crashes == crashes
            assert status.light == (n.LIGHT_CRASHES if crashes >= 3 else n.LIGHT_WELL)
        loops = [e["detail"] for e in bench.car.entries if e["action"] == n.EVENT_CRASHES]
        assert loops == [3, 4]
        await asyncio.sleep(3.5)
        status = await bench.session(lambda session: session.status())
        assert (status.crashes, status.light) == (0, n.LIGHT_WELL)
        await bench.restart()
        assert (await bench.session(lambda session: session.status())).crashes == 0

    play(tmp_path, story, tmp_path / "firmware")


@pytest.mark.parametrize("condition", sorted(LIGHTS))
def test_every_light_has_words(condition: int) -> None:
    assert LIGHTS[condition]
