# SPDX-License-Identifier: MIT
"""The agent's own USB port where usb-device-cdc is in the image, the console where it is not.

micropython-lib is in no registry that set-up knows, so the package is stood in for by what the agent uses of it.
"""

from collections.abc import Callable
from pathlib import Path

from tests.conftest import Ran

DEVICE = """
class Device:
    def init(self, *ports, **options):
        print(len(ports), type(ports[0]).__name__, sorted(options.items()))

def get():
    return Device()
"""
CDC = """
class CDCInterface:
    def __init__(self, **options):
        print(sorted(options.items()))
"""
ASK = """
from agent.hal import usbport
print(type(usbport.own()).__name__)
"""


def test_without_the_package_there_is_the_console(upy: Callable[..., Ran]) -> None:
    assert upy(ASK).stdout.split() == ["NoneType"]


def test_the_own_port_never_waits_and_takes_the_console_off_usb(upy: Callable[..., Ran], tmp_path: Path) -> None:
    folder = tmp_path / "usb" / "device"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "__init__.py").write_text(DEVICE)
    (folder / "cdc.py").write_text(CDC)
    assert upy(ASK, path=(tmp_path,)).stdout.splitlines() == [
        "[('rxbuf', 1100), ('timeout', 0), ('txbuf', 1100)]",
        "1 CDCInterface [('builtin_driver', False), ('product_str', 'Nightlatch')]",
        "CDCInterface",
    ]
