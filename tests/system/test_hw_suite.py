# SPDX-License-Identifier: MIT
"""The hardware-in-the-loop suite, on what is no hardware: every test of it passes on a car that is whole.

And it keeps away from every unit that is not marked for it.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nightlatch.sim.car import Car
from nightlatch.sim.emulated_car import EmulatedCar
from nightlatch.sim.runtime import ROOT
from nightlatch.vault import Vault
from tests.hw.unit import MARK
from tests.system.car_bench import KDF, PASSPHRASE, Bench, claim

LIMIT = 400.0
PLUG = Path(__file__).with_name("hw_plug.py")
LEFT_OUT = 1  # what only a real serial port has: the lines of a terminal program


async def suite(folder: Path, bench: Bench, *more: str) -> tuple[int, str]:
    """Run tests/hw on a car: exit status and what was said."""

    async def pull(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await bench.restart()
        writer.write(b"1")
        writer.close()

    (folder / "passphrase").write_bytes(PASSPHRASE)
    socket = folder / "plug"
    server = await asyncio.start_unix_server(pull, str(socket))
    words = ["--port", bench.car.serial_url, "--vault", str(bench.vault.path)]
    words += ["--passphrase-file", str(folder / "passphrase"), "--power", f"{sys.executable} {PLUG} {socket}", *more]
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "tests/hw", "-q", "-p", "no:xdist", "-o", f"cache_dir={folder / 'cache'}"),
        *words,
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said = (await run.communicate())[0].decode()
    finally:
        server.close()
    assert run.returncode is not None
    return run.returncode, said


def play(folder: Path, make: Callable[[Path], Car], mark: bool, *more: str) -> tuple[int, str, str]:
    """A fresh car, claimed, and the suite on it: exit status, what was said, the car's serial number."""

    async def main() -> tuple[int, str, str]:
        async with asyncio.timeout(LIMIT), make(folder / "car") as car:
            bench = Bench(car, Vault.create(folder / "vault.sqlite", PASSPHRASE, KDF))
            await bench.cable(lambda client: claim(client, bench.vault))
            if mark:
                await bench.session(lambda session: session.config_set(MARK, 1))
            serial = bench.vault.car().serial
            before = await bench.session(lambda session: session.status())
            status, said = await suite(folder, bench, *more, *(() if more else ("--device", serial)))
            if not mark:
                after = await bench.session(lambda session: session.status())
                assert (after.boots, after.next_handle) == (before.boots, before.next_handle)
            return status, said, serial

    return asyncio.run(main())


@pytest.mark.xdist_group("hw_suite")
@pytest.mark.parametrize("make", [Car, EmulatedCar], ids=["UNIX", "QEMU_MPS2"])
def test_a_marked_car_passes_all_of_it(tmp_path: Path, make: Callable[[Path], Car]) -> None:
    status, said, _ = play(tmp_path, make, True)
    assert status == 0, said
    assert re.search(rf"\b{LEFT_OUT} skipped", said) and not re.search("failed|error", said.splitlines()[-1])


def test_a_car_that_is_not_marked_is_left_alone(tmp_path: Path) -> None:
    status, said, serial = play(tmp_path, Car, False)
    assert status == 4 and f"{serial} is not marked as a test unit" in said and "nothing was changed" in said


def test_another_serial_number_is_not_touched(tmp_path: Path) -> None:
    status, said, _ = play(tmp_path, Car, False, "--device", "0000")
    assert status == 4 and "0000 is not in this vault" in said


def test_no_other_run_collects_it() -> None:
    run = [sys.executable, "-m", "pytest", "tests/hw", "--collect-only", "-q", "-p", "no:xdist"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert "test_claim" not in done.stdout and done.returncode == 5
