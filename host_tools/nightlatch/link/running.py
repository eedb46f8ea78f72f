# SPDX-License-Identifier: MIT
"""Finds simulated cars that run now, through the small file that each keeps in the user's run directory.

`<run dir>/sim/<name>/sim.json` holds {"pid": int, "serial": path, "hci": URL or null, "nfc": path or null}.
"""

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

from ..errors import HostError, NoDevice
from .url import DEFAULT_CAR, car_name

_START = "start it with `nightlatch sim start`"


@dataclass(frozen=True)
class RunningCar:
    """One live simulator: its process, and where its ports are."""

    name: str
    pid: int
    serial_path: str
    hci: str | None = None
    nfc: str | None = None

    @property
    def url(self) -> str:
        return f"sim:{self.name}"


def run_dir(name: str = DEFAULT_CAR, root: Path | None = None) -> Path:
    """Where the simulated car `name` keeps its run files; not created here."""
    if root is None:
        from platformdirs import user_runtime_path

        with warnings.catch_warnings():  # it warns where it falls back to a folder of its own, which will do
            warnings.simplefilter("ignore")
            root = user_runtime_path("nightlatch")
    return root / "sim" / car_name(name)


def running_car(name: str = DEFAULT_CAR, root: Path | None = None) -> RunningCar:
    """The live simulator called `name`; NoDevice says whether it never ran, ended, or left a broken file."""
    where = f"sim:{name}"
    path = run_dir(name, root) / "sim.json"
    start = _START if name == DEFAULT_CAR else f"start it with `nightlatch sim start --name {name}`"
    try:
        with path.open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_uid != os.geteuid():
                raise NoDevice("its run file belongs to another user", start, device=where)
            data = json.loads(file.read(65536))
        pid, serial_path = data["pid"], data["serial"]
        hci, nfc = data.get("hci"), data.get("nfc")
    except FileNotFoundError:
        raise NoDevice("no such simulated car is running", start, device=where) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoDevice("its run file cannot be read", start, device=where) from None
    typed = type(pid) is int and pid > 0 and isinstance(serial_path, str)
    if not typed or not all(isinstance(x, str | None) for x in (hci, nfc)):
        raise NoDevice("its run file makes no sense", start, device=where)
    if not alive(pid):
        raise NoDevice(f"the simulator has ended (process {pid} is gone)", start, device=where)
    return RunningCar(name, pid, serial_path, hci, nfc)


def running_cars(root: Path | None = None) -> list[RunningCar]:
    """All live simulators of this user, by name; stale or broken run files are passed over."""
    folder = run_dir(DEFAULT_CAR, root).parent
    cars = []
    for path in sorted(folder.glob("*/sim.json")):
        try:
            cars.append(running_car(path.parent.name, root))
        except HostError:
            continue
    return cars


def alive(pid: int) -> bool:
    """Whether a process has that id now (another user's counts)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return isinstance(pid, int) and pid < 1 << 31
    return True
