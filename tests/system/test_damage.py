# SPDX-License-Identifier: MIT
"""Bits of the flash flip while a whole car is off: who still opens, and what the technician sees."""

import asyncio
import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import tests.model
from nightlatch.cli.main import main
from nightlatch.wire import numbers as n
from tests.system.car_bench import ADA, BEN, PASSPHRASE, Bench, play

assert tests.model.__doc__  # with it the agent's store can be had here: it knows where things lie
FileNor: Any = import_module("agent.store.flash.filenor").FileNor
Journal: Any = import_module("agent.store.journal").Journal
tables: Any = import_module("agent.store.tables")
FIXED, ROLL, VALUE, CONFIG = tables.FIXED, tables.ROLL, tables.VALUE, tables.CONFIG


class Desk:
    """The command line beside a car."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        secret = folder / "passphrase"
        secret.write_bytes(PASSPHRASE)
        self.options = ["--vault", str(folder / "car" / "vault.sqlite"), "--passphrase-file", str(secret)]
        self.options += ["--port", bench.car.serial_url]

    async def says(self, *arguments: str) -> str:
        """What a verb shows."""

        def run() -> str:
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                code = main([*self.options, *arguments])
            assert code == 0, (out.getvalue(), err.getvalue())
            return out.getvalue()

        return await asyncio.to_thread(run)

    async def data(self, *arguments: str) -> Any:
        """The same for programs."""
        return json.loads(await self.says("--json", *arguments))["data"]


def places(image: Path, folder: Path) -> Any:
    """A store over a copy of the image: tells addresses, and changes nothing."""
    copy = folder / "copy.img"
    shutil.copy(image, copy)
    store = tables.Store(Journal(FileNor(str(copy))))
    store.mount()
    return store


def flip(image: Path, *places: int) -> None:
    """One bit of each record at these addresses."""
    cells = bytearray(image.read_bytes())
    for at in places:
        assert at
        cells[at + 8] ^= 0x10
    image.write_bytes(cells)


def test_damage_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        desk = Desk(bench, tmp_path)
        ada, ben = await bench.phone("Ada", bench.holder(ADA)), await bench.phone("Ben", bench.holder(BEN))
        for _ in range(2):
            await ada.opens()
            await ben.opens()
        await bench.session(lambda session: session.config_set("pulse_ms", 700))
        assert (await desk.data("device", "info", "--status"))["losses"] == {
            "keys": [],
            "values": [],
            "log": [],
            "nameless": 0,
        }
        assert "damaged" not in await desk.says("device", "info", "--status")
        await bench.car.kill()
        store = places(bench.car.flash, tmp_path)
        gone = 3  # no neighbour of the other two: two in a row tell less
        flip(bench.car.flash, store.at(ROLL, BEN), store.at(VALUE, CONFIG), store.log_address(gone))
        await bench.car.boot()
        await ada.opens()
        assert not (await ben.act()).ok

        told = await desk.data("device", "info", "--status")
        assert told["status"]["damage"] == 3, told
        assert told["state"] == "claimed"
        assert told["losses"]["keys"] == [{"handle": BEN, "label": "Ben"}]
        assert [row["id"] for row in told["losses"]["values"]] == [CONFIG]
        assert told["losses"]["log"] == [{"first": gone, "last": gone}] and told["losses"]["nameless"] == 0
        shown = await desk.says("device", "info", "--status")
        for part in ("key 1 (Ben) is damaged", "key revoke 1", "setting pulse_ms", f"log entry {gone} is lost"):
            assert part in shown, (part, shown)
        report = await desk.data("device", "doctor")
        assert not report["healthy"] and "key 1 (Ben) is damaged" in " ".join(row["what"] for row in report["findings"])
        assert "key 1 (Ben) is damaged" in await desk.says("device", "doctor")

        assert (await desk.data("key", "revoke", str(BEN), "--yes"))["handle"] == BEN
        await bench.session(lambda session: session.config_set("pulse_ms", 600))
        await bench.restart()
        told = await desk.data("device", "info", "--status")
        assert told["losses"]["keys"] == [] == told["losses"]["values"]
        await ada.opens()
        assert not (await ben.act()).ok
        keys = await bench.session(lambda session: session.keys())
        assert [(key.handle, key.state) for key in keys] == [(ADA, n.CRED_ACTIVE), (BEN, n.CRED_REVOKED)]

    play(tmp_path, story)


def test_a_car_that_lost_whose_it_is(tmp_path: Path) -> None:
    """Both copies of the claim rot: it says so to whoever asks, and nothing is formatted."""

    async def story(bench: Bench) -> None:
        desk = Desk(bench, tmp_path)
        await bench.car.kill()
        store = places(bench.car.flash, tmp_path)
        flip(bench.car.flash, store.at(VALUE, 1), store.at(VALUE, 0x81))
        image = bench.car.flash.read_bytes()
        await bench.car.boot()
        told = await desk.data("device", "info")
        assert told["state"] == "faulty"
        await bench.car.kill()
        after = bench.car.flash.read_bytes()
        fixed = store.at(FIXED, ADA)
        assert after[fixed : fixed + 40] == image[fixed : fixed + 40], "nothing is formatted"

    play(tmp_path, story)
