# SPDX-License-Identifier: MIT
"""Says HELLO to every candidate port at once: a silent device costs its own time-out and nobody else's."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ..errors import HostError
from ..link import Found
from .names import word

if TYPE_CHECKING:
    from .types import Hello

_AT_ONCE = 16


def survey(found: list[Found], timeout: float) -> list[dict[str, Any]]:
    """One row a port, in order: url, what HELLO said, or why nothing was said."""
    if not found:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(found))) as pool:
        return list(pool.map(lambda one: _ask(one, timeout), found))


def _ask(one: Found, timeout: float) -> dict[str, Any]:
    from .client import DeviceClient

    row: dict[str, Any] = {"url": one.url, "boards": list(one.boards), "description": one.description}
    row |= {"serial": None, "state": None, "board": None, "firmware": None, "version": None, "error": None}
    try:
        with DeviceClient.open(one.url, timeout) as device:
            row |= hello_data(device.hello())
    except HostError as error:
        row["error"] = {"code": error.code, "message": error.message, "hint": error.hint}
    return row


def hello_data(hello: "Hello") -> dict[str, Any]:
    """What HELLO says to anybody, as data."""
    from .types import STATES

    return {
        "serial": hello.serial,
        "state": word(STATES, hello.state),
        "board": hello.board,
        "firmware": hello.firmware,
        "version": hello.version,
    }
