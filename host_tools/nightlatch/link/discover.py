# SPDX-License-Identifier: MIT
"""Finds devices: USB ports that a board definition names, and simulators that run. None is opened."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import NoDevice, SeveralDevices
from .boards import usb_ids
from .running import running_cars
from .url import LinkUrl


@dataclass(frozen=True)
class Found:
    """A port that may lead to an agent; `boards` are the definitions with its USB id (UNIX: a simulator)."""

    url: str
    boards: tuple[str, ...]
    description: str = ""
    usb_serial: str = ""


def find(boards: Path | None = None, run_root: Path | None = None) -> list[Found]:
    """All candidates, hardware first, each list by port name."""
    return _usb_ports(boards) + [
        Found(car.url, ("UNIX",), f"simulated car, process {car.pid}") for car in running_cars(run_root)
    ]


def choose(
    port: str | None, boards: Path | None = None, run_root: Path | None = None, board: str | None = None
) -> str:
    """The URL to open: `port` if given, else the only candidate (of that board); else NoDevice or SeveralDevices."""
    if port is not None:
        return str(LinkUrl.parse(port))
    found = [one for one in find(boards, run_root) if board is None or board in one.boards]
    if not found:
        raise NoDevice("no device was found")
    if len(found) > 1:
        names = ", ".join(one.url for one in found)
        raise SeveralDevices(
            f"{len(found)} devices are there: {names}", data={"urls": [one.url for one in found]}
        )
    return found[0].url


def _usb_ports(boards: Path | None) -> list[Found]:
    ids = usb_ids(boards)
    if not ids:
        return []
    from serial.tools.list_ports import comports

    found = []
    for port in sorted(comports(), key=lambda one: one.device):
        names = ids.get((port.vid, port.pid)) if port.vid is not None else None
        if names:
            url = f"serial:{port.device}"
            found.append(Found(url, tuple(names), port.description or "", port.serial_number or ""))
    return found
