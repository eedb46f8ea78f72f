# SPDX-License-Identifier: MIT
"""A phone of this process held to the reader of a simulated car of another one."""

import socket
import time

from ...phone.nfc import NfcPhone, TokenMaker
from ...phone.state import Result
from ..reader.tap import receive, send

_TAP_S = 4.0
_AWAY_S = 0.4  # the car sees the field empty before the next tap


def tap(holder: TokenMaker, action: int, path: str, body: bytes | None = None) -> Result:
    """Holds the phone there until the car has answered or nothing happens for a while."""
    phone = NfcPhone(holder, action, body=body)
    end = time.monotonic() + _TAP_S
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        while time.monotonic() < end:
            link.settimeout(max(0.05, end - time.monotonic()))
            try:
                apdu = receive(link)
            except TimeoutError:
                break
            if not apdu:
                break
            send(link, phone.transceive(apdu))
            if phone.results and not phone.results[-1].again:
                break
    time.sleep(_AWAY_S)
    result = phone.results[-1] if phone.results else None
    return result if isinstance(result, Result) else Result(None)
