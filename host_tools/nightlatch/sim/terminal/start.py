# SPDX-License-Identifier: MIT
"""`nightlatch sim start`: a simulated car that stays, with its ports for other programs and a live picture of it."""

import asyncio
import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import NoDevice, PortUnavailable
from ...link.running import run_dir, running_car
from ..car.car import Car
from ..reader.tap import TapServer
from .picture import Picture, plain

_REFRESH = 0.2
BUTTON = {signal.SIGUSR1: True, signal.SIGUSR2: False}  # what `sim button` sends


def main(options: Any) -> int:
    """Runs the car of that name until it is told to stop (Ctrl-C, SIGTERM)."""
    try:
        asyncio.run(_run(options))
    except KeyboardInterrupt:
        pass
    return 0


async def _run(options: Any) -> None:
    from platformdirs import user_state_path

    name = options.name
    folder = run_dir(name)
    _free(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = user_state_path("nightlatch") / "sim" / name
    if options.fresh:
        shutil.rmtree(state, ignore_errors=True)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with Car(state) as car:
        for number, down in BUTTON.items():
            loop.add_signal_handler(number, car.lock.press, down)
        taps = TapServer(car.reader, folder / "tap.sock")
        taps.start()
        ports = {"serial": car.serial_url, "hci": await car.radio.serve_hci(f"unix-server:{folder / 'air.sock'}")}
        if options.hci:
            ports["hci, outside"] = await _serve(car, options.hci)
        ports["nfc reader"] = f"pty:{car.reader.path}"
        sheet = folder / "sim.json"
        values = {
            "pid": os.getpid(),
            "serial": car.cable.technician,
            "hci": ports["hci"],
            "nfc": str(folder / "tap.sock"),
        }
        _write(sheet, values)
        try:
            await (plain if options.plain or options.json else _live)(car, name, ports, stopped)
        finally:
            sheet.unlink(missing_ok=True)
            taps.stop()


def _free(name: str) -> None:
    """PortUnavailable when a car of that name is running."""
    try:
        running = running_car(name)
    except NoDevice:
        return
    raise PortUnavailable(
        f"the simulated car {name} is running already (process {running.pid})", "choose another --name"
    )


async def _serve(car: Car, spec: str) -> str:
    try:
        return await car.radio.serve_hci(spec)
    except (OSError, ValueError) as error:
        raise PortUnavailable(f"{spec}: {error}", "such as tcp-server:127.0.0.1:9000") from None


def _write(path: Path, values: dict[str, Any]) -> None:
    beside = path.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(values))
    beside.replace(path)


async def _live(car: Car, name: str, ports: dict[str, str], stopped: asyncio.Event) -> None:
    from rich.console import Console
    from rich.live import Live

    picture = Picture(car, name, ports)
    with Live(picture.render(), console=Console(), auto_refresh=False, screen=False) as live:
        while not stopped.is_set():
            live.update(picture.render(), refresh=True)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _REFRESH)
