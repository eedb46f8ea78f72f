# SPDX-License-Identifier: MIT
"""The hardware-in-the-loop suite, on what is no hardware: every test of it passes on a unit that is whole.

And it keeps away from every unit that is not marked for it.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from nightlatch.device.types import Status
from nightlatch.micropython import ROOT
from nightlatch.sim.car.car import Car
from nightlatch.sim.car.emulated_car import EmulatedCar
from nightlatch.vault import Vault
from nightlatch.workshop.client import Client
from tests.hw.unit import MARK
from tests.system.car_bench import KDF, PASSPHRASE
from tests.system.pico_bench import Pico

pytestmark = pytest.mark.machine_time
LIMIT = 900.0
PATIENCE = 30.0
PLUG = Path(__file__).with_name("hw_plug.py")
LEFT_OUT = 1  # what only a real serial port has: the lines of a terminal program


@dataclass
class Stand:
    """A unit on the bench: where its port is, and what pulls its plug and puts it back."""

    url: str
    replug: Callable[[], Awaitable[None]]


@asynccontextmanager
async def a_car(car: Car) -> AsyncIterator[Stand]:
    """Its port has another name after each cut, and a link that always leads there: what was open is lost at once."""
    port = car.state / "port"
    async with car:

        def link() -> None:
            port.unlink(missing_ok=True)
            port.symlink_to(car.cable.technician)

        async def replug() -> None:
            await car.kill()
            car.cable.replug()
            link()
            await car.boot()

        link()
        yield Stand(f"pty:{port}", replug)


@asynccontextmanager
async def a_pico(folder: Path) -> AsyncIterator[Stand]:
    """The emulator's port has another number after each start: a relay stands before it, as a hub before a real one."""
    async with Pico(folder) as pico:

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await reader.read(4096):
                    writer.write(data)
                    await writer.drain()
            writer.close()

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                there = await asyncio.open_connection("127.0.0.1", pico.port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(carry(reader, there[1]), carry(there[0], writer))

        async def replug() -> None:
            await pico.power_off()
            await pico.power_on()

        relay = await asyncio.start_server(meet, "127.0.0.1", 0)
        try:
            yield Stand(f"tcp:127.0.0.1:{relay.sockets[0].getsockname()[1]}", replug)
        finally:
            relay.close()


Make = Callable[[Path], AbstractAsyncContextManager[Stand]]
UNITS: dict[str, Make] = {
    "UNIX": lambda folder: a_car(Car(folder)),
    "QEMU_MPS2": lambda folder: a_car(EmulatedCar(folder)),
    "RPI_PICO": a_pico,
}
SLOW = ("QEMU_MPS2", "RPI_PICO")  # minutes, in which every instruction of the unit is interpreted


async def suite(folder: Path, stand: Stand, *words: str) -> tuple[int, str]:
    """Run tests/hw on a unit: exit status and what was said."""

    async def pull(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stand.replug()
        writer.write(b"1")
        writer.close()

    (folder / "passphrase").write_bytes(PASSPHRASE)
    server = await asyncio.start_unix_server(pull, str(folder / "plug"))
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "tests/hw", "-q", "-p", "no:xdist", "-o", f"cache_dir={folder / 'cache'}"),
        *("--port", stand.url, "--vault", str(folder / "vault.sqlite")),
        *("--passphrase-file", str(folder / "passphrase"), "--patience", str(PATIENCE)),
        *("--power", f"{sys.executable} {PLUG} {folder / 'plug'}", *words),
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


def play(folder: Path, make: Make, mark: bool, *words: str) -> tuple[int, str, str]:
    """A fresh unit, claimed, and the suite on it: exit status, what was said, the unit's serial number."""

    async def main() -> tuple[int, str, str]:
        vault = Vault.create(folder / "vault.sqlite", PASSPHRASE, KDF)
        async with asyncio.timeout(LIMIT), make(folder / "unit") as stand:

            def prepare() -> Status:
                with Client.open(stand.url, PATIENCE) as client:
                    if not vault.cars():
                        client.claim(vault)
                    with client.session(vault) as session:
                        if mark:
                            session.config_set(MARK, 1)
                        return session.status()

            before = await asyncio.to_thread(prepare)
            serial = vault.car().serial
            status, said = await suite(folder, stand, *(words or ("--device", serial)))
            if not mark:
                after = await asyncio.to_thread(prepare)
                assert (after.boots, after.next_handle) == (before.boots, before.next_handle)
            return status, said, serial

    return asyncio.run(main())


@pytest.mark.xdist_group("hw_suite")
@pytest.mark.parametrize(
    "make", [pytest.param(UNITS[name], id=name, marks=[pytest.mark.soak] * (name in SLOW)) for name in UNITS]
)
def test_a_marked_unit_passes_all_of_it(tmp_path: Path, make: Make) -> None:
    status, said, _ = play(tmp_path, make, True)
    assert status == 0, said
    assert re.search(rf"\b{LEFT_OUT} skipped", said) and not re.search("failed|error", said.splitlines()[-1])


def test_a_unit_that_is_not_marked_is_left_alone(tmp_path: Path) -> None:
    status, said, serial = play(tmp_path, lambda folder: a_car(Car(folder)), False)
    assert status == 4 and f"{serial} is not marked as a test unit" in said and "nothing was changed" in said


def test_another_serial_number_is_not_touched(tmp_path: Path) -> None:
    status, said, _ = play(tmp_path, lambda folder: a_car(Car(folder)), False, "--device", "0000")
    assert status == 4 and "0000 is not in this vault" in said


def test_no_other_run_collects_it() -> None:
    run = [sys.executable, "-m", "pytest", "tests/hw", "--collect-only", "-q", "-p", "no:xdist"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert "test_claim" not in done.stdout and done.returncode == 5
