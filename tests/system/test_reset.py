# SPDX-License-Identifier: MIT
"""A factory reset of a whole simulated car: by its button without a vault, by its link key, and on a lost power."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nightlatch.errors import Refused
from nightlatch.phone import requests
from nightlatch.phone.errors import CarNotFound
from nightlatch.vault import Vault
from nightlatch.wire import numbers as n
from nightlatch.workshop import logbook
from tests.system.car_bench import KDF, PASSPHRASE, Bench, Phone, claim, play, until

LIMIT = 60.0
PATIENCE = n.RESET_HOLD_MS / 1000 + 5


def other_vault(bench: Bench, folder: Path) -> Bench:
    return Bench(bench.car, Vault.create(folder / "other.sqlite", PASSPHRASE, KDF))


async def blank_again(bench: Bench, starts: int, folder: Path, old: Phone) -> None:
    """The car is anybody's now, and opens for nobody of before."""
    await until(lambda: bench.car.starts > starts and bench.car.radio.advertising, 20)
    hello = await bench.cable(lambda client: client.hello())
    assert hello.state == n.AGENT_BLANK
    await opens_nothing(bench, "old", old)
    other = other_vault(bench, folder)
    await other.cable(lambda client: claim(client, other.vault))
    await (await other.phone("new")).opens()
    await opens_nothing(bench, "old again", old)
    log = await other.session(lambda session: list(session.log()))
    assert log[0].seq == 0 and logbook.verify(log, other.vault.car().log_key).ok, "nothing is left of the old log"


async def opens_nothing(bench: Bench, name: str, old: Phone) -> None:
    """Its car's name on the air is gone with its keys; over NFC it is a stranger's."""
    moves = bench.moves
    with pytest.raises(CarNotFound):
        await (await bench.phone(name, old.holder)).act()
    assert not (await bench.tap(old.holder, limit=1.0)).ok and bench.moves == moves


def test_the_button_gives_a_car_to_whoever_sits_in_it(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        with pytest.raises(Refused) as refused:
            await bench.cable(lambda client: client.reset(0))
        assert refused.value.code == "no_button"
        await phone.opens()
        starts = bench.car.starts
        bench.car.lock.press(True)
        with pytest.raises(Refused):
            await bench.cable(lambda client: client.reset(1))
        await bench.cable(lambda client: client.reset(PATIENCE))
        bench.car.lock.press(False)
        await blank_again(bench, starts, tmp_path, phone)

    play(tmp_path, story, limit=LIMIT)


def test_the_link_key_resets_a_car_that_was_handed_over_only_with_its_owner(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        owner = await bench.phone("owner", bench.holder(0))
        await owner.opens()
        await bench.session(lambda session: session.config_set("handed_over", 1))
        with pytest.raises(Refused) as refused:
            await bench.session(lambda session: session.reset())
        assert refused.value.code == "needs_approval"
        await owner.opens()
        assert (await requests.consent(owner.ble, owner.holder, lambda one: one.request == n.R_RESET)).ok
        starts = bench.car.starts
        await bench.session(lambda session: session.reset())
        await blank_again(bench, starts, tmp_path, owner)

    play(tmp_path, story, limit=LIMIT)


BEGIN = """
import sys
from agent.store import tables, wipe
from agent.store.flash.filenor import FileNor
from agent.store.journal import Journal

store = tables.Store(Journal(FileNor(sys.argv[1])))
store.mount()
wipe.begin(store)
"""


def test_a_reset_whose_power_failed_goes_on_by_itself(tmp_path: Path, upy: Any) -> None:
    """It had begun, and nothing more: the car that starts then is a blank one."""
    script = tmp_path / "begin.py"
    script.write_text(BEGIN)

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        starts = bench.car.starts
        await bench.car.kill()
        await asyncio.to_thread(upy, script, bench.car.flash)
        await bench.car.boot()
        await blank_again(bench, starts, tmp_path, phone)

    play(tmp_path, story, limit=LIMIT)
