# SPDX-License-Identifier: MIT
"""Predictable random: a source that breaks opens nothing, and nobody draws from anywhere but the system's generator."""

import ast
import asyncio
from pathlib import Path

import pytest

from nightlatch.micropython import FIRMWARE, MODULES, ROOT
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.holder import Holder
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import GateBench
from tests.attack.table import Report
from tests.system import car_bench

PREDICTABLE = {"random", "urandom", "numpy", "uuid"}  # MicroPython calls its generator of toys both names
MAIN = """
import asyncio, os
from agent import app, hal
board = hal.Hal(hal.wiring())
def source(size):
    try:
        os.stat("{flag}")
    except OSError:
        return os.urandom(size)
    return bytes(size)
board.random = source
asyncio.run(app.App(board).run())
"""


@pytest.mark.parametrize("mode", ["zeros", "same", "short", "raises"])
def test_a_broken_source_opens_nothing(bench: GateBench, attack: Report, mode: str) -> None:
    """No challenge is drawn from a source that fails its tests, until it passes them again."""
    holder = bench.enrol()
    assert bench.act(holder)[0].ok
    before = bench.flash()
    bench("random", mode)
    tries = opened = 0
    for _ in range(12):
        try:
            nonce = bench.challenge()
        except AssertionError as refused:
            assert "RandomFault" in str(refused)
            nonce = bytes(16)
        token = Holder(holder.state).token(nonce, n.UNLOCK)
        tries += 1
        # a first draw that no test can tell from a good one may still be used; none after it
        opened += bool(tries > 1 and bench.present(token).moves)
    assert opened or bench.flash() == before
    bench("random", "good")
    assert bench.act(holder)[0].ok
    attack(15, f"random source: {mode}", tries, opened, "nothing until the source recovered, then it opened")


def test_a_source_that_breaks_in_the_running_agent(tmp_path: Path, attack: Report) -> None:
    """The whole agent: phone and card get nothing, the technician still gets HELLO; it recovers with the source."""
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    flag = tmp_path / "broken"
    (firmware / "main.py").write_text(MAIN.replace("{flag}", str(flag)))

    async def story(bench: car_bench.Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        await asyncio.sleep(0.5)
        flag.touch()
        before = bench.moves
        for _ in range(2):
            result = await bench.tap(phone.holder, limit=0.7)
            assert not result.ok
        await phone.ble.disconnect()
        for _ in range(2):
            try:
                assert not (await phone.act(timeout=0.7)).ok
            except PhoneError:
                continue
        assert (await bench.cable(lambda client: client.hello())).state == n.AGENT_CLAIMED
        opened = bench.moves - before
        flag.unlink()
        await car_bench.until(lambda: bench.car.radio.advertising, 120.0)
        await phone.opens()
        attack(15, "random source breaks in the agent", 4, opened, "nothing until the source recovered, then it opened")

    car_bench.play(tmp_path, story, firmware)


def draws(file: Path) -> set[str]:
    """The generators that a file takes from elsewhere than os and secrets."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & PREDICTABLE
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} & PREDICTABLE
    return found


def test_only_the_system_s_generator_is_used(tmp_path: Path) -> None:
    """In all that runs in a car or holds a key; on the device one object draws, and the hal alone names its source."""
    files = [*FIRMWARE.rglob("*.py"), *MODULES.rglob("*.py"), *(ROOT / "host_tools").rglob("*.py")]
    assert len(files) > 80
    assert {str(file): names for file in files if (names := draws(file))} == {}
    users = {file.relative_to(FIRMWARE).as_posix() for file in FIRMWARE.rglob("*.py") if "urandom" in file.read_text()}
    assert users == {"agent/hal/base.py", "agent/crypto/entropy.py"}
    bad = tmp_path / "bad.py"
    bad.write_text("import random\nkey = random.getrandbits(128)\n")
    assert draws(bad) == {"random"}
