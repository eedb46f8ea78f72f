# SPDX-License-Identifier: MIT
"""Updates of a whole simulated car: signed, pushed, tried, confirmed, and given up when they don't work."""

import asyncio
import shutil
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nightlatch import micropython
from nightlatch.update import bundle, keys, push
from nightlatch.update.build import build
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.workshop import logbook
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session
from tests.system.car_bench import Bench, play, until

LIMIT = 120.0
IMAGE = 0x00010000  # the version of the agent in the image


@cache
def signer() -> keys.FileSigner:
    """The workshop's key."""
    import tempfile

    key = ec.generate_private_key(ec.SECP256R1())
    with tempfile.NamedTemporaryFile() as file:
        form, code = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
        Path(file.name).write_bytes(key.private_bytes(code, form, serialization.NoEncryption()))
        return keys.FileSigner(Path(file.name))


@cache
def good(version: str) -> bundle.Bundle:
    return bundle.sign(build("UNIX", version), signer())


def broken(folder: Path, version: str, change: dict[str, tuple[str, str]]) -> bundle.Bundle:
    """An update with an agent in which texts were replaced, by file."""
    shutil.copytree(micropython.FIRMWARE, folder)
    for name, (old, new) in change.items():
        source = (folder / name).read_text()
        assert old in source
        (folder / name).write_text(source.replace(old, new))
    return bundle.sign(build("UNIX", version, folder), signer())


def quiet(phase: str, done: int, total: int) -> None:
    """Nobody looks."""


async def send(bench: Bench, update: bundle.Bundle) -> None:
    """Push and start, as `update push` does."""

    def work(session: Session) -> None:
        push.trust(session, keys.fingerprint(signer().public()))
        assert push.push(session, update, quiet).phase == m.UPDATE_READY
        push.start(session)

    starts = bench.car.starts
    await bench.session(work)
    await until(lambda: bench.car.starts > starts and bench.car.radio.advertising, 30)


async def status(bench: Bench) -> push.UpdateStatus:
    return await bench.session(push.status)


async def settled(bench: Bench, state: int, slot: str = "a_state") -> push.UpdateStatus:
    """Waits until a slot is in that state."""
    for _ in range(100):
        now = await status(bench)
        if getattr(now, slot) == state:
            return now
        await asyncio.sleep(0.3)
    raise AssertionError(now)


async def firmware(bench: Bench) -> str:
    return await bench.cable(lambda client: client.hello().firmware)


def test_an_update_runs_and_proves_itself(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        before = await status(bench)
        assert (before.running, before.a_state, before.floor) == (0, m.SLOT_EMPTY, IMAGE)
        await send(bench, good("0.2.0"))
        assert await firmware(bench) == "0.2.0"
        await (await bench.phone("again", phone.holder)).opens()
        now = await settled(bench, m.SLOT_CONFIRMED)
        assert (now.running, now.trial, now.a, now.floor) == (1, 0, 0x00020000, 0x00020000)
        assert n.EVENT_CONFIRMED in [entry["action"] for entry in bench.car.entries]
        await bench.restart()
        assert await firmware(bench) == "0.2.0"
        await (await bench.phone("third", phone.holder)).opens()
        await bench.session(push.roll_back)
        await until(lambda: bench.car.radio.advertising and bench.car.starts == 4, 20)
        assert await firmware(bench) == "0.1.0"
        await (await bench.phone("fourth", phone.holder)).opens()

    play(tmp_path, story, limit=LIMIT)


IMPORT = {"agent/app.py": ('"""The composition root', 'raise OSError("broken")\n"""The composition root')}
SELFTEST = {"agent/update/selftest.py": ("    veil = Veil(VEIL)\n", "    return False\n")}
HANG = {"agent/app.py": ("    gc.threshold(-1)", "    while True:\n        pass\n    gc.threshold(-1)")}
READER = {"agent/app.py": ("if hal.reader is not None:", "if False:")}


@pytest.mark.parametrize("change", [IMPORT, SELFTEST, HANG, READER], ids=["import", "selftest", "hang", "reader"])
def test_one_that_does_not_work_goes_by_itself(tmp_path: Path, change: dict[str, tuple[str, str]]) -> None:
    update = broken(tmp_path / "firmware", "0.3.0", change)

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        bench.car.trial_s = 8
        starts = bench.car.starts
        await send(bench, update)
        await until(lambda: bench.car.starts >= starts + 2 and bench.car.radio.advertising, 60)
        await until(lambda: n.EVENT_FALLBACK in [entry["action"] for entry in bench.car.entries], 20)
        now = await settled(bench, m.SLOT_BAD)
        assert (now.running, now.a, now.floor) == (0, 0x00030000, IMAGE)
        assert await firmware(bench) == "0.1.0"
        await (await bench.phone("again", phone.holder)).opens()
        starts = bench.car.starts
        await bench.restart()
        assert await firmware(bench) == "0.1.0" and bench.car.starts == starts + 1, "it is never tried again"

    play(tmp_path, story, limit=LIMIT)


def test_a_crash_loop_of_a_confirmed_update_falls_back_to_the_other_one(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await send(bench, good("0.2.0"))
        await settled(bench, m.SLOT_CONFIRMED)
        await send(bench, good("0.4.0"))
        assert (await settled(bench, m.SLOT_CONFIRMED, "b_state")).running == 2
        for _ in range(3):
            await bench.car.kill()
            await bench.car.boot("reset")
        assert await firmware(bench) == "0.2.0"
        now = await status(bench)
        assert (now.running, now.b_state) == (1, m.SLOT_BAD)

    play(tmp_path, story, limit=LIMIT)


NEWER = "        config = Config(store)\n"
KEEPS = {"agent/app.py": (NEWER, NEWER + "        store.put(60, b'of a later agent')\n")}
FINDS = {"agent/app.py": (NEWER, NEWER + "        assert store.get(60) == b'of a later agent'\n")}


def test_keys_log_and_what_an_older_agent_does_not_know_survive_forward_and_back(tmp_path: Path) -> None:
    newer = broken(tmp_path / "newer", "0.5.0", KEEPS)
    again = broken(tmp_path / "again", "0.6.0", FINDS)

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        await send(bench, newer)
        await settled(bench, m.SLOT_CONFIRMED)
        holder = phone.holder
        await (await bench.phone("newer", holder)).opens()
        starts = bench.car.starts
        await bench.session(push.roll_back)
        await until(lambda: bench.car.starts > starts and bench.car.radio.advertising, 30)
        assert await firmware(bench) == "0.1.0"
        await (await bench.phone("older", holder)).opens()
        await bench.session(lambda session: session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, n.UNLOCK, "Eve"))
        await send(bench, again)
        now = await settled(bench, m.SLOT_CONFIRMED, "b_state")
        assert now.version == 0x00060000, "it found what the other one kept"
        await (await bench.phone("again", holder)).opens()
        keys = await bench.session(lambda session: session.keys())
        assert [key.label for key in keys] == ["Ada", "Ben", "Eve"]
        log = await bench.session(lambda session: list(session.log()))
        verdict = logbook.verify(log, bench.vault.car().log_key)
        assert verdict.ok and verdict.anchored and not verdict.missing
        acts = [entry.action for entry in log]
        assert acts.count(n.EVENT_CONFIRMED) == 2 and acts.count(n.UNLOCK) == 4

    play(tmp_path, story, limit=LIMIT)


def test_the_wire_costs_an_eighth(tmp_path: Path) -> None:
    update = good("0.2.0")
    sent = heard = 0

    async def story(bench: Bench) -> None:
        def work(client: Client) -> None:
            nonlocal sent, heard
            with client.session(bench.vault) as session:
                push.trust(session, keys.fingerprint(signer().public()))
                link = client._frames.link
                write, read = link.write, link.read

                def written(data: bytes) -> None:
                    nonlocal sent
                    sent += len(data)
                    write(data)

                def got(n: int, timeout: float) -> bytes:
                    nonlocal heard
                    data = read(n, timeout)
                    heard += len(data)
                    return data

                link.write, link.read = written, got  # type: ignore[method-assign]
                push.push(session, update, quiet)

        await bench.cable(work)

    play(tmp_path, story, limit=LIMIT)
    assert len(update.body) < sent < 1.125 * len(update.body), "blocks, and the questions how far it is"
    assert heard < 0.125 * len(update.body), "their answers"
