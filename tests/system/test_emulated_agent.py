# SPDX-License-Identifier: MIT
"""The whole agent on an emulated Cortex-M3 with 128 KB of heap: claimed, enrolled and opened over its serial ports."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nightlatch.card.reader import CarReader
from nightlatch.device import types
from nightlatch.sim.car.emulated_car import EmulatedCar
from nightlatch.sim.cards.held import Ntag424
from nightlatch.vault import Vault
from nightlatch.wire import numbers as n
from nightlatch.workshop.cards import Job, Workshop
from tests.system.car_bench import ADA, BEN, KDF, PASSPHRASE, Bench, claim, until

pytestmark = [pytest.mark.xdist_group("emulated"), pytest.mark.machine_time]
PATIENCE = 60.0  # seconds of the machine, however busy it is, that an answer may take
LIMIT = 300.0  # and a whole story
FREE_LEAST = 45 * 1024  # of the 128 KB


def play(folder: Path, story: Callable[[Bench], Awaitable[None]]) -> None:
    """A test against a fresh emulated car, claimed over its serial port, with Ada and Ben enrolled."""

    async def main() -> None:
        async with asyncio.timeout(LIMIT), EmulatedCar(folder / "car") as car:
            bench = Bench(car, Vault.create(folder / "vault.sqlite", PASSPHRASE, KDF), PATIENCE)
            try:
                await bench.cable(lambda client: claim(client, bench.vault))
                await story(bench)
            except BaseException:
                print(*car.output[-20:], sep="\n")
                raise

    asyncio.run(main())


def test_claim_enrol_and_unlock_on_the_emulated_board(tmp_path: Path) -> None:
    """By NFC, by a key card, by Bluetooth; and again, with the same keys, after the power was cut in a pulse."""

    async def story(bench: Bench) -> None:
        car = bench.car
        hello = await bench.cable(lambda client: client.hello())
        assert (hello.board, hello.serial) == ("QEMU_MPS2", (car.state / "serial").read_text())
        ada = bench.holder(ADA)
        assert (await bench.tap(ada)).verdict == n.OK
        assert car.lock.doors == "unlocked" and car.lock.levels["unlock"] == 1
        await until(lambda: not any(car.lock.levels.values()), LIMIT)

        phone = await bench.phone()
        await phone.opens()
        await car.kill()
        assert not any(car.lock.levels.values()), "an output outlived the agent"
        await car.boot()
        await phone.opens()
        assert (await bench.tap(ada, n.LOCK)).verdict == n.OK
        assert car.lock.doors == "locked"

        status = await bench.session(lambda session: session.status())
        assert (status.boots, status.reader, status.radio, status.damage) == (2, 1, 1, 0)
        assert status.free_heap > FREE_LEAST
        log = await bench.session(lambda session: session.log())
        assert log, "nothing was kept"

    play(tmp_path, story)


def test_a_key_card_made_at_the_emulated_reader_opens(tmp_path: Path) -> None:
    """NTAG 424 DNA: personalised through the car, then a tap with mutual authentication and a new ticket."""

    async def story(bench: Bench) -> None:
        card = Ntag424()
        job = Job(n.ROLE_DRIVER, types.RIGHTS_OF_ROLE[n.ROLE_DRIVER], "card")
        bench.car.reader.present(card)
        car = bench.vault.car()
        await bench.session(
            lambda session: Workshop(bench.vault, car, CarReader(session), print, PATIENCE).issue(session, job)
        )
        bench.car.reader.remove(card)
        card.state.random_id = True
        await asyncio.sleep(2.1)  # then the reader is the car's again
        await bench.car.reader.tap(card, PATIENCE)
        await until(lambda: bench.car.lock.openings == 1, LIMIT)

    play(tmp_path, story)


def test_a_reset_by_the_technician_is_a_reset_of_the_chip(tmp_path: Path) -> None:
    """qemu ends and is started again; a flood on the technician's port meanwhile keeps nobody out."""

    async def story(bench: Bench) -> None:
        reasons: list[str] = []
        bench.car.on_restart = reasons.append
        await bench.session(lambda session: session.reboot())
        await until(lambda: bench.car.starts == 2 and bench.car.radio.advertising, LIMIT)
        assert len(reasons) == 1
        line = os.open(bench.car.cable.technician, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        loop = asyncio.get_running_loop()

        def flood() -> None:
            os.write(line, b"\x55" * 512)

        loop.add_writer(line, flood)
        try:
            assert (await bench.tap(bench.holder(BEN))).verdict == n.OK
            await (await bench.phone("Ada", bench.holder(ADA))).opens()
        finally:
            loop.remove_writer(line)
            os.close(line)
        assert bench.car.starts == 2

    play(tmp_path, story)


def test_the_chip_s_watchdog_restarts_an_agent_that_hangs(tmp_path: Path) -> None:
    """The emulator is stopped for longer than the watchdog waits, in a pulse; virtual time goes on.

    Two threads of the emulator race when it wakes: the agent, which feeds the watchdog, may be first. Then once more.
    """

    async def story(bench: Bench) -> None:
        await bench.session(lambda session: session.config_set("pulse_ms", 2000))
        phone = await bench.phone()
        while bench.car.starts == 1:
            await phone.opens()
            os.kill(bench.car.pid, signal.SIGSTOP)
            await asyncio.sleep(8.5)
            os.kill(bench.car.pid, signal.SIGCONT)
            await asyncio.sleep(1.0)
        await until(lambda: bench.car.radio.advertising, LIMIT)
        assert bench.car.starts == 2 and not any(bench.car.lock.levels.values())
        await (await bench.phone("again", phone.holder)).opens()
        await until(lambda: bench.car.lock.lamp.reads() == n.LIGHT_WELL, LIMIT)

    play(tmp_path, story)
